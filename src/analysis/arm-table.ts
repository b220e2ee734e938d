/**
 * @file The table at the end of an experiment: each arm's score with its interval over seeds, and its difference from
 * one arm or from the base, paired by seed, with Holm's correction over tasks (METHOD "Scores", intervals).
 */
import type { EvaluatedSplit, Mode } from '../words/events.ts';
import type { MetricName } from './metrics.ts';
import type { ResultRow } from './result-row.ts';
import type { Difference, Interval } from '../metrics/statistics.ts';
import { holm, interval, pairedDifference } from '../metrics/statistics.ts';

export interface ArmTableOptions {
  /** The arm that others are compared with; null: with the base, each arm's own round 0. */
  readonly against?: string | null;
  /** One for all tasks, or by task id. */
  readonly metric?: MetricName | ((task: string) => MetricName);
  readonly split?: EvaluatedSplit;
  readonly mode?: Mode;
  /** Each seed's last round, or its best by the same metric on validation zero-shot (the earliest of equals). */
  readonly at?: 'last' | 'best';
  /** Tests that the correction is over at least: a claimed task that was not measured (yet), or has too few seeds, counts
   * as a test that failed, so that leaving one out gains nothing. */
  readonly family?: number;
}

export interface ArmLine extends Interval {
  readonly model: string;
  readonly task: string;
  readonly arm: string;
  readonly method: string;
  readonly metric: MetricName;
  /** The rounds that the seeds' values are from, ascending. */
  readonly rounds: readonly number[];
  /** Arm minus reference; null for the reference itself and where they share no seed. */
  readonly difference: Difference | null;
  /** The difference's p, corrected over the tasks of this arm and model; null without one. */
  readonly holmP: number | null;
}

const keyOf = (...parts: readonly string[]): string => parts.join('\u0000');

function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

const highest = (rows: readonly ResultRow[]): ResultRow | undefined =>
  rows.reduce<ResultRow | undefined>(
    (best, row) =>
      best === undefined || row.value > best.value || (row.value === best.value && row.round < best.round)
        ? row
        : best,
    undefined,
  );

/** The row that counts for a seed; undefined where the wanted round was not measured. */
function pick(measured: readonly ResultRow[], validation: readonly ResultRow[], at: 'last' | 'best') {
  const rounds = measured.map(({ round }) => round);
  const wanted = at === 'best' ? highest(validation)?.round : Math.max(...rounds);
  return measured.find(({ round }) => round === wanted);
}

/** Rows of one arm of one task -> one value per seed, and the base's. */
function valuesOf(rows: readonly ResultRow[], options: Required<ArmTableOptions>, metric: MetricName) {
  const { split, mode, at } = options;
  const values = new Map<number, number>();
  const base = new Map<number, number>();
  const rounds = new Set<number>();
  for (const own of grouped(rows, ({ seed }) => String(seed)).values()) {
    const ofMetric = own.filter((row) => row.metric === metric);
    const measured = ofMetric.filter((row) => row.split === split && row.mode === mode);
    const validation = ofMetric.filter((row) => row.split === 'validation' && row.mode === 'zero-shot');
    const chosen = pick(measured, validation, at);
    const first = measured.find(({ round }) => round === 0);
    if (first !== undefined) base.set(first.seed, first.value);
    if (chosen === undefined) continue;
    values.set(chosen.seed, chosen.value);
    rounds.add(chosen.round);
  }
  return { values, base, rounds: [...rounds].sort((a, b) => a - b) };
}

/**
 * A line for each model, task and arm, in the order of first appearance. Defaults: exact match on the test items,
 * zero-shot, at the last round, against the base.
 */
export function armTable(rows: readonly ResultRow[], options: ArmTableOptions = {}): readonly ArmLine[] {
  const all: Required<ArmTableOptions> = {
    ...{ against: null, metric: 'exact_match', split: 'test', mode: 'zero-shot', at: 'last', family: 0 },
    ...options,
  };
  const { against, metric } = all;
  const metricOf = typeof metric === 'string' ? () => metric : metric;
  const cells = new Map(
    [...grouped(rows, ({ model, task, arm }) => keyOf(model, task, arm))].flatMap(([key, own]) => {
      const [first] = own;
      if (first === undefined) return [];
      return [[key, { first, ...valuesOf(own, all, metricOf(first.task)) }] as const];
    }),
  );
  const lines = [...cells.values()].map(({ first, values, base, rounds }) => {
    const { model, task, arm, method } = first;
    const reference = against === null ? base : cells.get(keyOf(model, task, against))?.values;
    const difference =
      reference === undefined || arm === against ? null : pairedDifference(values, reference);
    return {
      ...{ model, task, arm, method, metric: metricOf(task), rounds },
      ...interval([...values.values()]),
      difference: difference === null || difference.n === 0 ? null : difference,
    };
  });
  const corrected = new Map<(typeof lines)[number], number>();
  for (const family of grouped(lines, ({ model, arm }) => keyOf(model, arm)).values()) {
    const tested = family.flatMap((line) => {
      const p = line.difference?.p;
      return p === null || p === undefined ? [] : [{ line, p }];
    });
    const untested = Math.max(0, all.family - tested.length);
    const adjusted = holm([...tested.map(({ p }) => p), ...new Array<number>(untested).fill(1)]);
    for (const [i, { line }] of tested.entries()) corrected.set(line, adjusted[i] ?? 1);
  }
  return lines.map((line) => ({ ...line, holmP: corrected.get(line) ?? null }));
}
