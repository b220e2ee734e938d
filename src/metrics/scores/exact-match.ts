/** @file Exact match, over all items and over those of one difficulty. */
import { accuracyFloors, commonest } from '../floors.ts';
import type { Asked, Difficulty, KeyedRow, Prediction } from '../item.ts';
import { hasKey } from '../item.ts';
import type { Floors, Score } from '../metric.ts';
import { NO_FLOORS, SHARE_SCORE } from '../metric.ts';

const valueOf = ({ isExact }: Prediction, row: KeyedRow): number | null =>
  hasKey(row) ? Number(isExact) : null;

const drawnEvenly = accuracyFloors((choices) => 1 / choices);

/** Where each item has choices of its own, one answer said always is right less often than chance: no floor. */
function floors(rows: readonly KeyedRow[], asked: Asked): Floors {
  if (asked.kind === 'generation') return NO_FLOORS;
  const { chance } = drawnEvenly(rows, asked);
  const majority = commonest(rows);
  const isFloor = asked.kind === 'classification' || (majority ?? 0) > (chance ?? 0);
  return { chance, majority: isFloor ? majority : null };
}

export const exactMatch = {
  ...SHARE_SCORE,
  name: 'exact_match',
  title: 'exact match',
  help: 'Free greedy answer equals the key (a generated one by SQuAD v1.1, any reference).',
  glossary: 'The share of answers that are, word for word, the right one.',
  kinds: ['classification', 'generation', 'multiple-choice'],
  ownOf: ['classification', 'generation'],
  isCharted: true,
  canStop: true,
  valueOf,
  floors,
} as const satisfies Score;

const onLevel = <const D extends Difficulty>(level: D) =>
  ({
    ...SHARE_SCORE,
    name: `exact_match_${level}`,
    title: `exact match ${level}`,
    help: `Exact match on the items marked ${level}.`,
    kinds: exactMatch.kinds,
    valueOf: (prediction, row) => (row.difficulty === level ? valueOf(prediction, row) : null),
    floors: (rows, asked) =>
      floors(
        rows.filter(({ difficulty }) => difficulty === level),
        asked,
      ),
  }) as const satisfies Score;

export const exactMatchEasy = onLevel('easy');
export const exactMatchMedium = onLevel('medium');
export const exactMatchHard = onLevel('hard');
