import { describe, expect, it } from 'vitest';
import type { Draft } from '../../src/method/filters.ts';
import { filterAccount, repeatsItself, verdictOf } from '../../src/method/filters.ts';
import { knobs } from '../../src/words/knobs.ts';
import { definitionOf, sampleOf } from './method-toy.ts';

const draft = (answer: string, more: Partial<Draft> = {}): Draft => ({
  ...{ answer, finishReason: 'stop-string', ids: [4, 9, 1], perplexity: 1.5, demonstrationAnswers: [] },
  ...more,
});
const classification = definitionOf('classification');
const generation = definitionOf('generation');
const defaults = knobs();

it('drops a label that too few of the votes agree on', () => {
  const agreed = { ...defaults, minAgreement: 0.6 };
  expect(verdictOf(draft('food', { agreement: 0.5 }), classification, agreed)).toBe('disputed');
  expect(verdictOf(draft('food', { agreement: 0.6 }), classification, agreed)).toBe('kept');
  expect(verdictOf(draft('food'), classification, agreed)).toBe('kept');
  expect(verdictOf(draft('food', { agreement: 0.1 }), classification, defaults)).toBe('kept');
});

describe('the degenerate filter', () => {
  it('keeps an ordinary answer, even one outside the labels', () => {
    expect(verdictOf(draft('food'), classification, defaults)).toBe('kept');
    expect(verdictOf(draft('gardening'), classification, defaults)).toBe('kept');
  });

  it('drops an empty answer and one that found no stop', () => {
    expect(verdictOf(draft('  '), classification, defaults)).toBe('empty');
    expect(verdictOf(draft('food', { finishReason: 'length' }), classification, defaults)).toBe('unfinished');
  });

  it('drops an answer that repeats itself', () => {
    const ids = [7, 8, 7, 8, 7, 8, 7, 8, 1];
    expect(verdictOf(draft('so it so it', { ids }), generation, defaults)).toBe('repeats');
  });

  it('counts words where no tokens are known', () => {
    const text = 'ha '.repeat(9).trim();
    expect(verdictOf(draft(text, { ids: [] }), generation, defaults)).toBe('repeats');
  });

  it("drops a demonstration's answer in generation only", () => {
    const demonstrationAnswers = ['an Oak', 'a pine'];
    expect(verdictOf(draft('The oak.', { demonstrationAnswers }), generation, defaults)).toBe('copies');
    expect(verdictOf(draft('The elm.', { demonstrationAnswers }), generation, defaults)).toBe('kept');
    expect(verdictOf(draft('food', { demonstrationAnswers: ['food'] }), classification, defaults)).toBe(
      'kept',
    );
  });

  it('does not take two different answers without words for copies', () => {
    expect(verdictOf(draft('!', { demonstrationAnswers: ['?'] }), generation, defaults)).toBe('kept');
  });

  it('drops nothing when switched off', () => {
    const off = knobs({ degenerateFilter: false });
    expect(verdictOf(draft('', { finishReason: 'length' }), classification, off)).toBe('kept');
  });
});

describe('the other filters', () => {
  it('drop answers outside the labels when asked to, in classification only', () => {
    const on = knobs({ labelSetFilter: true });
    expect(verdictOf(draft('gardening'), classification, on)).toBe('outside-labels');
    expect(verdictOf(draft('Food'), classification, on)).toBe('kept');
    expect(verdictOf(draft('gardening'), generation, on)).toBe('kept');
  });

  it('drop answers above the perplexity bound, and leave those without a perplexity', () => {
    const on = knobs({ maxPerplexity: 2 });
    expect(verdictOf(draft('food', { perplexity: 2.01 }), classification, on)).toBe('perplexity');
    expect(verdictOf(draft('food', { perplexity: 2 }), classification, on)).toBe('kept');
    expect(verdictOf(draft('food', { perplexity: null }), classification, on)).toBe('kept');
    expect(verdictOf(draft('food', { perplexity: 999 }), classification, defaults)).toBe('kept');
  });
});

describe('repetition', () => {
  const words = (text: string) => repeatsItself(text.split(' '));

  it('never hits an answer of fewer than eight tokens', () => {
    expect(repeatsItself([3, 3, 3, 3, 3, 3, 3])).toBe(false);
    expect(words('no no no')).toBe(false);
    expect(words('1 0 0 0 0 0 0')).toBe(false);
  });

  it('leaves figures of speech alone', () => {
    expect(words('she ran and ran and ran until the rain and the wind and the sea were still')).toBe(false);
    expect(words('the dog saw the cat and the cat saw the dog and then they both went home')).toBe(false);
  });

  it('hits a block that stands three times in a row, wherever it stands', () => {
    expect(words('well then he said it was he said it was he said it was fine')).toBe(true);
    expect(words('x x x x x x x x')).toBe(true);
  });

  it('does not hit two times, however long the block', () => {
    const block = Array.from({ length: 10 }, (_, i) => i);
    expect(repeatsItself([...block, ...block])).toBe(false);
    expect(repeatsItself([...block, ...block, ...block])).toBe(true);
  });

  it('hits a loop that is not exact', () => {
    const steady = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const loop = [91, 92, 93, 94, 95].flatMap((counter) => [...steady, counter]);
    const exact = Array.from({ length: loop.length }, (_, i) => i);
    expect(repeatsItself(exact)).toBe(false);
    expect(repeatsItself(loop)).toBe(true);
  });
});

describe('the account of the filters', () => {
  const account = filterAccount([
    sampleOf('1', 'food', 'food'),
    sampleOf('2', 'Food ', 'music'),
    sampleOf('3', 'music', 'music'),
    sampleOf('4', '', 'travel', { verdict: 'empty' }),
    sampleOf('5', 'food', '', { verdict: 'perplexity' }),
  ]);

  it('tells count, accuracy and label balance before and after', () => {
    expect(account.before).toEqual({
      ...{ count: 5, accuracy: 2 / 4 },
      labels: [
        ['food', 3],
        ['', 1],
        ['music', 1],
      ],
    });
    expect(account.after).toEqual({
      ...{ count: 3, accuracy: 2 / 3 },
      labels: [
        ['food', 2],
        ['music', 1],
      ],
    });
  });

  it('tells the same of each reason to drop, and null where no key is known', () => {
    expect([...account.dropped.keys()]).toEqual(['empty', 'perplexity']);
    expect(account.dropped.get('empty')).toEqual({ count: 1, accuracy: 0, labels: [['', 1]] });
    expect(account.dropped.get('perplexity')?.accuracy).toBeNull();
  });
});
