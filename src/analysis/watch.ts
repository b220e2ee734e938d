/**
 * @file What is watched every round (METHOD), as figures under the names of metric-table.ts: of a round's samples, of its
 * training, and of the answers of its evaluations. diagnose.ts reads trouble out of them.
 */
import type { TrainStep } from '../words/engine.ts';
import type { Evaluation, Sample, Verdict } from '../words/events.ts';
import { filterAccount, countLabels } from '../method/filters.ts';
import type { Figure, MetricName } from '../metrics/metric-table.ts';
import { meanFigure } from '../metrics/metric-table.ts';
import { hasKey, normaliseLabel } from '../metrics/metrics.ts';
import type { RoundState } from '../method/state.ts';
import { judged } from '../metrics/summarise.ts';
import type { SplitName, Task, TaskRow } from '../words/task.ts';

/** Shannon entropy of a distribution given as counts, nats. */
export function entropyOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, n) => (n === 0 ? sum : sum - (n / total) * Math.log(n / total)), 0);
}

/** Different n-grams of words over all n-grams, over all texts together (Li et al. 2016); null without any. */
export function distinctN(texts: readonly string[], n: number): { value: number; n: number } | null {
  const grams = texts.flatMap((text) => {
    const words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' '));
  });
  return grams.length === 0 ? null : { value: new Set(grams).size / grams.length, n: grams.length };
}

/** Upper edges of the perplexity histogram's buckets, spaced evenly in the logarithm: four to a factor of ten, from 1
 * to 1000; a last bucket holds what is above. Fixed, so that rounds and runs compare. */
export const PERPLEXITY_EDGES: readonly number[] = Array.from({ length: 12 }, (_, i) => 10 ** ((i + 1) / 4));

