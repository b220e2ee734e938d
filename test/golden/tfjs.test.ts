/**
 * @file The training runtime alone against numbers of transformers, torch and peft, where check-model.test.ts does not
 * reach: the lab's kernels on WebGPU (where Node finds one) and tfjs' stock operations, the bench's yardstick.
 */
import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/check/check.ts';
import { checkAdapterTraining, checkBaseTraining } from '../../src/check/golden-training.ts';
import type { BackendName } from '../../src/words/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import type { KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { trainingSide } from '../../tools/check-model/training-side.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';
import { adaptersOf, FAMILIES, openGolden, openGoldenAdapter } from './folders.ts';

const gpu = await nodeGpu();
const VARIANTS: readonly (readonly [BackendName, KernelChoice])[] = [
  ...(gpu === undefined ? [] : ([['webgpu', 'fused']] as const)),
  ['wasm', 'stock'],
];

const failures = (rows: readonly Check[]) =>
  rows.filter(({ ok }) => !ok).map(({ name, value }) => `${name}: ${value}`);

describe.each(VARIANTS)('%s, %s kernels', (backend, kernels) => {
  test.each(FAMILIES)(
    '%s',
    async (family) => {
      await initBackend(backend, gpu === undefined ? {} : { gpu });
      const opened = await openGolden(family);
      const model = await TrainableModel.load(opened.checkpoint, { kernels });
      const side = trainingSide(backend, model);
      const rows = await checkBaseTraining(side, opened.golden);
      for (const name of adaptersOf(family)) {
        const files = await openGoldenAdapter(opened, family, name);
        rows.push(...(await checkAdapterTraining(side, files, opened.golden.batch)).rows);
      }
      model.dispose();
      expect(failures(rows)).toEqual([]);
      expect(rows.filter(({ name }) => name.includes('gradient of')).length).toBeGreaterThan(0);
    },
    // SwiftShader compiles some forty shaders a family.
    180_000,
  );
});
