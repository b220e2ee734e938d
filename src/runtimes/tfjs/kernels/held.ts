/**
 * @file A weight that is held once, as a tensor on the device: float32 (rows, columns) as it is, any other type as int32
 * words, row by row: the row's scales, then its quants or halves. Kernels that multiply by it unpack some of it at a time.
 */
import { f16ToF32 } from '../../../formats/half.ts';
import type { HeldMatrix, HeldType } from '../../../models/held.ts';
import { BLOCK } from '../../../models/held.ts';
import { LabError } from '../../../core/errors.ts';
import type { Values } from './kernel.ts';

/** The number that a kernel knows a type by. */
const CODES: readonly HeldType[] = ['f32', 'f16', 'bf16', 'q8', 'q4'];
export const heldCode = (type: HeldType): number => CODES.indexOf(type);

export function wordsOfRow(type: HeldType, columns: number): number {
  switch (type) {
    case 'f32':
      return columns;
    case 'f16':
    case 'bf16':
      return columns / 2;
    case 'q8':
      return columns / BLOCK + columns / 4;
    case 'q4':
      return columns / BLOCK + columns / 8;
  }
}

/** The words of a matrix that is not float32. */
export function packWords(
  held: Exclude<HeldMatrix, { type: 'f32' }>,
  rows: number,
  columns: number,
): Int32Array<ArrayBuffer> {
  if (!('scales' in held))
    return new Int32Array(held.halves.buffer, held.halves.byteOffset, (rows * columns) / 2);
  const width = wordsOfRow(held.type, columns);
  const words = new Int32Array(rows * width);
  const floats = new Float32Array(words.buffer);
  const bytes = new Uint8Array(words.buffer);
  const blocks = columns / BLOCK;
  const quantBytes = held.quants.length / rows;
  for (let row = 0; row < rows; row++) {
    floats.set(held.scales.subarray(row * blocks, (row + 1) * blocks), row * width);
    const quants = held.quants.subarray(row * quantBytes, (row + 1) * quantBytes);
    bytes.set(quants, 4 * (row * width + blocks));
  }
  return words;
}

/** Which part of a held matrix: whole rows, and of them some columns that begin and end at blocks. */
export interface Part {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Writes a part as float32, dense and row-major.
 * @param all columns of the whole matrix */
export function unpack(code: number, w: Values, all: number, part: Part, out: Float32Array): void {
  const type = CODES.at(code);
  const { row, rows, column, columns } = part;
  if (type === undefined) throw new LabError('internal', `No weight is held by the number ${code}.`);
  if (type === 'f32') {
    // Rows of a panel are short: a loop is faster than a view of each.
    for (let i = 0; i < rows; i++) {
      const at = (row + i) * all + column;
      const to = i * columns;
      for (let j = 0; j < columns; j++) out[to + j] = w[at + j];
    }
    return;
  }
  const width = wordsOfRow(type, all);
  const { buffer, byteOffset } = w;
  for (let i = 0; i < rows; i++) {
    const at = byteOffset + 4 * (row + i) * width;
    const to = i * columns;
    if (type === 'bf16') {
      const halves = new Uint16Array(buffer, at + 2 * column, columns);
      const bits = new Uint32Array(out.buffer, out.byteOffset + 4 * to, columns);
      for (let j = 0; j < columns; j++) bits[j] = halves[j] << 16;
    } else if (type === 'f16') {
      f16ToF32(new Uint16Array(buffer, at + 2 * column, columns), out, to);
    } else {
      const scales = new Float32Array(buffer, at + (4 * column) / BLOCK, columns / BLOCK);
      const quantsAt = at + (4 * all) / BLOCK + (type === 'q8' ? column : column / 2);
      const quants = new Uint8Array(buffer, quantsAt, type === 'q8' ? columns : columns / 2);
      if (type === 'q8') unpack8(quants, scales, out, to);
      else unpack4(quants, scales, out, to);
    }
  }
}

function unpack8(quants: Uint8Array, scales: Float32Array, out: Float32Array, to: number): void {
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block];
    const end = (block + 1) * BLOCK;
    for (let i = block * BLOCK; i < end; i++) out[to + i] = (quants[i] - 128) * scale;
  }
}

function unpack4(quants: Uint8Array, scales: Float32Array, out: Float32Array, to: number): void {
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block];
    const end = ((block + 1) * BLOCK) / 2;
    for (let i = (block * BLOCK) / 2; i < end; i++) {
      const both = quants[i];
      out[to + 2 * i] = ((both & 15) - 8) * scale;
      out[to + 2 * i + 1] = ((both >> 4) - 8) * scale;
    }
  }
}