/** Counts by bucket; a value on an edge belongs to the bucket that it ends. One more bucket than there are edges. */
export function perplexityHistogram(perplexities: readonly number[]): readonly number[] {
  const counts = new Array<number>(PERPLEXITY_EDGES.length + 1).fill(0);
  for (const perplexity of perplexities) {
    const found = PERPLEXITY_EDGES.findIndex((edge) => perplexity <= edge);
    const bucket = found < 0 ? PERPLEXITY_EDGES.length : found;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

const DROPPED: Readonly<Record<Exclude<Verdict, 'kept'>, MetricName>> = {
  empty: 'dropped_empty',
  unfinished: 'dropped_unfinished',
  repeats: 'dropped_repeats',
  copies: 'dropped_copies',
  'outside-labels': 'dropped_outside_labels',
  perplexity: 'dropped_perplexity',
  'near-duplicate': 'dropped_near_duplicate',
  'too-short': 'dropped_too_short',
};

const right = (samples: readonly Sample[]): readonly boolean[] =>
  samples.flatMap(({ isRight }) => (isRight === null ? [] : [isRight]));

function balance(entropy: MetricName, majority: MetricName, samples: readonly Sample[]): readonly Figure[] {
  const n = samples.length;
  if (n === 0) return [];
  const counts = countLabels(samples.map(({ answer }) => normaliseLabel(answer))).map(([, count]) => count);
  return [
    { metric: entropy, value: entropyOf(counts), n },
    { metric: majority, value: (counts[0] ?? 0) / n, n },
  ];
}

/**
 * Leakage of demonstrations: of all samples that had demonstrations and whose key is known, the share whose answer is
 * wrong and equals an answer among its own demonstrations (case and surrounding white space aside). In classification a
 * wrong label among the demonstrations may be there by chance: compare rounds and arms of one task, not tasks.
 */
function leakage(pool: ReadonlyMap<string, TaskRow>, samples: readonly Sample[]): readonly Figure[] {
  const shown = samples.filter(
    ({ demonstrations, isRight }) => demonstrations.length > 0 && isRight !== null,
  );
  return meanFigure(
    'demonstration_leakage',
    shown.map(({ demonstrations, answer, isRight }) => {
      const said = normaliseLabel(answer);
      const isThere = demonstrations.some((id) => normaliseLabel(pool.get(id)?.output ?? '') === said);
      return isRight === false && said !== '' && isThere;
    }),
  );
}

/** Figures of a round's self-labels, dropped ones included where the name does not say "kept". */
export function watchSamples(task: Task, samples: readonly Sample[]): readonly Figure[] {
  const n = samples.length;
  if (n === 0) return [];
  const kept = samples.filter(({ verdict }) => verdict === 'kept');
  const answers = samples.map(({ answer }) => answer);
  const perplexities = samples.flatMap(({ perplexity }) => (perplexity === null ? [] : [perplexity]));
  const distinct = (metric: MetricName, size: number): readonly Figure[] => {
    const found = distinctN(answers, size);
    return found === null ? [] : [{ metric, ...found }];
  };
  return [
    ...meanFigure('self_label_accuracy', right(samples)),
    ...meanFigure('kept_label_accuracy', right(kept)),
    { metric: 'kept_share', value: kept.length / n, n },
    ...[...filterAccount(samples).dropped].flatMap(([verdict, { count }]): readonly Figure[] =>
      verdict === 'kept' ? [] : [{ metric: DROPPED[verdict], value: count / n, n }],
    ),
    ...balance('label_entropy', 'majority_share', samples),
    ...balance('kept_label_entropy', 'kept_majority_share', kept),
    ...meanFigure(
      'answer_tokens',
      samples.map(({ ids, answer }) =>
        ids.length > 0 ? ids.length : answer.split(/\s+/).filter((word) => word !== '').length,
      ),
    ),
    ...distinct('distinct_1', 1),
    ...distinct('distinct_2', 2),
    ...meanFigure('perplexity_mean', perplexities),
    ...(perplexities.length === 0
      ? []
      : [{ metric: 'perplexity_median', value: median(perplexities), n: perplexities.length } as const]),
    ...leakage(new Map(task.splits.pool.map((row) => [row.id, row])), samples),
  ];
}

/** Loss of the first and the last step; n is their tokens. */
export function watchTraining(curve: readonly TrainStep[]): readonly Figure[] {
  const [first] = curve;
  const last = curve.at(-1);
  if (first === undefined || last === undefined) return [];
  return [
    { metric: 'train_loss_first', value: first.loss, n: first.tokens },
    { metric: 'train_loss_last', value: last.loss, n: last.tokens },
  ];
}

/** Share of right answers on the label that is recognised worst; n is how many items have it. */
function worstRecall(
  task: Task,
  rows: ReadonlyMap<string, TaskRow>,
  evaluation: Evaluation,
): readonly Figure[] {
  const items = judged(rows, evaluation.predictions).filter(({ row }) => hasKey(row));
  const byKey = new Map<string, (typeof items)[number][]>();
  for (const item of items) {
    const key = normaliseLabel(item.row.output);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [item]);
    else own.push(item);
  }
  const recalls = task.definition.labels.flatMap((label) => {
    const own = byKey.get(normaliseLabel(label)) ?? [];
    return meanFigure(
      'worst_label_recall',
      own.map(({ prediction }) => prediction.isExact),
    );
  });
  return recalls.toSorted((a, b) => a.value - b.value).slice(0, 1);
}

/** Answers that changed since `before` (case and surrounding white space aside), over the items that both have. */
function flips(evaluation: Evaluation, before: Evaluation | undefined): readonly Figure[] {
  const earlier = new Map((before?.predictions ?? []).map((prediction) => [prediction.id, prediction]));
  const pairs = evaluation.predictions.flatMap((now) => {
    const then = earlier.get(now.id);
    return then === undefined ? [] : [{ now, then }];
  });
  return [
    ...meanFigure(
      'label_flips',
      pairs.map(({ now, then }) => normaliseLabel(now.answer) !== normaliseLabel(then.answer)),
    ),
    ...meanFigure(
      'flips_to_right',
      pairs.map(({ now, then }) => now.isExact && !then.isExact),
    ),
    ...meanFigure(
      'flips_to_wrong',
      pairs.map(({ now, then }) => !now.isExact && then.isExact),
    ),
  ];
}

export const rowsOf = (task: Task, split: SplitName): ReadonlyMap<string, TaskRow> =>
  new Map(task.splits[split].map((row) => [row.id, row]));

/** The evaluation of the same split and mode. */
export const sameEvaluation = (
  round: RoundState | null,
  { split, mode }: Pick<Evaluation, 'split' | 'mode'>,
): Evaluation | undefined =>
  round?.evaluations.find((candidate) => candidate.split === split && candidate.mode === mode);

/** Diagnostics of an evaluation's answers; `before` is the same evaluation one round earlier. */
export function watchAnswers(
  task: Task,
  evaluation: Evaluation,
  before: Evaluation | undefined,
): readonly Figure[] {
  const { predictions, split, tokenEntropy } = evaluation;
  const n = predictions.length;
  if (n === 0) return [];
  const counts = countLabels(predictions.map(({ answer }) => normaliseLabel(answer)));
  return [
    { metric: 'answer_entropy', value: entropyOf(counts.map(([, count]) => count)), n },
    ...(tokenEntropy === null ? [] : [{ metric: 'token_entropy', value: tokenEntropy, n } as const]),
    ...worstRecall(task, rowsOf(task, split), evaluation),
    ...flips(evaluation, before),
  ];
}

/** Everything watched in a round: its samples, its training, and the answers to the probe few-shot, which every
 * teacher labels alike (without one, the first evaluation there is). */
export function watch(task: Task, round: RoundState, previous: RoundState | null): readonly Figure[] {
  const answers = sameEvaluation(round, { split: 'probe', mode: 'few-shot' }) ?? round.evaluations[0];
  return [
    ...watchSamples(task, round.samples),
    ...watchTraining(round.curve),
    ...(answers === undefined ? [] : watchAnswers(task, answers, sameEvaluation(previous, answers))),
  ];
}
