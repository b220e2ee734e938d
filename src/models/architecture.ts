/**
 * @file What a checkpoint's config.json says the model is: the shapes of its tensors, its linear projections and
 * its forward pass. Both runtimes build from this and nothing else.
 */
import type { LinearShape } from '../lora/config.ts';
import type { HeldMatrix } from './held.ts';
import type { Elementwise, Ops } from './ops.ts';

import type { JsonObject } from '../core/json-object.ts';

export type { JsonObject };

/** A tensor that the checkpoint must hold. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Added to every stored value: 1 for norms that multiply by 1 + w. */
  readonly offset?: number;
}

/** A checkpoint, as far as a runtime reads it. */
export interface WeightSource {
  readonly architecture: Architecture;
  /** A tensor's values as stored, under its canonical name. */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** A matrix (see isMatrix) in the type that it is to be held in, (out, in) whatever its layout; absent: float32. */
  readHeld?(tensor: TensorSpec): Promise<HeldMatrix>;
}

/** Whether a tensor is a linear layer's weight or the token embedding: the bulk of a model, which alone may be held in
 * another type than float32. Norms, biases and learnt positions are not. */
export function isMatrix({ linears, vocabSize }: Architecture, { name, shape }: TensorSpec): boolean {
  if (shape.length !== 2) return false;
  return shape[0] === vocabSize || linears.some(({ weight }) => weight === name);
}

/** A tensor's values as the forward pass takes them. */
export async function readWeight(
  source: WeightSource,
  { name, offset = 0 }: TensorSpec,
): Promise<Float32Array<ArrayBuffer>> {
  const values = await source.readFloat32(name);
  return offset === 0 ? values : values.map((value) => value + offset);
}

export interface LinearSpec extends LinearShape {
  /** Tensor that holds the weight; with tied embeddings the head's is the embedding matrix. */
  readonly weight: string;
  /** Tensor that holds the bias, if there is one. */
  readonly bias?: string;
  /** Row-major layout of the weight: 'out_in' (torch Linear) or 'in_out' (GPT-2's Conv1D). */
  readonly layout: 'out_in' | 'in_out';
}

export interface Architecture {
  /** config.json's model_type. */
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly numLayers: number;
  /** Tensors of layer i have names that begin with this, i and a point. */
  readonly layerPrefix: string;
  /** Key/value heads and head size: the cache holds 2 * numLayers * kvHeads * headDim floats a token. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly heads: number;
  readonly intermediateSize: number;
  /** Longest sequence the positions are defined for. */
  readonly maxPositions: number;
  readonly tiedHead: boolean;
  /** Made with `linears` when first asked for, by when the number of layers must be known to be true. */
  readonly tensors: readonly TensorSpec[];
  /** All linear projections in forward order, the head last. */
  readonly linears: readonly LinearSpec[];
  /** The name of the head's module in `linears`: logits = ops.linear(rows of hidden, headModule). */
  readonly headModule: string;
  /** What is done to every logit after the head, in order; absent: nothing. */
  readonly logitMaps?: readonly { readonly name: Elementwise; readonly by: number }[];
  /** The specified name for a name found in a file (older spellings), or null for a buffer to be ignored. */
  canonicalName(name: string): string | null;
  /** The last hidden states after the final norm: (N, hiddenSize). */
  forward<T>(ops: Ops<T>): T;
}

/** One family of architectures: a file beside this one. */
export interface Family {
  readonly modelTypes: readonly string[];
  /** @throws LabError `unsupported-architecture` naming the config field that cannot be honoured. */
  fromConfig(config: JsonObject): Architecture;
}
