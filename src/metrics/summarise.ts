/**
 * @file An evaluation's predictions as figures: the scores that the task's kind has, each over the items that it can
 * judge (METHOD "Scores").
 */
import { LabError } from '../core/errors.ts';
import type { Asked, Item, KeyedRow, Prediction } from './item.ts';
import type { Figure, Score, Value } from './metric.ts';
import { meanOf } from './metric.ts';
import type { ScoreName } from './scores.ts';
import { scoreOf, scoresOfKind } from './scores.ts';

/** Each prediction with its row. @throws LabError `internal` for an item that the split has not. */
export function judged(rows: ReadonlyMap<string, KeyedRow>, predictions: readonly Prediction[]): Item[] {
  return predictions.map((prediction) => {
    const row = rows.get(prediction.id);
    if (row === undefined)
      throw new LabError('internal', `No row "${prediction.id}" in the evaluated split.`);
    return { row, prediction };
  });
}

const aggregate = ({ valueOf, aggregate: own }: Score, items: readonly Item[], asked: Asked): Value | null =>
  own === undefined
    ? meanOf(items.flatMap(({ prediction, row }) => valueOf(prediction, row, asked) ?? []))
    : own(items, asked);

type Answers = { readonly predictions: readonly Prediction[] } & Pick<Asked, 'contentFree'>;

const askedOf = ({ kind, labels }: Asked, { contentFree }: Answers): Asked => ({
  ...{ kind, labels },
  ...(contentFree === undefined ? {} : { contentFree }),
});

/** Each item's value by the metric; an item that it cannot judge has none, which is not a value of 0. */
export function itemValues(
  metric: string,
  task: Asked,
  rows: ReadonlyMap<string, KeyedRow>,
  evaluation: Answers,
): ReadonlyMap<string, number> {
  const asked = askedOf(task, evaluation);
  return new Map(
    evaluation.predictions.flatMap((prediction) => {
      const row = rows.get(prediction.id);
      const value = row === undefined ? undefined : scoreOf(metric)?.valueOf(prediction, row, asked);
      return value === null || value === undefined ? [] : [[prediction.id, value] as const];
    }),
  );
}

/** The scores of an evaluation. A metric is absent where no item can be judged by it: no key, no log-probabilities.
 * @throws LabError `internal` for a prediction whose item is not in `rows`. */
export function summarise(
  task: Asked,
  rows: ReadonlyMap<string, KeyedRow>,
  evaluation: Answers,
): readonly Figure<ScoreName>[] {
  const items = judged(rows, evaluation.predictions);
  const asked = askedOf(task, evaluation);
  return scoresOfKind(task.kind).flatMap((score) => {
    const found = aggregate(score, items, asked);
    return found === null ? [] : [{ metric: score.name, ...found }];
  });
}
