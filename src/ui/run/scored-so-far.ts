/** @file The score that is being taken: what of the answers so far is right, with their number. It moves from the first
 * answers on, and nothing is compared with it: what stands beside it was scored on all items. */
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

/** null where no test items are answered now, none of them yet, or they are scored by more than whether they are exact. */
export function scoredSoFar(
  task: Task,
  { activity, live }: Pick<Cell, 'activity' | 'live'>,
): ScoredSoFar | null {
  const { kind, answerAfter, metric } = task.definition;
  if (activity?.evaluating?.split !== 'test' || metric !== 'exact_match') return null;
  const rows = rowsOf(task, 'test');
  const judged = live.answers.flatMap(({ phase, completion: { key, text, finishReason } }) => {
    const row = rows.get(key);
    if (phase !== 'evaluate' || row === undefined || !hasKey(row) || row.choices !== undefined) return [];
    return [finishReason !== 'length' && isExact(kind, text.trim(), row, answerAfter)];
  });
  return judged.length === 0 ? null : { right: judged.filter(Boolean).length, answered: judged.length };
}
