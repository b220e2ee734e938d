/** @file The score that a seed's arm ended with, by the task's own metric. */
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Study } from './study.ts';

/** The task's own; where run.json does not tell it, multiple choice is judged by its choices. */
export const metricOf =
  (rows: readonly ResultRow[], { tasks }: Study) =>
  (task: string): MetricName =>
    tasks.get(task)?.metric ??
    (rows.some((row) => row.task === task && row.metric === 'mc1') ? 'mc1' : 'exact_match');

/** Zero-shot on test, after the last round that was scored. */
export const lastScore =
  (rows: readonly ResultRow[], metric: (task: string) => MetricName) =>
  (task: string, arm: string, seed: number): number | undefined =>
    rows
      .filter(
        (row) =>
          row.task === task &&
          row.arm === arm &&
          row.seed === seed &&
          row.split === 'test' &&
          row.mode === 'zero-shot' &&
          row.metric === metric(task),
      )
      .toSorted((a, b) => b.round - a.round)[0]?.value;

export const seedsOf = (rows: readonly ResultRow[]): readonly number[] =>
  [...new Set(rows.map(({ seed }) => seed))].sort((a, b) => a - b);
