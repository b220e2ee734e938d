/**
 * @file An evaluation's predictions as figures: what applies to the task's kind, each a mean over the items that can
 * be judged (METHOD "Scores").
 */
import { LabError } from '../core/errors.ts';
import type { Evaluation, Prediction } from '../words/events.ts';
import type { Figure, MetricName } from './metric-table.ts';
import { meanFigure } from './metric-table.ts';
import { hasKey, isValidLabel, normaliseLabel, rougeLBest, tokenF1 } from './metrics.ts';
import type { Choice, Difficulty, TaskDefinition, TaskRow } from '../words/task.ts';
import { rightAnswers } from '../words/task.ts';

interface Judged {
  readonly row: TaskRow;
  readonly prediction: Prediction;
}

const DIFFICULTIES: Readonly<Record<Difficulty, MetricName>> = {
  easy: 'exact_match_easy',
  medium: 'exact_match_medium',
  hard: 'exact_match_hard',
};

/** Index of the highest value, the first of equals; -1 of none. */
function argmax(values: readonly number[]): number {
  let best = -1;
  for (const [i, value] of values.entries()) if (best < 0 || value > (values[best] ?? value)) best = i;
  return best;
}

/** Each prediction with its row. @throws LabError `internal` for an item that the split has not. */
export function judged(rows: ReadonlyMap<string, TaskRow>, predictions: readonly Prediction[]): Judged[] {
  return predictions.map((prediction) => {
    const row = rows.get(prediction.id);
    if (row === undefined)
      throw new LabError('internal', `No row "${prediction.id}" in the evaluated split.`);
    return { row, prediction };
  });
}

/** Index of the label that is the row's key, -1 where it is none. */
const keyIndex = (labels: readonly string[], row: TaskRow): number =>
  labels.findIndex((label) => normaliseLabel(label) === normaliseLabel(row.output));

function exactMatch(items: readonly Judged[]): readonly Figure[] {
  const keyed = items.filter(({ row }) => hasKey(row));
  const figures = [
    ...meanFigure(
      'exact_match',
      keyed.map(({ prediction }) => prediction.isExact),
    ),
  ];
  for (const [difficulty, metric] of Object.entries(DIFFICULTIES)) {
    const level = keyed.filter(({ row }) => row.difficulty === difficulty);
    figures.push(
      ...meanFigure(
        metric,
        level.map(({ prediction }) => prediction.isExact),
      ),
    );
  }
  return figures;
}

/** Format apart from knowledge: how many answers are an option at all, stop included, and how many of those are right. */
function validity(
  items: readonly Judged[],
  optionsOf: (row: TaskRow) => readonly string[],
): readonly Figure[] {
  const valid = items.filter(
    ({ row, prediction }) => prediction.isFinished && isValidLabel(optionsOf(row), prediction.answer),
  );
  const keyed = valid.filter(({ row }) => hasKey(row));
  return [
    ...(items.length === 0
      ? []
      : [{ metric: 'valid_label_rate', value: valid.length / items.length, n: items.length } as const]),
    ...meanFigure(
      'accuracy_given_valid',
      keyed.map(({ prediction }) => prediction.isExact),
    ),
  ];
}

/** The summed log-probabilities of a prediction, where there is one for each of `options`. */
const logprobsOf = ({ labelLogprobs }: Prediction, options: readonly unknown[]): readonly number[] | null =>
  labelLogprobs !== undefined && labelLogprobs.length > 0 && labelLogprobs.length === options.length
    ? labelLogprobs
    : null;

/** Index of the choice that MC1 asks for: the one marked best, else the first correct one; -1 where none is. */
export function bestChoice(choices: readonly Choice[]): number {
  const marked = choices.findIndex(({ correct, best }) => correct && best === true);
  return marked >= 0 ? marked : choices.findIndex(({ correct }) => correct);
}

/** Whether the most likely label (or choice) is the key (a correct one); null where that cannot be judged. */
export function isConstrainedRight(
  { kind, labels }: Pick<TaskDefinition, 'kind' | 'labels'>,
  row: TaskRow,
  prediction: Prediction,
): boolean | null {
  if (kind === 'generation') return null;
  const choices = row.choices ?? [];
  const isChoice = kind === 'multiple-choice';
  const logprobs = logprobsOf(prediction, isChoice ? choices : labels);
  if (logprobs === null || (isChoice ? bestChoice(choices) : keyIndex(labels, row)) < 0) return null;
  const said = argmax(logprobs);
  return isChoice ? choices[said]?.correct === true : said === keyIndex(labels, row);
}

