/**
 * @file One model's inference session: weights mounted, the adapter's factors among the feeds, one run at a time.
 * Knows tensors and names; what is asked of the model stands in the files that use it.
 */
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { CancelSignal } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { Architecture, TensorSpec, WeightSource } from '../../models/architecture.ts';
import { isMatrix, readWeight } from '../../models/architecture.ts';
import type { CacheLayer } from './attention.ts';
import type { AdapterFeeds } from './adapter-feeds.ts';
import { adapterFeeds } from './adapter-feeds.ts';
import { ortError } from './errors.ts';
import type { FloatType } from './float-type.ts';
import type { GpuDevice } from './gpu-device.ts';
import { toFloatBytes } from './float-type.ts';
import { buildGraph } from './graph.ts';
import type { GraphOptions, ModelGraph } from './graph.ts';
import { EmbeddingTable } from './embedding-table.ts';
import { blockNames, headParts, INPUT, OUTPUT, presentNames } from './names.ts';
import type { InferenceSession, Ort, Tensor } from './ort.ts';
import type { Outputs } from './tensors.ts';

export type Feeds = Readonly<Record<string, Tensor>>;
/** The outputs wanted; a tensor is filled in place, null is allocated. */
export type Fetches = Readonly<Record<string, Tensor | null>>;

export interface LoadOptions {
  readonly float: FloatType;
  /** Longest sequence in tokens, prompt and completion. */
  readonly maxLength: number;
  /** 'fused' on WebGPU and 'composed' on the CPU if left out, which is what is fast there. */
  readonly attention?: GraphOptions['attention'];
  readonly absentIds?: GraphOptions['absentIds'];
  /** Tells the values on the way too (activations()). */
  readonly isTapped?: boolean;
  readonly signal?: CancelSignal;
  /** Weights read so far, of all, in tensors. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What a session computes on. */
export interface SessionPlace {
  readonly ort: Ort;
  /** The WebGPU device; on the CPU (wasm) if undefined. */
  readonly gpu: Pick<GpuDevice, 'device' | 'lost' | 'takeFault'> | undefined;
}

export class ModelSession {
  readonly cacheLayers: readonly CacheLayer[];
  /** Widths of the attention masks that the graph takes. */
  readonly windows: readonly (number | undefined)[];
  /** Of a session that is tapped, in order. */
  readonly taps: ModelGraph['taps'];
  private readonly inputNames: ReadonlySet<string>;
  /** What was asked for last stays uploaded. */
  private last: { readonly adapter: Adapter | null; readonly feeds: AdapterFeeds };
  private queue: Promise<unknown> = Promise.resolve();
  private isReleased = false;
  private loss: LabError | undefined;
  /** Rejects the run under way. */
  private abandon: ((error: LabError) => void) | undefined;

  private constructor(
    private readonly place: SessionPlace,
    private readonly session: InferenceSession,
    readonly architecture: Architecture,
    readonly float: FloatType,
    readonly maxLength: number,
    /** Rows of the vocabulary that no token has. */
    readonly absentIds: readonly number[],
    graph: ModelGraph,
    /** Where embeddings are fed. */
    private readonly table: EmbeddingTable | undefined,
  ) {
    this.cacheLayers = graph.cacheLayers;
    this.windows = graph.windows;
    this.taps = graph.taps;
    this.inputNames = new Set(session.inputNames);
    this.last = { adapter: null, feeds: this.feedsOf(null) };
    void place.gpu?.lost.then((error) => {
      this.loss = error;
      this.abandon?.(error);
    });
  }

  /** Reads all weights, builds the graph and creates the session; the weights' bytes are let go after that.
   * @throws LabError as the source throws, or `out-of-memory`, `device-lost`, `cancelled` */
  static async create(
    place: SessionPlace,
    source: WeightSource,
    options: LoadOptions,
  ): Promise<ModelSession> {
    const { architecture } = source;
    const { float, maxLength, signal, onProgress, absentIds = [] } = options;
    const { tensors } = architecture;
    const weights: Mounted[] = [];
    let table: EmbeddingTable | undefined;
    const blocks = new Map<string, 'q8' | 'q4'>();
    for (const [done, tensor] of tensors.entries()) {
      throwIfCancelled(signal, 'Loading the model');
      onProgress?.(done, tensors.length);
      // On a GPU the values that the blocks stand for are held.
      const held =
        place.gpu === undefined && isMatrix(architecture, tensor)
          ? await source.readHeld?.(tensor)
          : undefined;
      if (held !== undefined && 'scales' in held) {
        const { quants, scales } = blockNames(tensor.name);
        blocks.set(tensor.name, held.type);
        weights.push({ path: quants, data: held.quants });
        weights.push({ path: scales, data: toFloatBytes(held.scales, 'float32') });
        continue;
      }
      const values = await readWeight(source, tensor);
      if (place.gpu === undefined && float === 'float32' && isTable(architecture, tensor)) {
        table = new EmbeddingTable(values, architecture.hiddenSize);
        if (!architecture.tiedHead) continue;
      }
      weights.push({ path: tensor.name, data: toFloatBytes(values, float) });
    }
    onProgress?.(tensors.length, tensors.length);
    const onGpu = place.gpu !== undefined;
    const { attention = onGpu ? 'fused' : 'composed', isTapped = false } = options;
    const graph = buildGraph(architecture, {
      ...{ float, maxLength, attention, absentIds, isTapped, blocks },
      isTableOutside: table !== undefined,
    });
    const session = await place.ort.InferenceSession.create(graph.bytes, {
      executionProviders: [onGpu ? { name: 'webgpu', device: place.gpu.device } : 'wasm'],
      externalData: table === undefined ? weights : weights.flatMap((one) => inParts(architecture, one)),
      graphOptimizationLevel: 'all',
      ...(onGpu ? { preferredOutputLocation: outputLocations(architecture) } : {}),
    }).catch((thrown: unknown) => {
      throw ortError(thrown, 'Creating the inference session');
    });
    // Running out of the GPU's memory is told after the upload, and by the device alone.
    await place.gpu?.device.queue.onSubmittedWorkDone();
    const fault = place.gpu?.takeFault();
    if (fault !== undefined) {
      await session.release();
      throw fault;
    }
    return new ModelSession(place, session, architecture, float, maxLength, absentIds, graph, table);
  }

