/** @file One row of a report, and the measures that rows are made of. */
import { maxAbsDifference } from '../metrics/agreement.ts';
import type { BackendName } from '../words/engine.ts';

export interface Check {
  readonly name: string;
  readonly runtime: 'ort' | 'tfjs';
  readonly backend: BackendName;
  /** The difference measured; Infinity where the quantity is missing or not comparable. */
  readonly value: number;
  readonly tolerance: number;
  readonly ok: boolean;
}

/** A row that compares `value` with `tolerance`. NaN never passes, nor does infinity, whatever the tolerance came to. */
export function check(
  side: Pick<Check, 'runtime' | 'backend'>,
  name: string,
  value: number,
  tolerance: number,
): Check {
  const ok = Number.isFinite(value) && value >= 0 && value <= tolerance;
  return { name, runtime: side.runtime, backend: side.backend, value, tolerance, ok };
}

/** The largest of several differences; of none at all Infinity, since nothing was compared. */
export const worst = (differences: readonly number[]): number =>
  differences.length === 0 ? Infinity : Math.max(...differences);

/** Largest |found - golden|; Infinity where there is no golden value. */
export const difference = (found: ArrayLike<number>, golden: ArrayLike<number>): number =>
  golden.length === 0 ? Infinity : maxAbsDifference(found, golden);

/** How many ids differ; a missing or surplus id counts. 0 is equality. */
export function differingIds(a: readonly number[], b: readonly number[]): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) count++;
  return count;
}

/** log p(target) under row `position` of (length, vocab) logits, summed in float64. */
export function logProbability(
  logits: Float32Array,
  vocab: number,
  position: number,
  target: number,
): number {
  const row = logits.subarray(position * vocab, (position + 1) * vocab);
  let top = -Infinity;
  for (const value of row) top = Math.max(top, value);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - top);
  return (row[target] ?? NaN) - top - Math.log(sum);
}

/** Index of the largest value, -1 in an empty row or one that holds NaN. */
export function argmax(row: Float32Array): number {
  let best = row.length === 0 ? -1 : 0;
  for (const [i, value] of row.entries()) {
    if (Number.isNaN(value)) return -1;
    if (value > (row[best] ?? NaN)) best = i;
  }
  return best;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
