/** @file One row of a report, and the measures that rows are made of. */
import type { BackendName } from '../core/engine.ts';

export interface Check {
  readonly name: string;
  readonly runtime: 'ort' | 'tfjs';
  readonly backend: BackendName;
  /** The difference measured; Infinity where the quantity is missing or not comparable. */
  readonly value: number;
  readonly tolerance: number;
  readonly ok: boolean;
}

/** A row that compares `value` with `tolerance`; NaN never passes. */
export function check(
  side: Pick<Check, 'runtime' | 'backend'>,
  name: string,
  value: number,
  tolerance: number,
): Check {
  return { name, runtime: side.runtime, backend: side.backend, value, tolerance, ok: value <= tolerance };
}

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

export function argmax(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? NaN) > (row[best] ?? NaN)) best = i;
  return best;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
