/** @file GPU dispatches of one Llama layer and of the optimizer, own kernels against stock tfjs operations. */
import { initAdapter } from '../../src/lora/config.ts';
import type { LoraConfig } from '../../src/lora/config.ts';
import { trainBatch } from '../../src/runtimes/tfjs/batch.ts';
import type { KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { countGpuWork } from '../node-gpu.ts';
import { benchModel } from './models.ts';

export type PerChoice = Readonly<Record<KernelChoice, number>>;

export interface LayerDispatches {
  /** Forward and backward of one layer. */
  readonly perLayer: PerChoice;
  /** One optimizer step over all LoRA tensors. */
  readonly optimizer: PerChoice;
  /** LoRA tensors of the model that the optimizer's figure is for. */
  readonly loraTensors: number;
}

async function count(kernels: KernelChoice, layers: number, targetModules: LoraConfig['targetModules']) {
  const source = benchModel({ hidden: 32, layers, vocabulary: 64 });
  const { architecture } = source;
  const model = await TrainableModel.load(source, { kernels });
  const lora = { r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0, targetModules };
  const adapter = initAdapter(architecture.linears, lora, 0);
  const session = model.session(adapter);
  const batch = trainBatch([{ promptIds: [1, 2, 3], completionIds: [4, 5] }], architecture);
  const passes = async () => {
    session.backward(batch, 0.5, null);
    await session.measure();
  };
  const rates = {
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    gradientScale: 1,
  };
  const update = async () => {
    session.update({ step: 1, ...rates });
    await session.state();
  };
  session.zeroGradients();
  await passes();
  await update();
  session.zeroGradients();
  const counts = {
    passes: (await countGpuWork(passes)).dispatches,
    update: (await countGpuWork(update)).dispatches,
  };
  session.dispose();
  model.dispose();
  return { ...counts, tensors: 2 * adapter.pairs.size };
}

/** Call it with WebGPU as the current backend. */
export async function layerDispatches(targetModules: LoraConfig['targetModules']): Promise<LayerDispatches> {
  const perLayer = { fused: 0, stock: 0 };
  const optimizer = { fused: 0, stock: 0 };
  let loraTensors = 0;
  for (const kernels of ['fused', 'stock'] as const) {
    const two = await count(kernels, 2, targetModules);
    const three = await count(kernels, 3, targetModules);
    perLayer[kernels] = three.passes - two.passes;
    optimizer[kernels] = three.update;
    loraTensors = three.tensors;
  }
  return { perLayer, optimizer, loraTensors };
}
