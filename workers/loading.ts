/** @file What loading has in common in both workers: the checkpoint opened, the backends tried in turn. */
import type { BackendName, DeviceInfo } from '../src/words/engine.ts';
import { LabError, toLabError } from '../src/core/errors.ts';
import type { MemoryMeter } from '../src/core/memory.ts';
import { validateAdapter } from '../src/formats/adapter-check.ts';
import { hasChatTemplate } from '../src/formats/chat-template.ts';
import type { Checkpoint } from '../src/formats/checkpoint.ts';
import { readGenerationDefaults } from '../src/formats/generation-config.ts';
import type { Adapter } from '../src/lora/config.ts';
import type { Architecture } from '../src/models/architecture.ts';
import type { Signal } from '../src/protocol/wire.ts';
import type { LoadProgress, LoadStep, ModelInfo } from '../src/protocol/words.ts';

/** Tells the page what a load does, so that it knows a slow one from one that hangs. */
export class Steps {
  readonly #tell: ((progress: LoadProgress) => void) | undefined;
  readonly #meter: MemoryMeter;
  #backend: BackendName | null = null;

  constructor(tell: ((progress: LoadProgress) => void) | undefined, meter: MemoryMeter) {
    this.#tell = tell;
    this.#meter = meter;
    meter.begin();
  }

  begin(step: LoadStep, done = 0, total = 0): void {
    this.#meter.sample();
    this.#tell?.({ step, backend: this.#backend, done, total });
  }

  /** What follows is for this backend. */
  device(backend: BackendName): void {
    this.#backend = backend;
    this.begin('device');
  }
}

/** The backends that a request stands for, best first. */
export function candidates(backend: BackendName | 'auto'): readonly BackendName[] {
  return backend === 'auto' ? ['webgpu', 'wasm'] : [backend];
}

/** The first backend that starts and proves right. Where a choice is left, a software GPU is passed over: it is slower
 * than wasm. @throws LabError of the last one. */
export async function firstThatStarts<T extends { readonly device: DeviceInfo }>(
  backends: readonly BackendName[],
  start: (backend: BackendName) => Promise<T>,
  prove: (started: T) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly started: T; readonly passedOver: readonly string[] }> {
  const passedOver: string[] = [];
  for (const [i, backend] of backends.entries()) {
    const isLast = i === backends.length - 1;
    try {
      const started = await start(backend);
      if (isLast || !started.device.isSoftware) {
        await prove(started);
        return { started, passedOver };
      }
      passedOver.push(`${started.device.description} computes in software, slower than wasm.`);
    } catch (thrown) {
      const error = toLabError(thrown);
      if (isLast || error.code === 'cancelled') throw error;
      passedOver.push(error.what);
    }
  }
  throw new LabError('internal', 'No backend was asked for.');
}

export async function modelInfo(
  { source, label, weights, config, architecture, parameters, weightBytes, dtype }: Checkpoint,
  rest: Pick<ModelInfo, 'device' | 'sha256' | 'loadMs' | 'memory' | 'passedOver'>,
): Promise<ModelInfo> {
  const { modelType, vocabSize, maxPositions } = architecture;
  const facts = { modelType, parameters, weightBytes, dtype, vocabSize, maxPositions };
  const hasTokenizer = (await source.size('tokenizer.json')) !== null;
  const chat = { hasChatTemplate: await hasChatTemplate(source) };
  const { eosTokenIds = [] } = await readGenerationDefaults(source, config);
  const linears = architecture.linears.map(({ module, inFeatures, outFeatures, isHead }) => ({
    ...{ module, inFeatures, outFeatures, isHead },
  }));
  return { label, weights, ...facts, linears, hasTokenizer, ...chat, eosTokenIds, ...rest };
}

/** The digest of the weights; where the source does not know it, every byte is read, which tells that it gets on. */
export function digestOf(checkpoint: Checkpoint, steps: Steps, signal: Signal | undefined): Promise<string> {
  const onProgress = (): void => {
    steps.begin('files');
  };
  return checkpoint.sha256({ ...(signal && { signal }), onProgress });
}

/** Adapters against one loaded base, each looked at once. */
export class Fitting {
  readonly #fitting = new WeakSet<Adapter>();
  readonly #architecture: Architecture;
  readonly #sha256: string;

  constructor(architecture: Architecture, sha256: string) {
    this.#architecture = architecture;
    this.#sha256 = sha256;
  }

  /** @throws LabError `adapter-mismatch` for one that does not fit. */
  check(adapter: Adapter | null): void {
    if (adapter === null || this.#fitting.has(adapter)) return;
    validateAdapter(adapter, this.#architecture, this.#sha256);
    this.#fitting.add(adapter);
  }
}

export const noModel = (): LabError =>
  new LabError('invalid-request', 'No model is loaded.', { remedy: 'Load a model first.' });

/** Arrays whose buffers are theirs alone and may leave the worker. */
export const owned = (rows: readonly Float32Array[]): Float32Array<ArrayBuffer>[] =>
  rows.map((row) => new Float32Array(row));
