/** @file Floors that several scores share; each takes the rows that are scored. */
import type { Asked, Choice, KeyedRow } from './item.ts';
import { bestChoice, hasKey } from './item.ts';
import type { Floors } from './metric.ts';
import { mean } from './metric.ts';
import { normaliseLabel } from './metrics.ts';

/** Share of each right answer, by its normal form; empty of no rows. */
function keyShares(rows: readonly KeyedRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const keyed = rows.filter(hasKey);
  for (const { output } of keyed) {
    const answer = normaliseLabel(output);
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return new Map([...counts].map(([answer, count]) => [answer, count / keyed.length]));
}

/** Share of the commonest right answer; null of no rows. */
export function commonest(rows: readonly KeyedRow[]): number | null {
  let most: number | null = null;
  for (const share of keyShares(rows).values()) most = Math.max(most ?? 0, share);
  return most;
}

const countCorrect = (choices: readonly Choice[]): number => choices.filter(({ correct }) => correct).length;

/** The mean over the rows' choices of their chance of being taken for right, as `of` has it; null where none has any. */
function choiceChance(
  rows: readonly KeyedRow[],
  of: (choices: number, correct: number) => number,
): number | null {
  const chances = rows
    .filter(hasKey)
    .flatMap(({ choices = [] }) =>
      bestChoice(choices) < 0 ? [] : [of(choices.length, countCorrect(choices))],
    );
  return chances.length === 0 ? null : mean(chances);
}

/** Of an accuracy: labels have both floors; of choices, `of` is the chance of one drawn evenly. */
export const accuracyFloors =
  (of: (choices: number, correct: number) => number) =>
  (rows: readonly KeyedRow[], { kind, labels }: Asked): Floors =>
    kind === 'classification'
      ? { chance: labels.length === 0 ? null : 1 / labels.length, majority: commonest(rows) }
      : { chance: choiceChance(rows, of), majority: null };
