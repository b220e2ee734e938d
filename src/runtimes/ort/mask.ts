/**
 * @file The mask that composed attention adds to its scores. A query sees what its row has in the cache and the new
 * tokens up to itself, and with a sliding window only the last `window` of these, itself included.
 */

export interface MaskShape {
  /** Tokens that each row has in the cache. */
  readonly pastLengths: readonly number[];
  /** Tokens for which the cache has room. */
  readonly capacity: number;
  /** New tokens of each row, padding included. */
  readonly length: number;
  readonly window: number | undefined;
}

export interface Mask {
  readonly values: Float32Array<ArrayBuffer>;
  /** (B, 1, 1, T, S) with S = capacity + T; B is 1 where all rows have the same past, as in a prefill. */
  readonly dims: readonly [number, 1, 1, number, number];
}

/** Far below any score, finite in float16 too: exp gives exactly 0 beside any score that is seen. */
const HIDDEN = -60000;

export function attentionMask({ pastLengths, capacity, length, window = Infinity }: MaskShape): Mask {
  const rows = new Set(pastLengths).size === 1 ? pastLengths.slice(0, 1) : pastLengths;
  const span = capacity + length;
  const values = new Float32Array(rows.length * length * span).fill(HIDDEN);
  for (const [b, past] of rows.entries()) {
    for (let t = 0; t < length; t++) {
      const row = (b * length + t) * span;
      values.fill(0, row + Math.min(past, Math.max(0, past + t - window + 1)), row + past);
      values.fill(0, row + capacity + Math.max(0, t - window + 1), row + capacity + t + 1);
    }
  }
  return { values, dims: [rows.length, 1, 1, length, span] };
}
