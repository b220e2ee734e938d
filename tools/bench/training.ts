/**
 * @file Training in Node, without a browser: one step in the lab's own kernels against the same step in stock tfjs
 * operations, in tokens per second, and on WebGPU in dispatches.
 */
import { availableParallelism } from 'node:os';
import type { BackendName, DeviceInfo } from '../../src/words/engine.ts';
import { threadsFor } from '../../src/words/engine.ts';
import { LabError } from '../../src/core/errors.ts';
import { median } from '../../src/core/median.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import type { KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import type { MemoryUse } from '../../src/core/memory.ts';
import { trainingMeter } from '../check-model/training-side.ts';
import { nodeGpu } from '../node-gpu.ts';
import { tfjsWasmFolder } from '../tfjs-wasm.ts';
import type { LayerDispatches } from './dispatches.ts';
import { layerDispatches } from './dispatches.ts';
import type { RandomModel } from './models.ts';
import { benchModel, LORA, parametersOf, TRAIN_CONFIG, trainingExamples } from './models.ts';

export interface TrainingBench {
  readonly device: DeviceInfo;
  readonly parameters: number;
  readonly batch: { readonly rows: number; readonly tokens: number };
  /** Left out on a software GPU, where times say nothing. */
  readonly tokensPerSecond?: Readonly<Record<KernelChoice, number>>;
  readonly fusedOverStock?: number;
  /** Of everything above. */
  readonly memory: MemoryUse;
  /** WebGPU only. */
  readonly dispatches?: { readonly qAndV: LayerDispatches; readonly allLinear: LayerDispatches };
}

export async function initNodeBackend(backend: BackendName): Promise<DeviceInfo> {
  const gpu = backend === 'webgpu' ? await nodeGpu() : undefined;
  if (backend === 'webgpu' && gpu === undefined) {
    throw new LabError('webgpu-unavailable', 'Node found no Vulkan driver or no GPU.', {
      remedy: 'Install a driver, or point VK_ICD_FILENAMES (and LD_LIBRARY_PATH) at one.',
    });
  }
  return initBackend(backend, {
    wasmPaths: tfjsWasmFolder(),
    threads: threadsFor(availableParallelism()),
    ...(gpu === undefined ? {} : { gpu }),
  });
}

/** Seconds of each of `steps` training steps after two to warm up. */
async function stepSeconds(source: RandomModel, kernels: KernelChoice, steps: number): Promise<number[]> {
  const model = await TrainableModel.load(source, { kernels });
  const { linears, vocabSize } = source.architecture;
  const examples = trainingExamples(vocabSize);
  const run = train(model, initAdapter(linears, LORA, 0), examples, { ...TRAIN_CONFIG, maxSteps: steps + 2 });
  const seconds: number[] = [];
  for (let begin = performance.now(); (await run.next()).done !== true; begin = performance.now()) {
    seconds.push((performance.now() - begin) / 1000);
  }
  model.dispose();
  return seconds.slice(2);
}

async function measureSpeed(source: RandomModel, tokens: number) {
  // Turn and turn about, so that a busy moment of the machine meets both.
  const seconds: Record<KernelChoice, number[]> = { fused: [], stock: [] };
  for (let round = 0; round < 3; round++) {
    for (const kernels of ['fused', 'stock'] as const)
      seconds[kernels].push(...(await stepSeconds(source, kernels, 5)));
  }
  const rate = (kernels: KernelChoice) => Math.round(tokens / median(seconds[kernels]));
  return {
    tokensPerSecond: { fused: rate('fused'), stock: rate('stock') },
    fusedOverStock: median(seconds.stock) / median(seconds.fused),
  };
}

export async function benchTraining(backend: BackendName): Promise<TrainingBench> {
  const device = await initNodeBackend(backend);
  const meter = trainingMeter();
  const source = benchModel();
  const examples = trainingExamples(source.architecture.vocabSize);
  const [example] = examples;
  const tokens = (example?.promptIds.length ?? 0) + (example?.completionIds.length ?? 0);
  return {
    device,
    parameters: parametersOf(source),
    batch: { rows: examples.length, tokens },
    ...(device.isSoftware ? {} : await measureSpeed(source, examples.length * tokens)),
    ...(backend === 'webgpu'
      ? {
          dispatches: {
            qAndV: await layerDispatches(['q_proj', 'v_proj']),
            allLinear: await layerDispatches('all-linear'),
          },
        }
      : {}),
    memory: meter.use(),
  };
}
