/**
 * @file The operations a transformer is written in. A family's forward pass is written once over this interface,
 * generic in the tensor type; runtimes/ort emits ONNX nodes for it, runtimes/tfjs runs kernels with gradients.
 *
 * Every activation is a matrix (N, C): N = batch x length rows in row-major order, C channels. The token ids,
 * positions, lengths and the key/value cache are the implementation's own business.
 */

export type Activation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu';

/** A function of each element; the last two take a number: x * by, and by * tanh(x / by). */
export type Elementwise = Activation | 'scale' | 'softcap';

/** Rotary position embedding over the first `dim` channels of each head, in rotate-half layout. */
export interface Rope {
  /** Rotated channels per head, even, <= headDim. */
  readonly dim: number;
  /** dim / 2 angles per position step, in radians, float32-rounded. */
  readonly inverseFrequencies: readonly number[];
}

export interface AttentionSpec {
  readonly layer: number;
  readonly heads: number;
  /** Key/value heads; heads / kvHeads queries share one. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Factor on q.k before the softmax. */
  readonly scale: number;
  readonly rope?: Rope;
  /** Sliding window: a token attends to itself and the window - 1 tokens before it. */
  readonly window?: number;
}

export interface Ops<T> {
  /** Rows of the embedding matrix at the batch's token ids: (N, hidden). */
  embed(weight: string): T;
  /** Rows of a learnt position table at the batch's positions: (N, hidden). */
  embedPositions(weight: string): T;
  /** x W^T + b, plus scaling (x A^T) B^T where an adapter stands on `module`: (N, in) -> (N, out). */
  linear(x: T, module: string): T;
  /** x / sqrt(mean(x^2) + eps) * weight over groups of the weight's own length, so that a head-sized weight
   * normalises each head (Qwen3's q_norm). */
  rmsNorm(x: T, weight: string, eps: number): T;
  /** (x - mean) / sqrt(var + eps) * `module`.weight + `module`.bias over the channels. */
  layerNorm(x: T, module: string, eps: number): T;
  /** A fused projection (N, groups * sum of sizes) -> its parts, (N, groups * size) each; at most three. With one group
   * they lie side by side, otherwise each group (a head) holds its own run of every part. */
  split(x: T, sizes: readonly number[], groups?: number): readonly T[];
  /** Causal attention with rotary embedding: q (N, heads * headDim), k and v (N, kvHeads * headDim) ->
   * (N, heads * headDim). */
  attention(q: T, k: T, v: T, spec: AttentionSpec): T;
  /** activation(gate) * up, elementwise. */
  gated(gate: T, up: T, activation: Activation): T;
  /** A function of each element; `by` is its number, where it takes one. */
  map(x: T, name: Elementwise, by?: number): T;
  add(a: T, b: T): T;
}
