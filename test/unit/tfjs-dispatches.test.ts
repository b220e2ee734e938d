/** @file Dispatches of a training step on WebGPU: own kernels against tfjs' stock operations. */
import { describe, expect, test } from 'vitest';
import { deriveKey, normalAt } from '../../src/core/random.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { trainBatch } from '../../src/runtimes/tfjs/batch.ts';
import { TrainableModel, type KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { nodeGpu } from './node-gpu.ts';

const gpu = await nodeGpu();

/** Dispatches while `work` runs. */
async function counted(work: () => Promise<unknown>): Promise<number> {
  const pass = GPUComputePassEncoder.prototype;
  const original = Object.getOwnPropertyDescriptor(pass, 'dispatchWorkgroups');
  if (original === undefined) throw new Error('no dispatchWorkgroups');
  let count = 0;
  Object.defineProperty(pass, 'dispatchWorkgroups', {
    ...original,
    value: function (this: GPUComputePassEncoder, ...groups: unknown[]): unknown {
      count++;
      return Reflect.apply(original.value as () => unknown, this, groups);
    },
  });
  await work();
  Object.defineProperty(pass, 'dispatchWorkgroups', original);
  return count;
}

function llama(layers: number) {
  const architecture = architectureFromConfig({
    model_type: 'llama',
    vocab_size: 40,
    hidden_size: 32,
    intermediate_size: 48,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
  });
  const shapes = new Map(architecture.tensors.map(({ name, shape }) => [name, shape]));
  return {
    architecture,
    readFloat32: (name: string) => {
      const size = (shapes.get(name) ?? []).reduce((product, n) => product * n, 1);
      const key = deriveKey(name);
      return Promise.resolve(Float32Array.from({ length: size }, (_, i) => 0.2 * normalAt(key, i)));
    },
  };
}

async function stepDispatches(kernels: KernelChoice, layers: number) {
  const source = llama(layers);
  const model = await TrainableModel.load(source, { kernels });
  const adapter = initAdapter(
    source.architecture.linears,
    { r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0, targetModules: ['q_proj', 'v_proj'] },
    0,
  );
  const session = model.session(adapter);
  const batch = trainBatch([{ promptIds: [1, 2, 3], completionIds: [4, 5] }], source.architecture);
  const passes = async () => {
    session.backward(batch, 0.5, null);
    await session.measure();
  };
  const step = {
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    gradientScale: 1,
  };
  const update = async () => {
    session.update({ step: 1, ...step });
    await session.state();
  };
  session.zeroGradients();
  await passes();
  await update();
  session.zeroGradients();
  const counts = { passes: await counted(passes), update: await counted(update) };
  session.dispose();
  model.dispose();
  return counts;
}

describe.skipIf(gpu === undefined)('dispatches on WebGPU', () => {
  test('a layer costs a third of the stock operations, the optimizer one dispatch in all', async () => {
    await initBackend('webgpu', gpu === undefined ? {} : { gpu });
    const perLayer = { fused: 0, stock: 0 };
    const update = { fused: 0, stock: 0 };
    for (const kernels of ['fused', 'stock'] as const) {
      const two = await stepDispatches(kernels, 2);
      const three = await stepDispatches(kernels, 3);
      perLayer[kernels] = three.passes - two.passes;
      update[kernels] = three.update;
    }
    expect(perLayer.fused).toBeLessThanOrEqual(40);
    expect(perLayer.stock).toBeGreaterThanOrEqual(3 * perLayer.fused);
    expect(update.fused).toBe(1);
  });
});