  get tableBytes(): number | null {
    return this.table?.byteLength ?? null;
  }

  get ort(): Ort {
    return this.place.ort;
  }

  get device(): GPUDevice | undefined {
    return this.place.gpu?.device;
  }

  /** Whether the graph has an input of that name. */
  takes(input: string): boolean {
    return this.inputNames.has(input);
  }

  /** Whether a row may branch: only the masks of composed attention can say so. */
  get takesBranches(): boolean {
    return this.windows.length > 0;
  }

  /** An adapter for work of several runs, to be released at its end; null is the base alone.
   * @throws LabError `adapter-mismatch` */
  holdAdapter(adapter: Adapter | null): AdapterFeeds {
    if (adapter !== this.last.adapter) {
      const feeds = this.feedsOf(adapter);
      this.last.feeds.release();
      this.last = { adapter, feeds };
    }
    return this.last.feeds.hold();
  }

  /** Runs after those already waiting.
   * @param what the work, as the beginning of an error's sentence */
  run(what: string, adapter: AdapterFeeds, feeds: Feeds, fetches: Fetches): Promise<Outputs> {
    const result = this.queue.then(() => {
      if (this.isReleased) throw new LabError('invalid-request', `${what} failed: the model was released.`);
      if (this.loss !== undefined) throw this.loss;
      // After the loss of its device a run may neither end nor fail.
      return new Promise<Outputs>((resolve, reject) => {
        this.abandon = reject;
        this.session
          .run({ ...adapter.feeds, ...feeds, ...this.embeddings(feeds) }, fetches)
          .then(resolve, reject);
      });
    });
    const outputs = result.then(
      (value) => {
        const fault = this.place.gpu?.takeFault();
        if (fault !== undefined) throw fault;
        return value;
      },
      (thrown: unknown) => {
        throw this.place.gpu?.takeFault() ?? ortError(thrown, what);
      },
    );
    this.queue = outputs.catch(() => undefined);
    return outputs;
  }

  /** Frees the session. onnxruntime-web's wasm heap keeps its size; ending the worker gives it back. */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.queue;
    this.last.feeds.release();
    await this.session.release();
  }

  private embeddings({ [INPUT.inputIds]: ids }: Feeds): Feeds {
    const { table, ort, architecture } = this;
    if (table === undefined || !(ids?.data instanceof BigInt64Array)) return {};
    const dims = [ids.data.length, architecture.hiddenSize];
    return { [INPUT.embeddings]: new ort.Tensor('float32', table.rows(ids.data), dims) };
  }

  private feedsOf(adapter: Adapter | null): AdapterFeeds {
    const { ort, device, float } = this;
    return adapterFeeds(this.architecture.linears, adapter, { ort, device, float });
  }
}

interface Mounted {
  readonly path: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Whether a tensor is the table of token embeddings. */
const isTable = (
  { tiedHead, headModule, linears, vocabSize }: Architecture,
  { name, shape }: TensorSpec,
): boolean => {
  const head = linears.find(({ module }) => module === headModule);
  return shape.length === 2 && shape[0] === vocabSize && (tiedHead || name !== head?.weight);
};

/** The head's matrix in its parts, which are views of it; any other as it is. */
function inParts({ linears, headModule }: Architecture, one: Mounted): readonly Mounted[] {
  const head = linears.find(({ module }) => module === headModule);
  if (one.path !== head?.weight) return [one];
  const rowBytes = one.data.byteLength / head.outFeatures;
  return headParts(head.weight, head.outFeatures).map(({ name, from, rows }) => ({
    path: name,
    data: one.data.subarray(from * rowBytes, (from + rows) * rowBytes),
  }));
}

/** The cache stays on the GPU; the rest is small and comes to the CPU. */
function outputLocations(architecture: Architecture): Record<string, 'gpu-buffer' | 'cpu'> {
  const locations: Record<string, 'gpu-buffer' | 'cpu'> = {};
  for (const name of Object.values(OUTPUT)) locations[name] = 'cpu';
  for (let layer = 0; layer < architecture.numLayers; layer++) {
    const { key, value } = presentNames(layer);
    locations[key] = 'gpu-buffer';
    locations[value] = 'gpu-buffer';
  }
  return locations;
}
