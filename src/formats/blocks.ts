/**
 * @file Matrices in blocks of 32 values with one scale each, as GGUF's Q8_0 and Q4_0 have them; the rounding is that of PyPI's
 * gguf.quants, to the bit. What comes out is laid out for onnxruntime's operators (models/held.ts).
 */
import { BLOCK, type BlockMatrix } from '../models/held.ts';
import { f16ToF32, roundToF16 } from './half.ts';

/** Half away from zero, as C's roundf. */
function rounded(value: number): number {
  const size = Math.abs(value);
  const whole = Math.floor(size);
  return Math.sign(value) * (whole + Math.floor(2 * (size - whole)));
}

/** Rows are whole blocks, so they need not be known. */
export function quantised(type: BlockMatrix['type'], values: Float32Array): BlockMatrix {
  const blocks = values.length / BLOCK;
  const scales = new Float32Array(blocks);
  const halves = new Uint16Array(blocks);
  const quants = new Uint8Array(type === 'q8' ? values.length : values.length / 2);
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK;
    // The first of the largest, with its sign.
    let most = 0;
    for (let i = from; i < from + BLOCK; i++) {
      const value = values[i] ?? 0;
      if (Math.abs(value) > Math.abs(most)) most = value;
    }
    const scale = Math.fround(type === 'q8' ? Math.abs(most) / 127 : most / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    halves[block] = roundToF16(scale);
    if (type === 'q8') {
      for (let i = from; i < from + BLOCK; i++)
        quants[i] = 128 + rounded(Math.fround((values[i] ?? 0) * inverse));
    } else {
      const scaled = (i: number) => Math.fround(Math.fround((values[i] ?? 0) * inverse) + 8.5);
      const level = (i: number) => Math.min(15, Math.trunc(scaled(i)));
      for (let i = from; i < from + BLOCK; i += 2) quants[i / 2] = level(i) | (level(i + 1) << 4);
    }
  }
  f16ToF32(halves, scales);
  return { type, scales, quants };
}

/** The values that a matrix in blocks stands for. */
export function dequantised({ type, scales, quants }: BlockMatrix): Float32Array<ArrayBuffer> {
  const values = new Float32Array(scales.length * BLOCK);
  for (let i = 0; i < values.length; i++) {
    const scale = scales[Math.floor(i / BLOCK)] ?? 0;
    const level =
      type === 'q8' ? (quants[i] ?? 0) - 128 : (((quants[i >> 1] ?? 0) >> (4 * (i & 1))) & 15) - 8;
    values[i] = level * scale;
  }
  return values;
}
