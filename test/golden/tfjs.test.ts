/**
 * @file The training runtime against numbers of transformers, torch and peft: logits, loss, every gradient, ten AdamW
 * steps, for every family, in the lab's own kernels and in tfjs' stock operations.
 */
import { describe, expect, test } from 'vitest';
import type { BackendName, TrainConfig } from '../../src/core/engine.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import type { KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';
import * as golden from './golden.ts';

const { TOLERANCE } = golden;

/** The optimizer of the fixtures: torch.optim.AdamW, one group, no clipping. */
const TEN_STEPS: TrainConfig = {
  learningRate: 0.01,
  lrSchedulerType: 'constant',
  warmupRatio: 0,
  weightDecay: 0.01,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  maxGradNorm: 0,
  batchSize: 3,
  gradientAccumulationSteps: 1,
  maxSteps: 10,
  seed: 0,
};

const present = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
};

function expectRows(
  got: readonly Float32Array[],
  want: golden.GoldenTensor,
  lengths: readonly number[],
  tolerance: number,
) {
  expect(got).toHaveLength(lengths.length);
  for (const [b, row] of golden.unpadded(want, lengths).entries()) {
    expect(golden.maxAbsDifference(present(got[b], `row ${b}`), row)).toBeLessThan(tolerance);
  }
}

const gpu = await nodeGpu();
const VARIANTS: readonly (readonly [BackendName, KernelChoice])[] = [
  ...(gpu === undefined ? [] : ([['webgpu', 'fused']] as const)),
  ['cpu', 'fused'],
  ['wasm', 'fused'],
  ['wasm', 'stock'],
];

describe.each(VARIANTS)('%s, %s kernels', (backend, kernels) => {
  describe.each(golden.FAMILIES)('%s', (family) => {
    const { batch } = golden.goldenFacts(family);
    const { sequences, lengths } = batch;
    const examples = sequences.map((ids, b) => ({
      promptIds: ids.slice(0, batch.prompt_lengths[b]),
      completionIds: ids.slice(batch.prompt_lengths[b]),
    }));
    const load = async () => {
      await initBackend(backend, gpu === undefined ? {} : { gpu });
      return TrainableModel.load(golden.goldenModel(family), { kernels });
    };

    test('logits of the base', async () => {
      const model = await load();
      const want = present(golden.goldenArrays(family).get('logits'), 'logits');
      expectRows(await model.logits(null, sequences), want, lengths, TOLERANCE.logits);
      model.dispose();
    });

    test.each(['lora_all', 'lora_qv'] as const)('%s: logits, loss, gradients and ten steps', async (lora) => {
      const model = await load();
      const facts = golden.goldenLoraFacts(family, lora);
      const arrays = golden.goldenArrays(family, lora);
      const adapter = golden.goldenAdapter(family, lora);

      const logits = await model.logits(adapter, sequences);
      expectRows(logits, present(arrays.get('logits'), 'logits'), lengths, TOLERANCE.logits);

      const { loss, gradients } = await model.lossAndGradients(adapter, examples);
      expect(Math.abs(loss - facts.loss)).toBeLessThan(TOLERANCE.loss);
      const wanted = golden.pairsFrom(arrays, 'grad\\.');
      expect(wanted.size).toBeGreaterThan(0);
      expect(gradients.size).toBe(wanted.size);
      for (const [module, pair] of wanted) {
        const got = present(gradients.get(module), `gradient of ${module}`);
        for (const factor of ['a', 'b'] as const) {
          const error = golden.maxAbsDifference(got[factor], pair[factor]) / golden.maxAbs(pair[factor]);
          expect(error, `${module} ${factor}`).toBeLessThan(TOLERANCE.gradient);
        }
      }

      const losses: number[] = [];
      const run = train(model, adapter, examples, TEN_STEPS);
      let trained: Adapter | undefined;
      while (trained === undefined) {
        const { value, done } = await run.next();
        if (done === true) trained = value.adapter;
        else losses.push(value.loss);
      }
      expect(losses).toHaveLength(10);
      for (const [k, expected] of facts.losses.entries()) {
        expect(Math.abs((losses[k] ?? NaN) - expected), `loss ${k}`).toBeLessThan(TOLERANCE.losses);
      }
      for (const [module, pair] of golden.goldenAdapter(family, lora, true).pairs) {
        const got = present(trained.pairs.get(module), module);
        for (const factor of ['a', 'b'] as const) {
          const error = golden.maxAbsDifference(got[factor], pair[factor]);
          expect(error, `${module} ${factor} after ten steps`).toBeLessThan(TOLERANCE.adapterAfter10);
        }
      }
      const after = await model.logits(trained, sequences);
      expectRows(
        after,
        present(arrays.get('logits_after10'), 'logits_after10'),
        lengths,
        TOLERANCE.logitsAfter10,
      );
      model.dispose();
    });

    test.runIf(golden.hasLora(family, 'lora_rslora'))('rsLoRA: logits and loss', async () => {
      const model = await load();
      const adapter = golden.goldenAdapter(family, 'lora_rslora');
      const want = present(golden.goldenArrays(family, 'lora_rslora').get('logits'), 'logits');
      expectRows(await model.logits(adapter, sequences), want, lengths, TOLERANCE.logits);
      const { loss } = await model.lossAndGradients(adapter, examples);
      const facts = golden.goldenLoraFacts(family, 'lora_rslora');
      expect(Math.abs(loss - facts.loss)).toBeLessThan(TOLERANCE.loss);
      model.dispose();
    });
  });
});
