/**
 * @file How a frozen weight is held in memory: float32, 16 bits as the checkpoint has them, or in blocks of 32 along its
 * rows, each with a scale (GGUF's Q8_0 and Q4_0). Both runtimes take the same held matrix.
 */

/** Values of a block that share a scale. */
export const BLOCK = 32;

/** (rows, columns), row-major. */
export type HeldMatrix =
  | { readonly type: 'f32'; readonly values: Float32Array<ArrayBuffer> }
  | { readonly type: 'f16' | 'bf16'; readonly halves: Uint16Array<ArrayBuffer> }
  | BlockMatrix;

export interface BlockMatrix {
  readonly type: 'q8' | 'q4';
  /** One a block: values of binary16, widened. */
  readonly scales: Float32Array<ArrayBuffer>;
  /** q8: a value is (quant - 128) times its block's scale. q4: two to a byte, the first in the lower half, and 8 for 128. */
  readonly quants: Uint8Array<ArrayBuffer>;
}

export type HeldType = HeldMatrix['type'];
