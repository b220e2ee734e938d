/**
 * @file Three things that go wrong have three names (METHOD): overfitting, error accumulation, collapse. A finding
 * carries the figures that triggered it, so that a person can disagree.
 */
import type { Evaluation, Mode, EvaluatedSplit, Prediction } from '../words/events.ts';
import { countLabels } from '../method/filters.ts';
import { hasKey } from '../metrics/item.ts';
import { normaliseLabel } from '../metrics/metrics.ts';
import type { RoundState, RunState } from '../method/state.ts';
import { pairedItems } from '../metrics/statistics.ts';
import type { Task, TaskRow } from '../words/task.ts';
import { answerEntropy } from './diagnostics/answers.ts';
import type { MetricName } from './metrics.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

export interface FindingFigure {
  readonly metric: MetricName;
  readonly split: EvaluatedSplit;
  readonly mode: Mode | null;
  /** In the round compared with (of a training: its first step). */
  readonly before: number;
  readonly after: number;
  /** Paired standard error of after - before; null where the figure has none. */
  readonly standardError: number | null;
  /** It is over the items of this label alone; absent: over all that its metric takes. */
  readonly label?: string;
}

export interface Finding {
  readonly trouble: 'overfitting' | 'error-accumulation' | 'collapse';
  /** Where it shows. */
  readonly round: number;
  /** The round it is compared with. */
  readonly against: number;
  readonly figures: readonly FindingFigure[];
}

/** A fall counts when it exceeds this many paired standard errors: about 1 in 40 by chance. */
const ERRORS = 2;
/** Entropy of the answers has fallen when less than this share of it is left. */
const ENTROPY_LEFT = 0.9;

interface Fall {
  readonly against: number;
  readonly figure: FindingFigure;
}

/** The exact matches of the items that `isWanted` takes. */
const matches = (
  { predictions }: Evaluation,
  isWanted: (prediction: Prediction) => boolean,
): ReadonlyMap<string, number> =>
  new Map(predictions.filter(isWanted).map(({ id, isExact }) => [id, Number(isExact)]));

/** A fall of exact match in `round` below the best earlier round, if it is more than chance; of fewer than LEAST_PAIRS
 * items nothing can be said. */
function fallOf(
  rounds: readonly RoundState[],
  round: RoundState,
  where: { readonly split: EvaluatedSplit; readonly mode: Mode },
  metric: MetricName,
  isWanted: (prediction: Prediction) => boolean = () => true,
): Fall | null {
  const now = sameEvaluation(round, where);
  if (now === undefined) return null;
  let best: Fall | null = null;
  for (const earlier of rounds.filter(({ round: number }) => number < round.round)) {
    const then = sameEvaluation(earlier, where);
    if (then === undefined) continue;
    const paired = pairedItems(matches(now, isWanted), matches(then, isWanted));
    if (paired === null) continue;
    const { a: after, b: before, standardError } = paired;
    if (best === null || before > best.figure.before)
      best = { against: earlier.round, figure: { metric, ...where, before, after, standardError } };
  }
  if (best === null) return null;
  const { before, after, standardError } = best.figure;
  return standardError !== null && before - after > ERRORS * standardError ? best : null;
}

/** Validation falls while the loss of the very training that led there falls. */
function overfitting(rounds: readonly RoundState[], round: RoundState): Finding | null {
  const fall = fallOf(rounds, round, { split: 'validation', mode: 'zero-shot' }, 'exact_match');
  const before = round.curve[0]?.loss;
  const after = round.curve.at(-1)?.loss;
  if (fall === null || before === undefined || after === undefined || after >= before) return null;
  const loss = { metric: 'train_loss_last', split: 'prompts', mode: null, before, after } as const;
  return {
    trouble: 'overfitting',
    round: round.round,
    against: fall.against,
    figures: [fall.figure, { ...loss, standardError: null }],
  };
}

/** The teacher's accuracy on the probe, labelled few-shot with fixed demonstrations, falls. */
function errorAccumulation(rounds: readonly RoundState[], round: RoundState): Finding | null {
  const fall = fallOf(rounds, round, { split: 'probe', mode: 'few-shot' }, 'exact_match');
  return fall === null
    ? null
    : { trouble: 'error-accumulation', round: round.round, against: fall.against, figures: [fall.figure] };
}

/** Items with rare cues: the hard ones; where no row has a difficulty, those of the label least answered now. */
function rareItems(rows: ReadonlyMap<string, TaskRow>, evaluation: Evaluation, labels: readonly string[]) {
  const keyed = [...rows.values()].filter(hasKey);
  if (keyed.some(({ difficulty }) => difficulty !== undefined)) {
    return {
      metric: 'exact_match_hard',
      isWanted: ({ id }: Prediction) => rows.get(id)?.difficulty === 'hard',
    } as const;
  }
  const counts = new Map(countLabels(evaluation.predictions.map(({ answer }) => normaliseLabel(answer))));
  const said = (label: string): number => counts.get(normaliseLabel(label)) ?? 0;
  const rarest = labels.toSorted((a, b) => said(a) - said(b))[0];
  return rarest === undefined
    ? null
    : ({
        metric: 'worst_label_recall',
        label: rarest,
        isWanted: ({ id }: Prediction) =>
          normaliseLabel(rows.get(id)?.output ?? '') === normaliseLabel(rarest),
      } as const);
}

/** Entropy of the answers and accuracy on rare cues fall, both, zero-shot on the probe or else the test items. */
function collapse(task: Task, rounds: readonly RoundState[], round: RoundState): Finding | null {
  const places = [
    { split: 'test', mode: 'zero-shot' },
    { split: 'probe', mode: 'few-shot' },
  ] as const;
  for (const where of places) {
    const now = sameEvaluation(round, where);
    if (now === undefined) continue;
    const rare = rareItems(rowsOf(task, where.split), now, task.definition.labels);
    const fall = rare === null ? null : fallOf(rounds, round, where, rare.metric, rare.isWanted);
    if (fall === null) continue;
    const then = rounds.find((candidate) => candidate.round === fall.against) ?? null;
    const entropy = (evaluation: Evaluation | undefined): number | undefined =>
      evaluation === undefined ? undefined : answerEntropy(evaluation);
    const before = entropy(sameEvaluation(then, where));
    const after = entropy(now);
    if (before === undefined || after === undefined || after >= ENTROPY_LEFT * before) continue;
    const figure = { metric: 'answer_entropy', ...where, before, after, standardError: null } as const;
    const accuracy =
      rare === null || !('label' in rare) ? fall.figure : { ...fall.figure, label: rare.label };
    return { trouble: 'collapse', round: round.round, against: fall.against, figures: [figure, accuracy] };
  }
  return null;
}

/**
 * The troubles of a run, by round. Accuracies are compared with the best earlier round, the base included, and a fall
 * counts when it exceeds two paired standard errors; answers' entropy has fallen when under 90% of that round's is
 * left. Hints to look, not tests: rounds are many and none is corrected for.
 */
export function diagnose(task: Task, state: RunState): readonly Finding[] {
  const { rounds } = state;
  return rounds
    .filter(({ round }) => round > 0)
    .flatMap((round) => [
      overfitting(rounds, round),
      errorAccumulation(rounds, round),
      collapse(task, rounds, round),
    ])
    .filter((finding) => finding !== null);
}
