/** @file The training service over tfjs: holds the one loaded model, and nothing of a training that has ended. */
import type { BackendName, DeviceInfo } from '../src/words/engine.ts';
import { MemoryMeter } from '../src/core/memory.ts';
import { openCheckpoint } from '../src/formats/checkpoint.ts';
import { openSource } from '../src/formats/open-source.ts';
import type { Adapter } from '../src/lora/config.ts';
import { initAdapter } from '../src/lora/config.ts';
import type { MemoryReport, TrainEvent, TrainRequest, TrainingService } from '../src/protocol/training.ts';
import type { BackendOptions } from '../src/runtimes/tfjs/backend.ts';
import type { WeightSource } from '../src/models/architecture.ts';
import { activationBudget } from '../src/models/memory.ts';
import { initBackend } from '../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../src/runtimes/tfjs/device.ts';
import { TrainableModel } from '../src/runtimes/tfjs/model.ts';
import { selfTest } from '../src/runtimes/tfjs/self-test.ts';
import { train } from '../src/runtimes/tfjs/train.ts';
import {
  Fitting,
  Steps,
  candidates,
  digestOf,
  firstThatStarts,
  modelInfo,
  noModel,
  owned,
} from './loading.ts';

interface Loaded {
  readonly sha256: string;
  readonly fitting: Fitting;
  readonly device: DeviceInfo;
  readonly model: TrainableModel;
}

/** @param arrayBytes bytes of array buffers, where the surroundings tell
 * @param deviceBytes the machine's memory, where it is told */
export function trainingEngine(
  backendOptions: Required<Pick<BackendOptions, 'wasmPaths' | 'threads'>>,
  arrayBytes?: () => number,
  deviceBytes: number | null = null,
): TrainingService {
  const tested = new Set<BackendName>();
  let loaded: Loaded | null = null;
  const meter = new MemoryMeter(() => {
    const { heapBytes: heap, gpuBytes: gpu } = deviceMemory();
    return { heap, gpu, arrays: arrayBytes?.() ?? null };
  });
  const held = (): MemoryReport => {
    const { tensors, bytes, gpuBytes } = deviceMemory();
    return { numTensors: tensors, numBytes: bytes, gpuBytes, use: meter.use() };
  };
  /** While training: what was held after the last step. In the middle of one there is always more. */
  let heldAfterStep: MemoryReport | null = null;

  const current = (): Loaded => {
    if (loaded === null) throw noModel();
    return loaded;
  };
  /** The model, for work with an adapter that fits it. */
  const modelFor = (adapter: Adapter | null): TrainableModel => {
    const { model, fitting } = current();
    fitting.check(adapter);
    return model;
  };
  const startOf = (start: TrainRequest['start']): Adapter => {
    if ('pairs' in start) return start;
    const { model, sha256 } = current();
    return { ...initAdapter(model.architecture.linears, start.config, start.seed), baseSha256: sha256 };
  };
  const unload = (): Promise<void> => {
    loaded?.model.dispose();
    loaded = null;
    return Promise.resolve();
  };
  /** Once per device: some compute wrong gradients without a word. */
  const prove = async ({ device: { backend } }: { readonly device: DeviceInfo }): Promise<void> => {
    if (backend === 'cpu' || tested.has(backend)) return;
    await selfTest(backend, backendOptions);
    tested.add(backend);
  };

  async function* trained(request: TrainRequest): AsyncGenerator<TrainEvent, Adapter, void> {
    const { start, examples, config, resumeFrom } = request;
    const from = startOf(start);
    const model = modelFor(from);
    // Without the signal: the server stops this generator between two steps, where its state can be told.
    const run = train(model, from, examples, config, { ...(resumeFrom && { resumeFrom }) });
    try {
      for (;;) {
        const next = await run.next();
        if (next.done === true) return next.value.adapter;
        heldAfterStep = held();
        yield next.value;
      }
    } catch (thrown) {
      // Cancelled, or a loss that is not finite: what the last good step left is worth having.
      const state = await run.checkpoint().catch(() => null);
      await run.throw(thrown).catch(() => undefined);
      if (state !== null) yield { type: 'stopped', state };
      throw thrown;
    } finally {
      heldAfterStep = null;
    }
  }

  return {
    load: async ({ source, backend, weightsFile, weights, threads }, { signal, onEvent } = {}) => {
      const startedAt = performance.now();
      const steps = new Steps(onEvent, meter);
      steps.begin('files');
      await unload();
      const checkpoint = await openCheckpoint(openSource(source), {
        ...(signal && { signal }),
        ...(weightsFile !== undefined && { weightsFile }),
        ...(weights !== undefined && { weights }),
      });
      const { architecture } = checkpoint;
      const sha256 = await digestOf(checkpoint, steps, signal);
      const options = { ...backendOptions, ...(threads !== undefined && { threads }) };
      const { started, passedOver } = await firstThatStarts(
        candidates(backend),
        async (name) => {
          steps.device(name);
          return { device: await initBackend(name, options) };
        },
        (begun) => {
          steps.begin('self-test');
          return prove(begun);
        },
      );
      const total = architecture.tensors.length;
      let done = 0;
      const counted: WeightSource = {
        architecture,
        readFloat32: (name) => {
          steps.begin('weights', done++, total);
          return checkpoint.readFloat32(name);
        },
        readHeld: (tensor) => {
          steps.begin('weights', done++, total);
          return checkpoint.readHeld(tensor);
        },
      };
      const model = await TrainableModel.load(counted, {
        ...(signal && { signal }),
        activationBytes: activationBudget(deviceBytes),
      });
      const fitting = new Fitting(architecture, sha256);
      loaded = { sha256, fitting, device: started.device, model };
      meter.loaded();
      const loadMs = performance.now() - startedAt;
      return modelInfo(checkpoint, { ...started, sha256, loadMs, memory: meter.use(), passedOver });
    },
    unload,
    train: trained,
    lossAndGradients: async ({ adapter, examples }) => modelFor(adapter).lossAndGradients(adapter, examples),
    logits: async ({ adapter, rows }) => owned(await modelFor(adapter).logits(adapter, rows)),
    selfTest: async ({ backend }) => {
      const report = await selfTest(backend, backendOptions);
      if (loaded !== null) await initBackend(loaded.device.backend, backendOptions);
      return report;
    },
    deviceInfo: () => Promise.resolve(loaded?.device ?? null),
    memory: () => Promise.resolve(heldAfterStep ?? held()),
  };
}
