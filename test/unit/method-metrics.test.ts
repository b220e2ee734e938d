import { describe, expect, it } from 'vitest';
import {
  isExact,
  isValidLabel,
  normaliseLabel,
  normaliseSquad,
  rougeL,
  rougeLBest,
  tokenF1,
} from '../../src/metrics/metrics.ts';
import type { TaskRow } from '../../src/words/task.ts';

const row = (output: string, references?: readonly string[]): TaskRow => ({
  ...{ id: 'a', input: 'in', output },
  ...(references === undefined ? {} : { references }),
});

describe('normal forms', () => {
  it('compares labels without case and surrounding white space', () => {
    expect(normaliseLabel('  Very Good\n')).toBe('very good');
  });

  it.each([
    ['The  U.S.A., an ally', 'usa ally'],
    ["It's a dog-house!", 'its doghouse'],
    ['theatre and anthem', 'theatre and anthem'],
    ['a_the the_a the', 'athe thea'],
    ['Thé a été', 'thé été'],
    ['“quoted” a', '“quoted”'],
    ['the', ''],
  ])('normalises %j as SQuAD does', (text, normal) => {
    expect(normaliseSquad(text)).toBe(normal);
  });
});

describe('exact match', () => {
  it('takes a label whatever its case, and nothing that merely contains it', () => {
    expect(isExact('classification', ' Food', row('food'))).toBe(true);
    expect(isExact('classification', 'food.', row('food'))).toBe(false);
    expect(isExact('multiple-choice', 'Figs', row('figs'))).toBe(true);
  });

  it('takes any reference of a generated answer, articles and punctuation aside', () => {
    expect(isExact('generation', 'an Old oak!', row('a tree', ['the old oak']))).toBe(true);
    expect(isExact('generation', 'oak', row('a tree', ['the old oak']))).toBe(false);
  });

  it('ignores references outside generation', () => {
    expect(isExact('classification', 'b', row('a', ['b']))).toBe(false);
  });

  it.each(['classification', 'multiple-choice', 'generation'] as const)(
    'is false without a key (%s), even for an empty answer',
    (kind) => {
      expect(isExact(kind, '', row(''))).toBe(false);
    },
  );

  it('tells labels from other answers', () => {
    expect(isValidLabel(['yes', 'no'], ' NO ')).toBe(true);
    expect(isValidLabel(['yes', 'no'], 'nope')).toBe(false);
    expect(isValidLabel([], '')).toBe(false);
  });
});

describe('token F1', () => {
  it("is SQuAD's harmonic mean over words as multisets", () => {
    // Shared: cat, sat (once); precision 2/3, recall 2/4.
    expect(tokenF1('cat sat sat', ['The cat sat down here'])).toBeCloseTo(
      (2 * (2 / 3) * 0.5) / (2 / 3 + 0.5),
    );
  });

  it('takes the best reference and is 0 without any', () => {
    expect(tokenF1('red', ['blue', 'the red'])).toBe(1);
    expect(tokenF1('red', [])).toBe(0);
    expect(tokenF1('', ['red'])).toBe(0);
  });
});

describe('ROUGE-L', () => {
  it("agrees with rouge_score's own example", () => {
    // rouge_scorer_test: precision 1, recall 1/3 of 'testing' for 'testing one two'.
    expect(rougeL('testing', 'testing one two')).toBeCloseTo(0.5);
  });

  it('follows the order of words, unlike their overlap', () => {
    // Lin 2004: "police killed the gunman"; LCS of the first is 3, of the second 2.
    expect(rougeL('police kill the gunman', 'police killed the gunman')).toBeCloseTo(0.75);
    expect(rougeL('the gunman kill police', 'police killed the gunman')).toBeCloseTo(0.5);
  });

  it('sees lower-case letters and digits alone, as rouge_score does', () => {
    expect(rougeL("Don't STOP, now!", 'don t stop now')).toBe(1);
    expect(rougeL('naïve', 'na ve')).toBe(1);
  });

  it('falls back to Unicode words, and to characters where a script writes no spaces', () => {
    expect(rougeL('красный дом', 'Красный дом стоит')).toBeCloseTo(0.8);
    expect(rougeL('東京都', '東京')).toBeCloseTo(0.8);
    expect(rougeL('🙂 🙃', '🙂')).toBeCloseTo(2 / 3);
  });

  it('is 0 against nothing, and the best of many', () => {
    expect(rougeL('', 'word')).toBe(0);
    expect(rougeL('', '')).toBe(0);
    expect(rougeLBest('b c', ['a', 'b c d', 'c'])).toBeCloseTo(0.8);
    expect(rougeLBest('b', [])).toBe(0);
  });
});
