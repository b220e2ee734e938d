/**
 * @file Every metric that results.jsonl may name, once: what it is, which direction is better, its range. Scores are of
 * an evaluation (summarise.ts), diagnostics of a round's samples, training or answers (watch.ts).
 */

export interface MetricFacts {
  readonly kind: 'score' | 'diagnostic';
  /** One line. */
  readonly help: string;
  /** `neither` where more is not better by itself. */
  readonly better: 'higher' | 'lower' | 'neither';
  /** null: without an upper bound. */
  readonly range: readonly [number, number | null];
}

const share = [0, 1] as const;
const open = [0, null] as const;
const score = (help: string): MetricFacts => ({ kind: 'score', help, better: 'higher', range: share });
const diagnostic = (
  help: string,
  range: MetricFacts['range'],
  better: MetricFacts['better'] = 'neither',
): MetricFacts => ({ kind: 'diagnostic', help, better, range });
const dropped = (why: string): MetricFacts =>
  diagnostic(`Share of the labelled samples dropped: ${why}.`, share);

export const METRICS = {
  exact_match: score('Free greedy answer equals the key (a generated one by SQuAD v1.1, any reference).'),
  exact_match_easy: score('Exact match on the items marked easy.'),
  exact_match_medium: score('Exact match on the items marked medium.'),
  exact_match_hard: score('Exact match on the items marked hard.'),
  valid_label_rate: score('Share of free answers that are a label (or a choice) at all.'),
  accuracy_given_valid: score('Exact match among the answers that are a label at all.'),
  constrained_accuracy: score('The label (or choice) with the highest summed log-probability is right.'),
  calibrated_accuracy: score(
    "Constrained accuracy after subtracting each label's content-free log-probability.",
  ),
  token_f1: score("SQuAD's F1 of the words, best reference."),
  rouge_l: score('ROUGE-L F-measure, no stemming, best reference.'),
  mc1: score('The best answer has a higher log-probability than every incorrect one.'),
  mc2: score('Probability mass of the correct choices among all choices.'),

  self_label_accuracy: diagnostic('Self-labels that equal the hidden key, before filters.', share, 'higher'),
  kept_label_accuracy: diagnostic('Self-labels that equal the hidden key, after filters.', share, 'higher'),
  kept_share: diagnostic('Share of the labelled samples that the filters kept.', share),
  dropped_empty: dropped('empty'),
  dropped_unfinished: dropped('no stop within the limit'),
  dropped_repeats: dropped('repeated n-grams'),
  dropped_copies: dropped("a demonstration's answer again"),
  dropped_outside_labels: dropped('not a label'),
  dropped_perplexity: dropped('perplexity above the bound'),
  dropped_near_duplicate: dropped('too near to what is there'),
  dropped_too_short: dropped('too short'),
  label_entropy: diagnostic('Entropy of the distribution of self-labels, before filters, nats.', open),
  kept_label_entropy: diagnostic('Entropy of the distribution of self-labels, after filters, nats.', open),
  majority_share: diagnostic('Share of the most frequent self-label, before filters.', share),
  kept_majority_share: diagnostic('Share of the most frequent self-label, after filters.', share),
  answer_tokens: diagnostic(
    'Mean length of an answer, tokens with the stop (words where none are known).',
    open,
  ),
  distinct_1: diagnostic('Different words among all words of the answers.', share),
  distinct_2: diagnostic('Different word pairs among all word pairs of the answers.', share),
  perplexity_mean: diagnostic('Mean perplexity of the self-labels.', [1, null]),
  perplexity_median: diagnostic('Median perplexity of the self-labels.', [1, null]),
  ranked_perplexity: diagnostic("Mean of the base's perplexity that the part was ranked by (SOFT+).", [
    1,
    null,
  ]),
  ranked_tokens: diagnostic(
    'Mean length of the answers that the part was ranked by, tokens with the stop.',
    open,
  ),
  demonstration_leakage: diagnostic(
    "Share of self-labels that are wrong and equal to an answer among the prompt's own demonstrations.",
    share,
    'lower',
  ),
  train_loss_first: diagnostic("Loss of the training's first step, nats per token.", open),
  train_loss_last: diagnostic("Loss of the training's last step, nats per token.", open, 'lower'),
  answer_loss: diagnostic(
    'Mean negative summed log-probability of the right label or choice with its stop, nats per item.',
    open,
    'lower',
  ),
  answer_entropy: diagnostic("Entropy of the distribution of an evaluation's answers, nats.", open),
  token_entropy: diagnostic(
    'Mean entropy of the distributions that answer tokens were read from, nats.',
    open,
  ),
  worst_label_recall: diagnostic('Exact match on the label that is recognised worst.', share, 'higher'),
  label_flips: diagnostic('Share of answers that differ from the round before.', share),
  flips_to_right: diagnostic('Share of items wrong in the round before and right now.', share, 'higher'),
  flips_to_wrong: diagnostic('Share of items right in the round before and wrong now.', share, 'lower'),
} as const satisfies Record<string, MetricFacts>;

export type MetricName = keyof typeof METRICS;

/** A figure and how many items it is a mean over. */
export interface Figure {
  readonly metric: MetricName;
  readonly value: number;
  /** The denominator. */
  readonly n: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** The mean of the values as a figure; nothing where there are none. */
export const meanFigure = (metric: MetricName, values: readonly (number | boolean)[]): readonly Figure[] =>
  values.length === 0 ? [] : [{ metric, value: mean(values.map(Number)), n: values.length }];
