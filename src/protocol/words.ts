/** @file Shapes of the words that both workers use: devices, sources, models, adapters, token rows. */
import type { BackendName, DeviceInfo, TrainExample } from '../words/engine.ts';
import type { DirectoryLike, FileLike, FolderFile, SourceDescriptor } from '../core/source.ts';
import type { Adapter, LinearShape, LoraConfig, LoraPair } from '../lora/config.ts';
import {
  Shape,
  array,
  bytes,
  count,
  either,
  exactly,
  finite,
  flag,
  float32Array,
  mapOf,
  nullable,
  number,
  object,
  optional,
  platformObject,
  tagged,
  text,
  word,
} from './shape.ts';

export const backendName = word<BackendName>({ webgpu: true, wasm: true, cpu: true });

export const deviceInfo = object<DeviceInfo>({
  backend: backendName,
  description: text,
  threads: count,
  isSoftware: flag,
  hasShaderF16: flag,
});

/** A method of a platform object (File, FileSystemDirectoryHandle): its signature is the platform's promise. */
const operation = <T>(): Shape<T> =>
  new Shape((value, path) => (typeof value === 'function' ? null : `${path}: expected a method`));

const fileLike = platformObject<FileLike>({
  size: count,
  name: text,
  webkitRelativePath: optional(text),
  slice: operation(),
  arrayBuffer: operation(),
});
const directoryLike = platformObject<DirectoryLike>({
  name: text,
  getFileHandle: operation(),
  getDirectoryHandle: operation(),
});

const sourceDescriptor: Shape<SourceDescriptor> = tagged<SourceDescriptor, 'kind'>('kind', {
  url: object({ kind: exactly('url'), url: text }),
  files: object({
    kind: exactly('files'),
    label: text,
    files: array(object<FolderFile>({ path: text, file: fileLike, sha256: optional(text) })),
  }),
  directory: object({ kind: exactly('directory'), handle: directoryLike }),
  memory: object({ kind: exactly('memory'), label: text, files: mapOf(bytes) }),
});

/** A model to load and the device to load it on. */
export interface LoadRequest {
  readonly source: SourceDescriptor;
  /** 'auto': webgpu on a real GPU where the self-test holds, else wasm. */
  readonly backend: BackendName | 'auto';
  /** Another safetensors file of the folder in place of model.safetensors or its shards. */
  readonly weightsFile?: string;
  /** What inference computes in; 'float16' needs a GPU with shader-f16. Training computes in float32. */
  readonly inferenceDtype?: 'float32' | 'float16';
  /** 1 where threads did not start: wasm then runs without. */
  readonly threads?: 1;
}
export const loadRequest = object<LoadRequest>({
  source: sourceDescriptor,
  backend: either(backendName, exactly('auto')),
  weightsFile: optional(text),
  inferenceDtype: optional(word<'float32' | 'float16'>({ float32: true, float16: true })),
  threads: optional(exactly(1)),
});

/** What a worker does while it loads, in this order; a backend that fails or is passed over brings it back to `device`. */
export type LoadStep =
  /** Configuration, tokenizer and headers are read. */
  | 'files'
  /** The runtime's own code comes; counted in bytes. */
  | 'runtime'
  /** WebGPU is asked for a device, or wasm starts its threads. */
  | 'device'
  | 'self-test'
  /** Counted in tensors. */
  | 'weights'
  /** The runtime takes the weights in; `total` is their bytes. */
  | 'session';

export interface LoadProgress {
  readonly step: LoadStep;
  /** The backend that the step is for; null while none has been tried. */
  readonly backend: BackendName | null;
  readonly done: number;
  /** 0 where the step is not counted. */
  readonly total: number;
}
export const loadProgress = object<LoadProgress>({
  step: word<LoadStep>({
    files: true,
    runtime: true,
    device: true,
    'self-test': true,
    weights: true,
    session: true,
  }),
  backend: nullable(backendName),
  done: count,
  total: count,
});

/** What a worker loaded, for people and for the checks of those who use it. */
export interface ModelInfo {
  readonly device: DeviceInfo;
  /** The folder in words. */
  readonly label: string;
  /** Of the weights. An adapter says which one it belongs to. */
  readonly sha256: string;
  /** What an adapter can attach to. */
  readonly linears: readonly LinearShape[];
  readonly modelType: string;
  readonly parameters: number;
  /** Stored bytes of the weights. */
  readonly weightBytes: number;
  /** Element type of most of them, e.g. 'BF16'. */
  readonly dtype: string;
  readonly vocabSize: number;
  readonly maxPositions: number;
  /** Texts can be given; without one, token ids only. */
  readonly hasTokenizer: boolean;
  /** Where a completion ends by the checkpoint's own configuration; none where it does not say. */
  readonly eosTokenIds: readonly number[];
  readonly loadMs: number;
  /** Device backends that were tried first and why they were passed over, as sentences. */
  readonly passedOver: readonly string[];
}
export const modelInfo = object<ModelInfo>({
  device: deviceInfo,
  label: text,
  sha256: text,
  linears: array(object<LinearShape>({ module: text, inFeatures: count, outFeatures: count, isHead: flag })),
  modelType: text,
  parameters: count,
  weightBytes: count,
  dtype: text,
  vocabSize: count,
  maxPositions: count,
  hasTokenizer: flag,
  eosTokenIds: array(count),
  loadMs: finite,
  passedOver: array(text),
});

export const loraConfig = object<LoraConfig>({
  r: count,
  loraAlpha: finite,
  useRslora: flag,
  loraDropout: finite,
  targetModules: either(array(text), exactly('all-linear')),
});
export const loraPairs = mapOf(object<LoraPair>({ a: float32Array, b: float32Array }));
export const adapter = object<Adapter>({
  ...{ config: loraConfig, pairs: loraPairs, baseSha256: optional(text), absent: optional(text) },
});

/** A fresh adapter: A random by the seed, B zero. */
export interface AdapterRecipe {
  readonly config: LoraConfig;
  readonly seed: number;
}
export const adapterRecipe = object<AdapterRecipe>({ config: loraConfig, seed: finite });

export const tokenIds = array(count);
export const tokenRows = array(tokenIds);

export const trainExamples = array(object<TrainExample>({ promptIds: tokenIds, completionIds: tokenIds }));

/** Rows of token ids, and who reads them. */
export interface RowsRequest {
  /** null: the base alone. */
  readonly adapter: Adapter | null;
  readonly rows: readonly (readonly number[])[];
}
export const rowsRequest = object<RowsRequest>({ adapter: nullable(adapter), rows: tokenRows });

export const numbers = array(number);

/** One matrix or vector per row. */
export const floatRows = array(float32Array);

/** The buffers of arrays that the worker made for this answer alone. */
export const buffersOf = (arrays: Iterable<Float32Array<ArrayBuffer>>): ArrayBuffer[] => [
  ...new Set([...arrays].map(({ buffer }) => buffer)),
];
