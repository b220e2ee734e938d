/** @file The training service over tfjs: holds the one loaded model, its current adapter and the last training state. */
import type { BackendName, DeviceInfo, TrainStep } from '../src/words/engine.ts';
import { LabError } from '../src/core/errors.ts';
import type { Checkpoint } from '../src/formats/checkpoint.ts';
import { openCheckpoint } from '../src/formats/checkpoint.ts';
import { openSource } from '../src/formats/open-source.ts';
import type { Adapter } from '../src/lora/config.ts';
import { initAdapter } from '../src/lora/config.ts';
import type { TrainState } from '../src/words/train-state.ts';
import type { MemoryReport, TrainRequest, TrainingService } from '../src/protocol/training.ts';
import type { BackendOptions } from '../src/runtimes/tfjs/backend.ts';
import { initBackend } from '../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../src/runtimes/tfjs/device.ts';
import { adapterFromFlat } from '../src/runtimes/tfjs/layout.ts';
import { TrainableModel } from '../src/runtimes/tfjs/model.ts';
import { selfTest } from '../src/runtimes/tfjs/self-test.ts';
import { train } from '../src/runtimes/tfjs/train.ts';
import { Steps, candidates, checkAdapter, firstThatStarts, modelInfo, noModel, owned } from './loading.ts';

interface Loaded {
  readonly checkpoint: Checkpoint;
  readonly device: DeviceInfo;
  readonly model: TrainableModel;
}

function held(): MemoryReport {
  const { tensors, bytes, gpuBytes } = deviceMemory();
  return { numTensors: tensors, numBytes: bytes, gpuBytes };
}

export function trainingEngine(
  backendOptions: Required<Pick<BackendOptions, 'wasmPaths' | 'threads'>>,
): TrainingService {
  const tested = new Set<BackendName>();
  let loaded: Loaded | null = null;
  let adapter: Adapter | null = null;
  let state: TrainState | null = null;
  /** While training: what was held after the last step. In the middle of one there is always more. */
  let heldAfterStep: MemoryReport | null = null;

  const current = (): Loaded => {
    if (loaded === null) throw noModel();
    return loaded;
  };
  const currentAdapter = (): Adapter => {
    if (adapter !== null) return adapter;
    throw new LabError('invalid-request', 'There is no adapter.', { remedy: 'Make or set one first.' });
  };
  const unload = (): Promise<void> => {
    loaded?.model.dispose();
    loaded = null;
    adapter = null;
    state = null;
    return Promise.resolve();
  };
  /** Once per device: some compute wrong gradients without a word. */
  const prove = async ({ device: { backend } }: { readonly device: DeviceInfo }): Promise<void> => {
    if (backend === 'cpu' || tested.has(backend)) return;
    await selfTest(backend, backendOptions);
    tested.add(backend);
  };

  async function* trainCurrent(request: TrainRequest): AsyncGenerator<TrainStep, Adapter, void> {
    const { model } = current();
    const from = currentAdapter();
    const { examples, config, resumeFrom } = request;
    // Without the signal: the server stops this generator between two steps, where its state can be kept.
    const run = train(model, from, examples, config, { ...(resumeFrom && { resumeFrom }) });
    const keep = (kept: TrainState): Adapter => {
      state = kept;
      adapter = adapterFromFlat(model.layout(from), from.config, kept.params, from.baseSha256);
      return adapter;
    };
    try {
      for (;;) {
        const next = await run.next();
        if (next.done === true) return structuredClone(keep(next.value.checkpoint));
        heldAfterStep = held();
        yield next.value;
      }
    } catch (thrown) {
      // Cancelled, or a loss that is not finite: what the last good step left is worth keeping.
      await run.checkpoint().then(keep, () => undefined);
      await run.throw(thrown);
      throw thrown;
    } finally {
      heldAfterStep = null;
    }
  }

  return {
    load: async ({ source, backend, weightsFile, threads }, { signal, onEvent } = {}) => {
      const startedAt = performance.now();
      const steps = new Steps(onEvent);
      steps.begin('files');
      await unload();
      const checkpoint = await openCheckpoint(openSource(source), {
        ...(signal && { signal }),
        ...(weightsFile !== undefined && { weightsFile }),
      });
      const { architecture } = checkpoint;
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
      const counted = {
        architecture,
        readFloat32: (name: string) => {
          steps.begin('weights', done++, total);
          return checkpoint.readFloat32(name);
        },
      };
      const model = await TrainableModel.load(counted, { ...(signal && { signal }) });
      loaded = { checkpoint, device: started.device, model };
      return modelInfo(checkpoint, { ...started, loadMs: performance.now() - startedAt, passedOver });
    },
    unload,
    initAdapter: async ({ config, seed }) => {
      const { checkpoint } = current();
      const fresh = initAdapter(checkpoint.architecture.linears, config, seed);
      adapter = { ...fresh, baseSha256: await checkpoint.sha256() };
      state = null;
    },
    setAdapter: async (choice) => {
      const { checkpoint } = current();
      if (choice.adapter !== null) await checkAdapter(choice.adapter, checkpoint);
      ({ adapter } = choice);
      state = null;
    },
    exportAdapter: () => Promise.resolve(structuredClone(currentAdapter())),
    train: trainCurrent,
    exportCheckpoint: () => {
      if (state !== null) return Promise.resolve(structuredClone(state));
      throw new LabError('invalid-request', 'Nothing was trained yet.', { remedy: 'Train first.' });
    },
    lossAndGradients: (examples) => current().model.lossAndGradients(currentAdapter(), examples),
    logits: async (rows) => owned(await current().model.logits(adapter, rows)),
    selfTest: async ({ backend }) => {
      const report = await selfTest(backend, backendOptions);
      if (loaded !== null) await initBackend(loaded.device.backend, backendOptions);
      return report;
    },
    deviceInfo: () => Promise.resolve(loaded?.device ?? null),
    memory: () => Promise.resolve(heldAfterStep ?? held()),
  };
}
