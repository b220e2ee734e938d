/**
 * @file Scores that need no model, which every score of a task with labels has to be seen beside: `chance`, a label (or a
 * choice) drawn evenly, and `majority`, the commonest right answer of the scored items themselves, said always.
 */
import type { RoundState, RunState } from '../method/state.ts';
import type { MetricName } from '../metrics/metric-table.ts';
import { mean } from '../metrics/metric-table.ts';
import { hasKey, normaliseLabel } from '../metrics/metrics.ts';
import { LEAST_PAIRS } from '../metrics/statistics.ts';
import { bestChoice } from '../metrics/summarise.ts';
import type { Choice, Task, TaskRow } from '../words/task.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

export interface Floors {
  readonly chance: number | null;
  readonly majority: number | null;
}

export const NO_FLOORS: Floors = { chance: null, majority: null };

const ACCURACIES: readonly MetricName[] = [
  ...(['exact_match', 'constrained_accuracy', 'calibrated_accuracy', 'accuracy_given_valid'] as const),
];

const right = (choices: readonly Choice[]): number => choices.filter(({ correct }) => correct).length;

/** The chance of each row's choices under the metric. */
function chanceOf(metric: MetricName, choices: readonly Choice[]): number | null {
  const { length } = choices;
  if (length === 0 || bestChoice(choices) < 0) return null;
  const correct = right(choices);
  // MC1: the best one is drawn before every incorrect one.
  if (metric === 'mc1') return 1 / (length - correct + 1);
  return (metric === 'mc2' || metric === 'constrained_accuracy' ? correct : 1) / length;
}

/** Share of the commonest right answer; null of no rows. */
function commonest(rows: readonly TaskRow[]): number | null {
  const counts = new Map<string, number>();
  for (const { output } of rows) {
    const answer = normaliseLabel(output);
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return rows.length === 0 ? null : most / rows.length;
}

/** @param rows the items that are scored, of whichever split; nulls where the kind or the metric has no such floor */
export function floors({ definition }: Task, rows: readonly TaskRow[], metric: MetricName): Floors {
  const { kind, labels } = definition;
  const keyed = rows.filter(hasKey);
  switch (kind) {
    case 'classification':
      if (!ACCURACIES.includes(metric)) return NO_FLOORS;
      return { chance: labels.length === 0 ? null : 1 / labels.length, majority: commonest(keyed) };
    case 'multiple-choice': {
      if (!ACCURACIES.includes(metric) && metric !== 'mc1' && metric !== 'mc2') return NO_FLOORS;
      const chances = keyed.flatMap(({ choices = [] }) => chanceOf(metric, choices) ?? []);
      const chance = chances.length === 0 ? null : mean(chances);
      const majority = metric === 'exact_match' ? commonest(keyed) : null;
      // Where each item has choices of its own, one answer said always is right less often than chance: no floor.
      return { chance, majority: majority !== null && majority > (chance ?? 0) ? majority : null };
    }
    case 'generation':
      return NO_FLOORS;
  }
}

/** The floors of a run's test items, those that its last zero-shot evaluation scored, and how many these are. */
export function floorsOfRun(
  task: Task,
  { rounds }: RunState,
  metric: MetricName,
): (Floors & { readonly items: number }) | null {
  const found = rounds.map((round: RoundState) =>
    sameEvaluation(round, { split: 'test', mode: 'zero-shot' }),
  );
  const last = found.findLast((evaluation) => evaluation !== undefined);
  if (last === undefined) return null;
  const all = rowsOf(task, 'test');
  const rows = last.predictions.flatMap(({ id }) => all.get(id) ?? []);
  return { ...floors(task, rows, metric), items: rows.length };
}

/** Over seeds: each floor's mean where all have it. */
export function meanFloors(each: readonly Floors[]): Floors {
  const over = (of: (floors: Floors) => number | null): number | null => {
    const values = each.flatMap((one) => of(one) ?? []);
    return values.length === 0 || values.length < each.length ? null : mean(values);
  };
  return { chance: over(({ chance }) => chance), majority: over(({ majority }) => majority) };
}

/** "chance 0.50, majority 0.53"; '' without any. */
export function floorWords({ chance, majority }: Floors, digits: number): string {
  return [
    ...(chance === null ? [] : [`chance ${chance.toFixed(digits)}`]),
    ...(majority === null ? [] : [`majority ${majority.toFixed(digits)}`]),
  ].join(', ');
}

/**
 * What a score does not rise above, as a sentence's end; null where it is above both floors by more than its noise, or
 * there are none. The noise: half the interval over seeds; of one seed two standard errors over its items.
 */
export function notAbove(
  { chance, majority }: Floors,
  score: { readonly mean: number; readonly halfWidth: number | null; readonly items: number },
): string | null {
  const floor = Math.max(chance ?? -Infinity, majority ?? -Infinity);
  if (floor === -Infinity) return null;
  const { mean: value, halfWidth, items } = score;
  if (items < LEAST_PAIRS) return `too few items to tell from chance (${items})`;
  const noise = halfWidth ?? 2 * Math.sqrt((floor * (1 - floor)) / items);
  if (value > floor + noise) return null;
  return majority !== null && majority > (chance ?? -Infinity)
    ? 'not above majority: always saying the commonest answer'
    : 'not above chance';
}
