/**
 * @file Half-precision numbers: IEEE binary16 (F16) and bfloat16 (BF16) to and from float32. Widening is exact;
 * narrowing rounds to the nearest, ties to even, overflows to infinity and keeps a NaN a NaN.
 */

const scratch = new Uint32Array(1);
const scratchFloat = new Float32Array(scratch.buffer);

/** float32 bits of one binary16 value. */
function halfToBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction * 2^-24 with its leading one moved to the hidden place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

let halfTable: Uint32Array | undefined;

/** All 65,536 values: one look-up an element is several times faster than the branches above. */
function table(): Uint32Array {
  if (halfTable === undefined) {
    halfTable = new Uint32Array(0x10000);
    for (let half = 0; half < 0x10000; half++) halfTable[half] = halfToBits(half);
  }
  return halfTable;
}

/** Writes the float32 values of `halves` into `out` from index `at`; works on bits, so NaN payloads survive. */
export function f16ToF32(halves: Uint16Array, out: Float32Array, at = 0): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  const known = table();
  for (let i = 0; i < halves.length; i++) bits[at + i] = known[halves[i] ?? 0] ?? 0;
}

export function bf16ToF32(halves: Uint16Array, out: Float32Array, at = 0): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) bits[at + i] = (halves[i] ?? 0) << 16;
}

/** The binary16 nearest to a float32 value. */
export function roundToF16(value: number): number {
  scratchFloat[0] = value;
  const bits = scratch[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // 65520 = 0x477ff000 is the first value that rounds up to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent, then add half a unit less one, plus one where the kept part is odd.
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // Below half of the least subnormal 2^-24 (ties go to even, that is to zero).
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The bfloat16 nearest to a float32 value. */
export function roundToBf16(value: number): number {
  scratchFloat[0] = value;
  const bits = scratch[0] ?? 0;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

export function f32ToF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = roundToF16(values[i] ?? 0);
  return out;
}

export function f32ToBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = roundToBf16(values[i] ?? 0);
  return out;
}
