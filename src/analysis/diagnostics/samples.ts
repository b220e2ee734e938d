/** @file Diagnostics of a round's self-labels, dropped ones included where the name does not say "kept". */
import { median } from '../../core/median.ts';
import { countLabels } from '../../method/filters.ts';
import { bucketAccount } from '../../method/order.ts';
import type { Value } from '../../metrics/metric.ts';
import { meanOf } from '../../metrics/metric.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { Ranked, Sample, Verdict } from '../../words/events.ts';
import type { Task } from '../../words/task.ts';
import { distinctN, entropyOf, wordsOf } from './counts.ts';
import { NATS, PERPLEXITY, SHARE, TOKENS, readerOf } from './diagnostic.ts';

export interface Labelled {
  readonly task: Task;
  /** At least one. */
  readonly samples: readonly Sample[];
  /** What SOFT+ ranked the prompts by. */
  readonly ranking: readonly Ranked[] | null;
}

const diagnostic = readerOf<Labelled>();

const kept = ({ samples }: Labelled): readonly Sample[] =>
  samples.filter(({ verdict }) => verdict === 'kept');
const right = (samples: readonly Sample[]): Value | null =>
  meanOf(samples.flatMap(({ isRight }) => (isRight === null ? [] : [isRight])));

/** Of all samples; null where none was dropped for it. */
const dropped = <const Name extends string>(name: Name, why: string, wanted: Verdict) =>
  diagnostic(name, SHARE, `Share of the labelled samples dropped: ${why}.`, ({ samples }) => {
    const count = samples.filter(({ verdict }) => verdict === wanted).length;
    return count === 0 ? null : { value: count / samples.length, n: samples.length };
  });

/** How often each answer stands there, the most frequent first; null of no samples. */
const ofCounts = (samples: readonly Sample[], value: (counts: readonly number[]) => number): Value | null => {
  const counts = countLabels(samples.map(({ answer }) => normaliseLabel(answer))).map(([, count]) => count);
  return samples.length === 0 ? null : { value: value(counts), n: samples.length };
};
const majority = (samples: readonly Sample[]): Value | null =>
  ofCounts(samples, ([most = 0]) => most / samples.length);

const perplexities = ({ samples }: Labelled): readonly number[] =>
  samples.flatMap(({ perplexity }) => perplexity ?? []);

/** Of the ranked prompts among the samples. */
const ranked =
  (wanted: 'perplexity' | 'tokens') =>
  ({ ranking, samples }: Labelled): Value | null => {
    if (ranking === null) return null;
    const ids = new Set(samples.map(({ id }) => id));
    const value = bucketAccount(ranking, [[...ids]])[0]?.[wanted] ?? null;
    return value === null ? null : { value, n: ranking.filter(({ id }) => ids.has(id)).length };
  };

/**
 * Of all samples that had demonstrations and whose key is known, the share whose answer is wrong and equals an answer
 * among its own demonstrations (case and surrounding white space aside). In classification a wrong label among the
 * demonstrations may be there by chance: compare rounds and arms of one task, not tasks.
 */
function leakage({ task, samples }: Labelled): Value | null {
  const pool = new Map(task.splits.pool.map((row) => [row.id, row]));
  const shown = samples.filter(
    ({ demonstrations, isRight }) => demonstrations.length > 0 && isRight !== null,
  );
  return meanOf(
    shown.map(({ demonstrations, answer, isRight }) => {
      const said = normaliseLabel(answer);
      const isThere = demonstrations.some((id) => normaliseLabel(pool.get(id)?.output ?? '') === said);
      return isRight === false && said !== '' && isThere;
    }),
  );
}

export const OF_SAMPLES = [
  diagnostic(
    'self_label_accuracy',
    { ...SHARE, better: 'higher' },
    'Self-labels that equal the hidden key, before filters.',
    ({ samples }) => right(samples),
  ),
  diagnostic(
    'kept_label_accuracy',
    { ...SHARE, better: 'higher' },
    'Self-labels that equal the hidden key, after filters.',
    (round) => right(kept(round)),
  ),
  diagnostic('kept_share', SHARE, 'Share of the labelled samples that the filters kept.', ({ samples }) =>
    meanOf(samples.map(({ verdict }) => verdict === 'kept')),
  ),
  dropped('dropped_empty', 'empty', 'empty'),
  dropped('dropped_unfinished', 'no stop within the limit', 'unfinished'),
  dropped('dropped_repeats', 'repeated n-grams', 'repeats'),
  dropped('dropped_copies', "a demonstration's answer again", 'copies'),
  dropped('dropped_outside_labels', 'not a label', 'outside-labels'),
  dropped('dropped_perplexity', 'perplexity above the bound', 'perplexity'),
  dropped('dropped_disputed', 'too few draws agree', 'disputed'),
  dropped('dropped_near_duplicate', 'too near to what is there', 'near-duplicate'),
  dropped('dropped_too_short', 'too short', 'too-short'),
  diagnostic(
    'label_entropy',
    NATS,
    'Entropy of the distribution of self-labels, before filters, nats.',
    ({ samples }) => ofCounts(samples, entropyOf),
  ),
  diagnostic(
    'kept_label_entropy',
    NATS,
    'Entropy of the distribution of self-labels, after filters, nats.',
    (round) => ofCounts(kept(round), entropyOf),
  ),
  diagnostic(
    'majority_share',
    SHARE,
    'Share of the most frequent self-label, before filters.',
    ({ samples }) => majority(samples),
  ),
  diagnostic('kept_majority_share', SHARE, 'Share of the most frequent self-label, after filters.', (round) =>
    majority(kept(round)),
  ),
  diagnostic(
    'answer_tokens',
    TOKENS,
    'Mean length of an answer, tokens with the stop (words where none are known).',
    ({ samples }) =>
      meanOf(samples.map(({ ids, answer }) => (ids.length > 0 ? ids.length : wordsOf(answer).length))),
  ),
  diagnostic('distinct_1', SHARE, 'Different words among all words of the answers.', ({ samples }) =>
    distinctN(
      samples.map(({ answer }) => answer),
      1,
    ),
  ),
  diagnostic(
    'distinct_2',
    SHARE,
    'Different word pairs among all word pairs of the answers.',
    ({ samples }) =>
      distinctN(
        samples.map(({ answer }) => answer),
        2,
      ),
  ),
  diagnostic('perplexity_mean', PERPLEXITY, 'Mean perplexity of the self-labels.', (round) =>
    meanOf(perplexities(round)),
  ),
  diagnostic('perplexity_median', PERPLEXITY, 'Median perplexity of the self-labels.', (round) => {
    const values = perplexities(round);
    return values.length === 0 ? null : { value: median(values), n: values.length };
  }),
  diagnostic(
    'ranked_perplexity',
    PERPLEXITY,
    "Mean of the base's perplexity that the part was ranked by (SOFT+).",
    ranked('perplexity'),
  ),
  diagnostic(
    'ranked_tokens',
    TOKENS,
    'Mean length of the answers that the part was ranked by, tokens with the stop.',
    ranked('tokens'),
  ),
  diagnostic(
    'demonstration_leakage',
    { ...SHARE, better: 'lower' },
    "Share of self-labels that are wrong and equal to an answer among the prompt's own demonstrations.",
    leakage,
  ),
] as const;
