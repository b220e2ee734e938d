/** @file Every quantity of a golden folder, and the runtimes against each other, on this process's WebGPU. */
import { readdirSync } from 'node:fs';
import type { LoadedPair, OpenPair } from '../../src/check/run.ts';
import { runChecks } from '../../src/check/run.ts';
import { MemoryMeter } from '../../src/core/memory.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { trainingSide } from '../check-model/training-side.ts';
import { arrayBytes } from '../node-memory.ts';
import { nodeSource } from '../node-source.ts';
import { gpuHere, labellingEngine } from './gpu.ts';
import type { Checks } from './report.ts';

export async function checkFamily(folder: string, wasm: string): Promise<Checks> {
  await initBackend('webgpu', { gpu: await gpuHere() });
  const engine = await labellingEngine(wasm);
  const open = async (path: string, options: OpenPair = {}): Promise<LoadedPair> => {
    const checkpoint = await openCheckpoint(nodeSource(path), options);
    const meter = new MemoryMeter(() => ({ ...engine.held(), arrays: arrayBytes() }));
    const labels = await engine.loadModel(checkpoint);
    const learns = await TrainableModel.load(checkpoint);
    return {
      inference: {
        backend: 'webgpu',
        logits: (adapter, rows) => labels.logits(rows, { adapter }),
        score: (adapter, rows) => labels.score(rows, { adapter }),
        embed: (rows) => labels.embed(rows),
        generate: (adapter, rows, config) => labels.generate(rows, config, { adapter }),
        memory: () => Promise.resolve(meter.use()),
      },
      training: trainingSide('webgpu', learns),
      // Left open: onnxruntime destroys the device with its last session, and the process ends soon.
      close: () => Promise.resolve(),
    };
  };
  const adapters = readdirSync(folder).filter((name) => name.startsWith('lora_'));
  const { checks } = await runChecks(
    { backend: 'webgpu', source: nodeSource, now: () => performance.now(), open },
    { model: folder, golden: { folder, adapters }, skipSpeed: true },
  );
  return { checks, leftOut: [] };
}
