/** @file A model that trains in this process, as the checks see it. */
import type { TrainingSide } from '../../src/check/sides.ts';
import { MemoryMeter } from '../../src/core/memory.ts';
import { deviceMemory } from '../../src/runtimes/tfjs/device.ts';
import type { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import type { BackendName } from '../../src/words/engine.ts';
import { arrayBytes } from '../node-memory.ts';

export const trainingMeter = (): MemoryMeter =>
  new MemoryMeter(() => {
    const { heapBytes: heap, gpuBytes: gpu } = deviceMemory();
    return { heap, gpu, arrays: arrayBytes() };
  });

export function trainingSide(
  backend: BackendName,
  model: TrainableModel,
  meter: MemoryMeter = trainingMeter(),
): TrainingSide {
  return {
    backend,
    logits: (adapter, rows) => model.logits(adapter, rows),
    lossAndGradients: (adapter, examples) => model.lossAndGradients(adapter, examples),
    train: async (adapter, examples, config, onStep) => {
      const steps = train(model, adapter, examples, config);
      for (;;) {
        const { value, done } = await steps.next();
        meter.sample();
        if (done === true) return value.adapter;
        onStep(value);
      }
    },
    memory: () => Promise.resolve(meter.use()),
  };
}