/** Constrained accuracy over the items that can be judged. */
const constrainedAccuracy = (definition: TaskDefinition, items: readonly Judged[]): readonly Figure[] =>
  meanFigure(
    'constrained_accuracy',
    items.flatMap(({ row, prediction }) => isConstrainedRight(definition, row, prediction) ?? []),
  );

function labelScores(
  labels: readonly string[],
  items: readonly Judged[],
  contentFree: readonly number[] | undefined,
): readonly Figure[] {
  const calibrated: boolean[] = [];
  const losses: number[] = [];
  for (const { row, prediction } of items) {
    const logprobs = logprobsOf(prediction, labels);
    const key = keyIndex(labels, row);
    if (logprobs === null || key < 0) continue;
    losses.push(-(logprobs[key] ?? 0));
    if (contentFree?.length !== labels.length) continue;
    calibrated.push(argmax(logprobs.map((logprob, i) => logprob - (contentFree[i] ?? 0))) === key);
  }
  return [...meanFigure('calibrated_accuracy', calibrated), ...meanFigure('answer_loss', losses)];
}

/** Lin et al. 2022 (TruthfulQA), arXiv 2109.07958: MC1 and MC2 over summed log-probabilities. */
function choiceScores(items: readonly Judged[]): readonly Figure[] {
  const first: boolean[] = [];
  const mass: number[] = [];
  const losses: number[] = [];
  for (const { row, prediction } of items) {
    const choices = row.choices ?? [];
    const logprobs = logprobsOf(prediction, choices);
    const best = bestChoice(choices);
    if (logprobs === null || best < 0) continue;
    const own = logprobs[best] ?? -Infinity;
    const highest = Math.max(...logprobs);
    const masses = logprobs.map((logprob) => Math.exp(logprob - highest));
    const massOf = (wanted: (choice: Choice) => boolean): number =>
      choices.reduce((total, choice, i) => total + (wanted(choice) ? (masses[i] ?? 0) : 0), 0);
    first.push(choices.every(({ correct }, i) => correct || own > (logprobs[i] ?? -Infinity)));
    mass.push(massOf(({ correct }) => correct) / massOf(() => true));
    losses.push(-own);
  }
  return [...meanFigure('mc1', first), ...meanFigure('mc2', mass), ...meanFigure('answer_loss', losses)];
}

function textScores(items: readonly Judged[]): readonly Figure[] {
  const keyed = items.filter(({ row }) => hasKey(row));
  const over = (score: (answer: string, references: readonly string[]) => number): number[] =>
    keyed.map(({ row, prediction }) => score(prediction.answer, rightAnswers(row)));
  return [...meanFigure('token_f1', over(tokenF1)), ...meanFigure('rouge_l', over(rougeLBest))];
}

/** The scores of an evaluation. A metric is absent where no item can be judged by it: no key, no log-probabilities.
 * `answer_loss` stands beside the constrained scores, as the loss that the answer's log-probabilities give.
 * @throws LabError `internal` for a prediction whose item is not in `rows`. */
export function summarise(
  definition: TaskDefinition,
  rows: ReadonlyMap<string, TaskRow>,
  evaluation: Evaluation,
): readonly Figure[] {
  const items = judged(rows, evaluation.predictions);
  switch (definition.kind) {
    case 'classification': {
      const { labels } = definition;
      return [
        ...exactMatch(items),
        ...validity(items, () => labels),
        ...constrainedAccuracy(definition, items),
        ...labelScores(labels, items, evaluation.contentFree),
      ];
    }
    case 'multiple-choice':
      return [
        ...exactMatch(items),
        ...validity(items, ({ choices = [] }) => choices.map(({ text }) => text)),
        ...constrainedAccuracy(definition, items),
        ...choiceScores(items),
      ];
    case 'generation':
      return [...exactMatch(items), ...textScores(items)];
  }
}
