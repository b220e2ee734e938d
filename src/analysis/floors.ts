/**
 * @file The floors of a run: what its metric is without any model on the items that were scored (metrics/metric.ts), which
 * every score of a task with labels has to be seen beside.
 */
import type { RoundState, RunState } from '../method/state.ts';
import type { Floors } from '../metrics/metric.ts';
import { mean } from '../metrics/metric.ts';
import { floors } from '../metrics/scores.ts';
import { LEAST_PAIRS, shareError } from '../metrics/statistics.ts';
import type { Task } from '../words/task.ts';
import type { MetricName } from './metrics.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

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
  return { ...floors(task.definition, rows, metric), items: rows.length };
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
  // A floor that is no share has no error of a share: then the most that a value between -1 and 1 can have.
  const isShare = floor > 0 && floor < 1;
  const noise = halfWidth ?? 2 * (isShare ? shareError(floor, items) : 1 / Math.sqrt(items));
  if (value > floor + noise) return null;
  // Above one but not by more than noise, it may be above it all the same.
  const not = value > floor ? 'not shown to be above' : 'not above';
  return majority !== null && majority > (chance ?? -Infinity)
    ? `${not} majority: always saying the commonest answer`
    : `${not} chance`;
}

/** A score with half the width of its interval over seeds; null of one seed. */
interface Scored {
  readonly who: string;
  readonly mean: number;
  readonly halfWidth: number | null;
}

/** Which of two scores over the same items do not rise above the floors, as a clause: "the base is not above chance",
 * "neither is above chance"; '' where both do, or the items are too few to say. */
export function belowWords(floors: Floors, items: number, two: readonly [Scored, Scored]): string {
  if (items < LEAST_PAIRS) return '';
  const below = two.flatMap(({ who, ...score }) => {
    const words = notAbove(floors, { ...score, items });
    return words === null ? [] : [{ who, words }];
  });
  const [one, other] = below;
  if (one === undefined) return '';
  if (other === undefined) return `${one.who} is ${one.words}`;
  // What is said of both is the weaker of the two.
  const [weaker] = [one.words, other.words].toSorted((a, b) => b.length - a.length);
  return `neither is ${(weaker ?? one.words).replace(/^not /u, '')}`;
}
