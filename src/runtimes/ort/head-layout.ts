/**
 * @file Where a head's channels stand in GroupQueryAttention. The operator takes head sizes that are multiples of 8,
 * and with rotary embedding of 16 with a rotary half that is a multiple of 8; other heads are padded with zeros:
 * [first rotary half, zeros, second rotary half, zeros, rest, zeros]. Zeros add nothing to q.k and nothing to v, so
 * the result is the same; the scale is given explicitly because the operator would take it from the padded size.
 */

export interface HeadLayout {
  readonly headDim: number;
  /** The padded head size. */
  readonly size: number;
  /** Half of the rotated channels after padding; 0 without rotary embedding. */
  readonly rotaryHalf: number;
  /** Place of each true channel in the padded head. */
  readonly places: readonly number[];
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;

/** @param rotaryDim rotated channels per head, undefined without rotary embedding */
export function headLayout(headDim: number, rotaryDim?: number): HeadLayout {
  const half = (rotaryDim ?? 0) / 2;
  const rotaryHalf = roundUp(half, 8);
  const rest = headDim - 2 * half;
  const size = roundUp(2 * rotaryHalf + rest, rotaryDim === undefined ? 8 : 16);
  const places = Array.from({ length: headDim }, (_, channel) => {
    if (channel < half) return channel;
    if (channel < 2 * half) return rotaryHalf + channel - half;
    return 2 * rotaryHalf + channel - 2 * half;
  });
  return { headDim, size, rotaryHalf, places };
}
