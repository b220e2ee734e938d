/** @file Test items whose zero-shot answer training changed: those first that it mended, then those that it broke. */
import { normaliseLabel } from '../metrics/metrics.ts';
import type { RunState } from '../method/state.ts';
import type { Task, TaskRow } from '../words/task.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

/** Between the first round that scored them and the last; [] before there are two. */
export function changedItems(task: Task, { rounds }: RunState): readonly TaskRow[] {
  const scored = rounds.flatMap((round) => sameEvaluation(round, { split: 'test', mode: 'zero-shot' }) ?? []);
  const before = new Map((scored[0]?.predictions ?? []).map((prediction) => [prediction.id, prediction]));
  const rows = rowsOf(task, 'test');
  const changed = (scored.at(-1)?.predictions ?? []).filter(({ id, answer }) => {
    const then = before.get(id);
    return then !== undefined && normaliseLabel(then.answer) !== normaliseLabel(answer);
  });
  return changed
    .toSorted((a, b) => Number(b.isExact) - Number(a.isExact))
    .flatMap(({ id }) => rows.get(id) ?? []);
}
