/**
 * @file What an exploration chose: settings compared by validation alone, averaged over arms of several methods, never by the
 * difference between them (true few-shot tuning, arXiv 2105.11447: no test item chooses anything).
 */
import { mean } from '../metrics/metric.ts';
import type { Arm } from '../words/plan.ts';
import type { ResultRow } from './result-row.ts';

/** Of some arms, one of each method, that are set alike. */
export interface Setting {
  /** What tells it from the others, "learningRate 0.001". */
  readonly name: string;
  readonly arms: readonly Arm[];
  /** Each arm's validation after its last round, averaged over tasks and seeds; null where it has none. */
  readonly scores: readonly (number | null)[];
  /** Over arms; null where one has not run or a method of another setting is missing: settings are compared over the same. */
  readonly score: number | null;
}

/** Knobs that arms of one method differ in: what methods set by themselves is not what was explored. */
function explored(arms: readonly Arm[]): readonly (keyof Arm['knobs'])[] {
  const methods = [...new Set(arms.map(({ method }) => method))];
  const names = Object.keys(arms[0]?.knobs ?? {}) as (keyof Arm['knobs'])[];
  return names.filter((name) =>
    methods.some(
      (method) =>
        new Set(arms.filter((arm) => arm.method === method).map(({ knobs }) => knobs[name])).size > 1,
    ),
  );
}

/** Of one arm: the last round that was scored, by task and seed; null unless all of them were, for arms that lack some would
 * be averaged over others. */
function scoreOf(arm: Arm, rows: readonly ResultRow[], cells: number): number | null {
  const last = new Map<string, ResultRow>();
  for (const row of rows) {
    if (row.arm !== arm.name) continue;
    const cell = JSON.stringify([row.task, row.seed]);
    const before = last.get(cell);
    if (before === undefined || before.round < row.round) last.set(cell, row);
  }
  return last.size < cells ? null : mean([...last.values()].map(({ value }) => value));
}

/** @param rows of results; of them validation, zero-shot, exact match decides
 * @param cells how many tasks times seeds there are to be
 * @returns the best first */
export function settingsOf(
  arms: readonly Arm[],
  rows: readonly ResultRow[],
  cells: number,
): readonly Setting[] {
  const knobs = explored(arms);
  const nameOf = (arm: Arm) => knobs.map((name) => `${name} ${String(arm.knobs[name])}`).join(', ');
  const validation = rows.filter(
    ({ split, mode, metric }) => split === 'validation' && mode === 'zero-shot' && metric === 'exact_match',
  );
  const names = [...new Set(arms.map(nameOf))];
  const methods = new Set(arms.map(({ method }) => method)).size;
  return names
    .map((name): Setting => {
      const own = arms.filter((arm) => nameOf(arm) === name);
      const scores = own.map((arm) => scoreOf(arm, validation, cells));
      const known = scores.filter((score) => score !== null);
      return { name, arms: own, scores, score: known.length === methods ? mean(known) : null };
    })
    .toSorted((a, b) => (b.score ?? -1) - (a.score ?? -1));
}
