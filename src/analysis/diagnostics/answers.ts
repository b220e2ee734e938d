/** @file Diagnostics of the answers of an evaluation, and of how they changed since the same evaluation a round before. */
import { countLabels } from '../../method/filters.ts';
import { hasKey } from '../../metrics/item.ts';
import type { Value } from '../../metrics/metric.ts';
import { meanOf } from '../../metrics/metric.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import { judged } from '../../metrics/summarise.ts';
import type { Evaluation, Prediction } from '../../words/events.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import { entropyOf } from './counts.ts';
import { NATS, SHARE, readerOf } from './diagnostic.ts';

export interface Answered {
  readonly task: Task;
  /** Of the evaluation's split. */
  readonly rows: ReadonlyMap<string, TaskRow>;
  /** Of at least one item. */
  readonly evaluation: Evaluation;
  readonly before: Evaluation | undefined;
}

const diagnostic = readerOf<Answered>();

export const answerEntropy = ({ predictions }: Pick<Evaluation, 'predictions'>): number =>
  entropyOf(countLabels(predictions.map(({ answer }) => normaliseLabel(answer))).map(([, count]) => count));

/** Share of right answers on the label that is recognised worst; n is how many items have it. */
function worstRecall({ task, rows, evaluation }: Answered): Value | null {
  const byKey = new Map<string, boolean[]>();
  for (const { row, prediction } of judged(rows, evaluation.predictions)) {
    if (!hasKey(row)) continue;
    const key = normaliseLabel(row.output);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [prediction.isExact]);
    else own.push(prediction.isExact);
  }
  const recalls = task.definition.labels.flatMap(
    (label) => meanOf(byKey.get(normaliseLabel(label)) ?? []) ?? [],
  );
  return recalls.toSorted((a, b) => a.value - b.value)[0] ?? null;
}

/** Share of the items that both evaluations have for which `isSo`. */
const flips =
  (isSo: (now: Prediction, then: Prediction) => boolean) =>
  ({ evaluation, before }: Answered): Value | null => {
    const earlier = new Map((before?.predictions ?? []).map((prediction) => [prediction.id, prediction]));
    return meanOf(
      evaluation.predictions.flatMap((now) => {
        const then = earlier.get(now.id);
        return then === undefined ? [] : [isSo(now, then)];
      }),
    );
  };

export const OF_ANSWERS = [
  diagnostic(
    'answer_entropy',
    NATS,
    "Entropy of the distribution of an evaluation's answers, nats.",
    ({ evaluation }) => ({ value: answerEntropy(evaluation), n: evaluation.predictions.length }),
  ),
  diagnostic(
    'token_entropy',
    NATS,
    'Mean entropy of the distributions that answer tokens were read from, nats.',
    ({ evaluation: { tokenEntropy, predictions } }) =>
      tokenEntropy === null ? null : { value: tokenEntropy, n: predictions.length },
  ),
  diagnostic(
    'worst_label_recall',
    { ...SHARE, better: 'higher' },
    'Exact match on the label that is recognised worst.',
    worstRecall,
  ),
  diagnostic(
    'label_flips',
    SHARE,
    'Share of answers that differ from the round before.',
    flips((now, then) => normaliseLabel(now.answer) !== normaliseLabel(then.answer)),
  ),
  diagnostic(
    'flips_to_right',
    { ...SHARE, better: 'higher' },
    'Share of items wrong in the round before and right now.',
    flips((now, then) => now.isExact && !then.isExact),
  ),
  diagnostic(
    'flips_to_wrong',
    { ...SHARE, better: 'lower' },
    'Share of items right in the round before and wrong now.',
    flips((now, then) => !now.isExact && then.isExact),
  ),
] as const;
