/** @file The score that is being taken: what of the answers so far is right, with their number. It moves from the first
 * answers on, and nothing is compared with it: what stands beside it was scored on all items. */
import { answeringOf, roundOf } from '../../method/state.ts';
import { isExact } from '../../metrics/metrics.ts';
import { hasKey } from '../../metrics/item.ts';
import { rowsOf } from '../../analysis/watch.ts';
import type { Cell } from '../../store/live/run-state.ts';
import type { Task } from '../../words/task.ts';

export interface ScoredSoFar {
  readonly right: number;
  /** Of which it is the share; of many items, the newest. */
  readonly answered: number;
}

/** Those that are in the run's state already: of a run that goes on, they were answered before. */
function answeredBefore({ activity, state }: Pick<Cell, 'activity' | 'state'>): ReadonlyMap<string, boolean> {
  if (activity?.evaluating === undefined) return new Map();
  const { split, mode } = activity.evaluating;
  const before = answeringOf(roundOf(state, activity.round), split, mode)?.predictions ?? [];
  return new Map(before.map(({ id, isExact: isRight }) => [id, isRight]));
}

/** null where no test items are answered now, none of them yet, or they are scored by more than whether they are exact. */
export function scoredSoFar(task: Task, cell: Pick<Cell, 'activity' | 'live' | 'state'>): ScoredSoFar | null {
  const { activity, live } = cell;
  const { kind, answerAfter, metric } = task.definition;
  if (activity?.evaluating?.split !== 'test' || metric !== 'exact_match') return null;
  const rows = rowsOf(task, 'test');
  const judged = new Map<string, boolean>();
  const judge = (key: string, isRight: () => boolean): void => {
    const row = rows.get(key);
    if (row !== undefined && hasKey(row) && row.choices === undefined) judged.set(key, isRight());
  };
  for (const [key, isRight] of answeredBefore(cell)) judge(key, () => isRight);
  for (const { phase, completion } of live.answers) {
    const { key, text, finishReason } = completion;
    const row = rows.get(key);
    if (phase !== 'evaluate' || row === undefined) continue;
    judge(key, () => finishReason !== 'length' && isExact(kind, text.trim(), row, answerAfter));
  }
  const right = [...judged.values()].filter(Boolean).length;
  return judged.size === 0 ? null : { right, answered: judged.size };
}
