/**
 * @file The inference side of the lab: an engine on one device, and the model that it holds. Labels (generate), scores
 * and embeds; another adapter is another feed and never reloads the base.
 */
import type {
  DeviceInfo,
  GenerateEvent,
  GenerationConfig,
  PromptRow,
  Score,
  ScoreRow,
} from '../../words/engine.ts';
import { LabError } from '../../core/errors.ts';
import type { CancelSignal } from '../../core/errors.ts';
import type { Architecture } from '../../models/architecture.ts';
import { ortError } from './errors.ts';
import type { FloatType } from './float-type.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './generate.ts';
import { GraphWriter } from './graph-writer.ts';
import type { GpuDevice } from './gpu-device.ts';
import { requestGpuDevice } from './gpu-device.ts';
import { catchingHeaps, heapBytes } from './memory.ts';
import type { Ort } from './ort.ts';
import { activations, embed, logits, score } from './score.ts';
import type { RowsOptions } from './rows.ts';
import { ModelSession } from './session.ts';
import type { WeightSource } from '../../models/architecture.ts';
import type { Tapped } from '../../models/tap.ts';

export interface EngineOptions {
  readonly backend: 'webgpu' | 'wasm';
  /** Threads of the wasm runtime; more than 1 needs a cross-origin isolated page, or Node. */
  readonly numThreads: number;
  /** Where the runtime's own files are, so that no other host is asked for them; not needed in Node. */
  readonly wasmPaths?: { readonly wasm: string; readonly mjs?: string };
  /** The runtime's wasm, where it was fetched already; let go when it has started. */
  readonly wasmBinary?: ArrayBuffer;
}

export interface LoadModelOptions {
  /** 'float16' computes in half precision on devices with shader-f16; 'float32' if left out. */
  readonly dtype?: FloatType;
  /** Longest sequence in tokens, prompt and completion; the lower of the model's own limit and 4096 if left out. */
  readonly maxLength?: number;
  /** Ids below the vocabulary's size that the tokenizer has no token for: never sampled nor chosen. */
  readonly absentIds?: readonly number[];
  /** The values on the way can be asked for: for checks. */
  readonly isTapped?: boolean;
  readonly signal?: CancelSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

const DEFAULT_MAX_LENGTH = 4096;

/** @param ort 'onnxruntime-web/webgpu' in a browser's worker, 'onnxruntime-web' in Node (wasm only)
 * @throws LabError `webgpu-unavailable` */
export async function createEngine(ort: Ort, options: EngineOptions): Promise<OrtEngine> {
  // Its warnings tell that shape arithmetic runs on the CPU, which is as it should be.
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = options.numThreads;
  // Set in any case: transformers.js writes the address of a CDN here when it is imported.
  if (options.wasmPaths === undefined) delete ort.env.wasm.wasmPaths;
  else ort.env.wasm.wasmPaths = { ...options.wasmPaths };
  if (options.wasmBinary !== undefined) ort.env.wasm.wasmBinary = options.wasmBinary;
  const gpu = options.backend === 'webgpu' ? await requestGpuDevice() : undefined;
  if (gpu === undefined) await startThreads(ort, options.numThreads);
  return new OrtEngine(ort, awake.get(ort) ?? options.numThreads, gpu);
}

/** Runtimes that have started, with as many threads: they keep them. */
const awake = new WeakMap<Ort, number>();

/** onnxruntime-web compiles its wasm and starts its threads with the first session: with the smallest there is, so that a
 * thread that does not start is not taken for weights that take long. */
async function startThreads(ort: Ort, threads: number): Promise<void> {
  if (awake.has(ort)) return;
  const graph = new GraphWriter('float32');
  graph.input('x', 'float32', [1]);
  graph.nodeTo(['y'], 'Identity', ['x']);
  graph.output('y', 'float32', [1]);
  try {
    const session = await catchingHeaps(() =>
      ort.InferenceSession.create(graph.finish('start'), { executionProviders: ['wasm'] }),
    );
    await session.release();
  } catch (thrown) {
    throw ortError(thrown, 'Starting onnxruntime');
  }
  awake.set(ort, threads);
}

export class OrtEngine {
  /** What the engine computes on, for the person. */
  readonly device: DeviceInfo;
  /** Resolves with `device-lost` when the GPU device goes away; undefined on wasm. */
  readonly lost: Promise<LabError> | undefined;

