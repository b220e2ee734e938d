/**
 * @file Every score of an evaluation, in the order of tables. To add one: its module below scores/, and its line here.
 * Files, charts, schemas, the stopping knob and the docs go by this list.
 */
import type { Asked, KeyedRow, TaskKind } from './item.ts';
import type { Floors, Score } from './metric.ts';
import { NO_FLOORS } from './metric.ts';
import { answerLoss } from './scores/answer-loss.ts';
import { calibratedAccuracy, constrainedAccuracy } from './scores/constrained.ts';
import { exactMatch, exactMatchEasy, exactMatchHard, exactMatchMedium } from './scores/exact-match.ts';
import { macroF1 } from './scores/macro-f1.ts';
import { rougeLScore, tokenF1Score } from './scores/text-overlap.ts';
import { mc1, mc2 } from './scores/truthful-choice.ts';
import { accuracyGivenValid, validLabelRate } from './scores/validity.ts';

export const SCORES = [
  exactMatch,
  exactMatchEasy,
  exactMatchMedium,
  exactMatchHard,
  validLabelRate,
  accuracyGivenValid,
  constrainedAccuracy,
  calibratedAccuracy,
  macroF1,
  tokenF1Score,
  rougeLScore,
  mc1,
  mc2,
  answerLoss,
] as const;

type AnyScore = (typeof SCORES)[number];
export type ScoreName = AnyScore['name'];
/** What a task may name as its own metric. */
export type OwnMetric = Extract<AnyScore, { readonly ownOf: readonly TaskKind[] }>['name'];
/** What early stopping may go by. */
export type StopMetric = Extract<AnyScore, { readonly canStop: true }>['name'];

const BY_NAME = new Map<string, Score<ScoreName>>(SCORES.map((score) => [score.name, score]));
/** undefined: no score's name. */
export const scoreOf = (name: string): Score<ScoreName> | undefined => BY_NAME.get(name);

/** The scores that a task of this kind has. */
export const scoresOfKind = (kind: TaskKind): readonly Score<ScoreName>[] =>
  [...BY_NAME.values()].filter(({ kinds }) => kinds.includes(kind));

export const OWN_METRICS: readonly OwnMetric[] = SCORES.flatMap((score) =>
  'ownOf' in score ? [score.name] : [],
);
const [first = exactMatch.name, ...others] = SCORES.flatMap((score) =>
  'canStop' in score ? [score.name] : [],
);
export const STOP_METRICS: readonly [StopMetric, ...StopMetric[]] = [first, ...others];

/** @param rows the items that are scored, of whichever split; nulls where the kind or the metric has no such floor */
export function floors(asked: Asked, rows: readonly KeyedRow[], metric: string): Floors {
  const score = scoreOf(metric);
  return score?.kinds.includes(asked.kind) ? (score.floors?.(rows, asked) ?? NO_FLOORS) : NO_FLOORS;
}
