/** @file F1 of each label, their mean: every label weighs the same, however rare. As scikit-learn's f1_score with
 * average='macro', labels=the task's, zero_division=0. */
import type { Asked, Item } from '../item.ts';
import { hasKey } from '../item.ts';
import type { Score, Value } from '../metric.ts';
import { NO_FLOORS, SHARE_SCORE, mean } from '../metric.ts';
import { normaliseLabel } from '../metrics.ts';

/** 2 tp / (said + keyed); 0 where the label is neither said nor a key. */
const f1 = (right: number, said: number, keyed: number): number =>
  said + keyed === 0 ? 0 : (2 * right) / (said + keyed);

/** An answer that is no label, or did not stop, is a wrong one for its key's recall and lowers no label's precision. */
function aggregate(items: readonly Item[], { labels }: Asked): Value | null {
  const judged = items
    .filter(({ row }) => hasKey(row))
    .map(({ row, prediction: { answer, isFinished } }) => ({
      key: normaliseLabel(row.output),
      said: isFinished ? normaliseLabel(answer) : null,
    }));
  if (judged.length === 0 || labels.length === 0) return null;
  const of = (label: string): number => {
    const said = judged.filter((item) => item.said === label);
    const keyed = judged.filter(({ key }) => key === label);
    return f1(said.filter(({ key }) => key === label).length, said.length, keyed.length);
  };
  return { value: mean(labels.map((label) => of(normaliseLabel(label)))), n: judged.length };
}

export const macroF1 = {
  ...SHARE_SCORE,
  name: 'macro_f1',
  title: 'macro F1',
  help: 'F1 of each label, averaged over the labels: a rare one weighs as much as a common one.',
  kinds: ['classification'],
  isCharted: true,
  // It is of all items together.
  valueOf: () => null,
  aggregate,
  /** Of the counts to be expected; for the commonest label, said always, exactly. */
  floors: (rows, { labels }) => {
    const keys = rows.filter(hasKey).map(({ output }) => normaliseLabel(output));
    if (keys.length === 0 || labels.length === 0) return NO_FLOORS;
    const own = labels.map(
      (label) => keys.filter((key) => key === normaliseLabel(label)).length / keys.length,
    );
    const most = Math.max(...own);
    return {
      chance: mean(own.map((share) => f1(share / labels.length, 1 / labels.length, share))),
      majority: f1(most, 1, most) / labels.length,
    };
  },
} as const satisfies Score;