  constructor(
    private readonly ort: Ort,
    threads: number,
    private readonly gpu: GpuDevice | undefined,
  ) {
    this.device =
      gpu === undefined
        ? {
            backend: 'wasm',
            description: `wasm, SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
            threads,
            isSoftware: false,
            hasShaderF16: false,
          }
        : {
            backend: 'webgpu',
            description: gpu.description,
            threads,
            isSoftware: gpu.isSoftware,
            hasShaderF16: gpu.hasShaderF16,
          };
    this.lost = gpu?.lost;
  }

  /** Reads the checkpoint's weights into a session. A failed load leaves nothing behind.
   * @throws LabError as the source throws, or `invalid-request`, `out-of-memory`, `device-lost`, `cancelled` */
  async loadModel(source: WeightSource, options: LoadModelOptions = {}): Promise<OrtModel> {
    const { architecture } = source;
    const { dtype = 'float32', isTapped = false, absentIds = [], signal, onProgress } = options;
    const maxLength = options.maxLength ?? Math.min(architecture.maxPositions, DEFAULT_MAX_LENGTH);
    if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > architecture.maxPositions) {
      throw new LabError(
        'invalid-request',
        `maxLength must be a whole number from 1 to ${architecture.maxPositions}, got ${maxLength}.`,
      );
    }
    if (dtype === 'float16' && this.gpu !== undefined && !this.gpu.hasShaderF16) {
      throw new LabError(
        'invalid-request',
        `float16 needs shader-f16, which ${this.device.description} lacks.`,
        {
          remedy: 'Load the model in float32.',
        },
      );
    }
    const place = { ort: this.ort, gpu: this.gpu };
    const session = await catchingHeaps(() =>
      ModelSession.create(place, source, {
        float: dtype,
        ...{ maxLength, absentIds, isTapped },
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      }),
    );
    delete this.ort.env.wasm.wasmBinary;
    return new OrtModel(session, this.device);
  }

  /** Bytes of the runtime's wasm heap and of this engine's GPU buffers. */
  held(): { readonly heap: number; readonly gpu: number } {
    return { heap: heapBytes(), gpu: this.gpu?.bufferBytes() ?? 0 };
  }

  /** Gives the GPU device back, when its models are released; the engine is not to be used after that. */
  close(): void {
    this.gpu?.device.destroy();
  }
}

/** A loaded model; each request names its adapter among the options. Its methods may be called while others are under
 * way: runs take turns. */
export class OrtModel {
  readonly architecture: Architecture;
  /** Longest sequence in tokens. */
  readonly maxLength: number;

  constructor(
    readonly session: ModelSession,
    readonly device: DeviceInfo,
  ) {
    this.architecture = session.architecture;
    this.maxLength = session.maxLength;
  }

  /** Of the table of embeddings that stands outside the runtime's heap; null where there is none. */
  get tableBytes(): number | null {
    return this.session.tableBytes;
  }

  /** Completions of the prompts, token by token; ending the iteration early frees what it held. See generate(). */
  generate(
    prompts: readonly PromptRow[],
    config: GenerationConfig,
    options?: GenerateOptions,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    return generate(this.session, prompts, config, options);
  }

  /** Log-probabilities (nats) and entropies of given completions. See score(). */
  score(rows: readonly ScoreRow[], options?: RowsOptions): Promise<Score[]> {
    return score(this.session, rows, options);
  }

  /** Mean-pooled last hidden states, (hiddenSize) each. */
  embed(rows: readonly (readonly number[])[], options?: RowsOptions): Promise<Float32Array[]> {
    return embed(this.session, rows, options);
  }

  /** All logits, (length, vocabSize) each: for checks. */
  logits(rows: readonly (readonly number[])[], options?: RowsOptions): Promise<Float32Array[]> {
    return logits(this.session, rows, options);
  }

  /** What a tapped model computes of one row on the way to its logits. */
  activations(ids: readonly number[], options?: RowsOptions): Promise<Tapped[]> {
    return activations(this.session, ids, options);
  }

  /** Frees the session. */
  async release(): Promise<void> {
    await this.session.release().catch((thrown: unknown) => {
      throw ortError(thrown, 'Releasing the model');
    });
  }
}
