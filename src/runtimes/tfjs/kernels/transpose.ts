/** @file Transposing and copying between matrices in typed arrays, in blocks that fit the cache. */
import type { Values } from './kernel.ts';

/** Columns taken down all rows before the next, so that what is written stays in the cache. */
const COLUMNS = 64;

/** Where a matrix begins in an array and how far its rows are apart. */
export interface Place {
  readonly at: number;
  readonly stride: number;
}

/** out[j][i] = values[i][j] for a dense (rows, columns) matrix; eight rows at a time, which writes whole cache lines. */
export function transposeInto(
  out: Values,
  { at, stride }: Place,
  values: Values,
  rows: number,
  columns: number,
): void {
  const inEights = rows & ~7;
  for (let j0 = 0; j0 < columns; j0 += COLUMNS) {
    const jEnd = Math.min(columns, j0 + COLUMNS);
    for (let i = 0; i < inEights; i += 8) {
      const a = i * columns;
      const b = a + columns;
      const c = b + columns;
      const d = c + columns;
      const e = d + columns;
      const f = e + columns;
      const g = f + columns;
      const h = g + columns;
      let to = at + j0 * stride + i;
      for (let j = j0; j < jEnd; j++, to += stride) {
        out[to] = values[a + j];
        out[to + 1] = values[b + j];
        out[to + 2] = values[c + j];
        out[to + 3] = values[d + j];
        out[to + 4] = values[e + j];
        out[to + 5] = values[f + j];
        out[to + 6] = values[g + j];
        out[to + 7] = values[h + j];
      }
    }
  }
  for (let i = inEights; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[at + j * stride + i] = values[i * columns + j];
  }
}

/** A dense (rows, columns) matrix to its place among the columns of a wider one. */
export function copyColumns(
  out: Values,
  { at, stride }: Place,
  values: Values,
  rows: number,
  columns: number,
): void {
  for (let i = 0; i < rows; i++) out.set(values.subarray(i * columns, (i + 1) * columns), at + i * stride);
}
