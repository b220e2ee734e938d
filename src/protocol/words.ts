/** @file What both workers take and tell: the model to load, its progress, the model loaded, rows of tokens. */
import { memoryUse } from '../core/memory.ts';
import type { Infer } from '../core/shape.ts';
import {
  array,
  count,
  counts,
  exactly,
  finite,
  flag,
  float32Array,
  nullable,
  object,
  optional,
  text,
  word,
} from '../core/shape.ts';
import { sourceDescriptor } from '../core/source.ts';
import { weightType } from '../core/weights.ts';
import { adapter, linearShape } from '../lora/config.ts';
import { backendName, deviceInfo } from '../words/engine.ts';

/** A model to load and the device to load it on. */
export const loadRequest = object({
  source: sourceDescriptor,
  /** 'auto': webgpu on a real GPU where the self-test holds, else wasm. */
  backend: word([...backendName.options, 'auto']),
  /** Another safetensors file of the folder in place of model.safetensors or its shards. */
  weightsFile: optional(text),
  /** What inference computes in; 'float16' needs a GPU with shader-f16. Training computes in float32. */
  inferenceDtype: optional(word(['float32', 'float16'])),
  /** How both runtimes hold the matrices; float32 if left out. */
  weights: optional(weightType),
  /** 1 where threads did not start: wasm then runs without. */
  threads: optional(exactly(1)),
});
export type LoadRequest = Infer<typeof loadRequest>;

/** What a worker does while it loads, in this order; a backend that fails or is passed over brings it back to `device`. */
const loadStep = word([
  /** Configuration, tokenizer and headers are read. */
  'files',
  /** The runtime's own code comes; counted in bytes. */
  'runtime',
  /** WebGPU is asked for a device, or wasm starts its threads. */
  'device',
  'self-test',
  /** Counted in tensors. */
  'weights',
  /** The runtime takes the weights in; `total` is their bytes. */
  'session',
]);
export type LoadStep = Infer<typeof loadStep>;

export const loadProgress = object({
  step: loadStep,
  /** The backend that the step is for; null while none has been tried. */
  backend: nullable(backendName),
  done: count,
  /** 0 where the step is not counted. */
  total: count,
});
export type LoadProgress = Infer<typeof loadProgress>;

/** What a worker loaded, for people and for the checks of those who use it. */
export const modelInfo = object({
  device: deviceInfo,
  /** The folder in words. */
  label: text,
  /** How its matrices are held. */
  weights: weightType,
  /** Of the weights. An adapter says which one it belongs to. */
  sha256: text,
  /** What an adapter can attach to. */
  linears: array(linearShape),
  modelType: text,
  parameters: count,
  /** Stored bytes of the weights. */
  weightBytes: count,
  /** Element type of most of them, e.g. 'BF16'. */
  dtype: text,
  vocabSize: count,
  maxPositions: count,
  /** Texts can be given; without one, token ids only. */
  hasTokenizer: flag,
  /** It can be spoken to in turns; a base model has no template for them. */
  hasChatTemplate: flag,
  /** Where a completion ends by the checkpoint's own configuration; none where it does not say. */
  eosTokenIds: counts,
  loadMs: finite,
  /** What loading took, and what is held since. */
  memory: memoryUse,
  /** Device backends that were tried first and why they were passed over, as sentences. */
  passedOver: array(text),
});
export type ModelInfo = Infer<typeof modelInfo>;

export const tokenRows = array(counts);

/** Rows of token ids, and who reads them; null: the base alone. */
export const rowsRequest = object({ adapter: nullable(adapter), rows: tokenRows });
export type RowsRequest = Infer<typeof rowsRequest>;

/** One matrix or vector per row. */
export const floatRows = array(float32Array);

/** The buffers of arrays that the worker made for this answer alone. */
export const buffersOf = (arrays: Iterable<Float32Array<ArrayBuffer>>): ArrayBuffer[] => [
  ...new Set([...arrays].map(({ buffer }) => buffer)),
];
