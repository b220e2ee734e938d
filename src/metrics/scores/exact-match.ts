/** @file Exact match, over all items and over those of one difficulty. */
import { choiceChance, commonest, labelChance } from '../floors.ts';
import type { Asked, Difficulty, KeyedRow, Prediction } from '../item.ts';
import { hasKey } from '../item.ts';
import type { Floors, Score } from '../metric.ts';
import { NO_FLOORS, SHARE_SCORE } from '../metric.ts';

const valueOf = ({ isExact }: Prediction, row: KeyedRow): number | null =>
  hasKey(row) ? Number(isExact) : null;

/** Where each item has choices of its own, one answer said always is right less often than chance: no floor. */
function floors(rows: readonly KeyedRow[], { kind, labels }: Asked): Floors {
  switch (kind) {
    case 'classification':
      return { chance: labelChance(labels), majority: commonest(rows) };
    case 'multiple-choice': {
      const chance = choiceChance(rows, (choices) => 1 / choices);
      const majority = commonest(rows);
      return { chance, majority: majority !== null && majority > (chance ?? 0) ? majority : null };
    }
    case 'generation':
      return NO_FLOORS;
  }
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
