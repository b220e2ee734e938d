import { describe, expect, it } from 'vitest';
import { macroF1 } from '../../src/metrics/scores/macro-f1.ts';
import type { Prediction } from '../../src/metrics/item.ts';
import { definitionOf, predict, rowOf } from './method-toy.ts';

// scikit-learn 1.9.1: f1_score(keys, said, average='macro', labels=LABELS, zero_division=0) and average=None.
const LABELS = ['food', 'music', 'travel', 'sports'];
const PAIRS = [
  ['food', 'food'],
  ['food', 'music'],
  ['food', 'food'],
  ['music', 'music'],
  ['music', 'by train'],
  ['travel', 'travel'],
  ['travel', 'food'],
  ['food', ''],
  ['music', 'travel'],
  ['travel', 'travel'],
  ['food', 'food'],
  ['music', 'music'],
] as const;
const MACRO = 0.47619047619047616;
const ALWAYS_FOOD = 0.14705882352941177;

const asked = { ...definitionOf('classification'), labels: LABELS };
const itemsOf = (pairs: readonly (readonly [string, string])[], more: Partial<Prediction> = {}) =>
  pairs.map(([key, said], i) => {
    const row = rowOf(`r${i}`, key);
    return { row, prediction: predict(row, said, more) };
  });
const rows = itemsOf(PAIRS).map(({ row }) => row);

describe('macro F1', () => {
  it('is that of scikit-learn: no label is no prediction, a label that nobody says or has is 0', () => {
    const found = macroF1.aggregate(itemsOf(PAIRS), asked);
    expect(found?.value).toBeCloseTo(MACRO, 15);
    expect(found?.n).toBe(12);
    expect(MACRO).toBeCloseTo((2 / 3 + 4 / 7 + 2 / 3 + 0) / 4, 15);
  });

  it('takes an answer that did not stop for no label, whatever it says', () => {
    const cut = itemsOf([['food', 'food']], { isFinished: false, isExact: false });
    const [other] = itemsOf([['food', 'food']]);
    // One of two found: recall 1/2, precision 1.
    expect(macroF1.aggregate([...cut, ...(other === undefined ? [] : [other])], asked)?.value).toBeCloseTo(
      2 / 3 / 4,
      15,
    );
  });

  it('leaves out what has no key, and is not there without any', () => {
    expect(macroF1.aggregate(itemsOf([...PAIRS, ['', 'food']]), asked)?.value).toBeCloseTo(MACRO, 15);
    expect(macroF1.aggregate(itemsOf([['', 'food']]), asked)).toBeNull();
  });

  it('stands beside always saying the commonest label, and beside chance', () => {
    const { chance, majority } = macroF1.floors(rows, asked);
    expect(majority).toBeCloseTo(ALWAYS_FOOD, 15);
    // Of 12: 5 food, 4 music, 3 travel; each said by a quarter.
    const f1 = (share: number) => (2 * share * (1 / 4)) / (share + 1 / 4);
    expect(chance).toBeCloseTo((f1(5 / 12) + f1(4 / 12) + f1(3 / 12)) / 4, 15);
    expect(macroF1.floors([], asked)).toEqual({ chance: null, majority: null });
  });
});
