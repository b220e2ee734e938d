import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ranked } from '../../src/words/events.ts';
import { knobs } from '../../src/words/knobs.ts';
import { bucketAccount, orderedWithin, rankedParts } from '../../src/method/order.ts';
import { shuffled } from '../../src/core/random.ts';
import { sampleOf } from './method-toy.ts';

const ranked = (id: string, perplexity: number, answer = 'food', tokens = 2): Ranked => ({
  ...{ id, answer, perplexity, tokens },
});
const small = { rounds: 2, promptsPerRound: 4 };
const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const ranking = ids.map((id, i) => ranked(id, 1 + ((i * 5) % 8)));

describe('parts across rounds', () => {
  it('are the order given when that is random, and need no ranking', () => {
    expect(rankedParts(ids, null, knobs(small), 1)).toEqual([ids.slice(0, 4), ids.slice(4)]);
  });

  it('run from easy to hard or back', () => {
    const easy = rankedParts(ids, ranking, knobs({ ...small, acrossRounds: 'easy-first' }), 1);
    // Perplexities 1 6 3 8 5 2 7 4.
    expect(easy).toEqual([
      ['a', 'f', 'c', 'h'],
      ['e', 'b', 'g', 'd'],
    ]);
    const hard = rankedParts(ids, ranking, knobs({ ...small, acrossRounds: 'hard-first' }), 1);
    expect(hard.flat()).toEqual(easy.flat().reverse());
  });

  it('stand by id where perplexities are equal, infinite ones too, in either direction', () => {
    for (const acrossRounds of ['easy-first', 'hard-first'] as const) {
      for (const perplexity of [2, Infinity]) {
        const same = ids.map((id) => ranked(id, perplexity));
        const parts = rankedParts(shuffled(ids, 3), same, knobs({ ...small, acrossRounds }), 1);
        expect(parts.flat()).toEqual(ids);
      }
    }
  });

  it('put prompts that the ranking does not know last', () => {
    const parts = rankedParts(
      ['z', ...ids.slice(0, 7)],
      ranking,
      knobs({ ...small, acrossRounds: 'hard-first' }),
      1,
    );
    expect(parts.flat().at(-1)).toBe('z');
  });

  it('use the same prompts whatever the order, and leave the rest in reserve', () => {
    const more = [...ids, 'i', 'j'];
    const longer = [...ranking, ranked('i', 0.1), ranked('j', 0.2)];
    const easy = rankedParts(
      more,
      longer,
      knobs({ rounds: 2, promptsPerRound: 4, acrossRounds: 'easy-first' }),
      1,
    );
    expect(easy.flat().toSorted()).toEqual(ids);
  });

  it('are short or empty at the end where prompts are few', () => {
    expect(rankedParts(ids.slice(0, 3), null, knobs({ ...small, rounds: 3 }), 1)).toEqual([
      ['a', 'b', 'c'],
      [],
      [],
    ]);
  });

  it('refuse an order without a ranking, by name', () => {
    expect(() => rankedParts(ids, null, knobs({ acrossRounds: 'easy-first' }), 1)).toThrow('"easy-first"');
    expect(() => rankedParts(ids, null, knobs({ balanced: true }), 1)).toThrow('Balanced parts');
  });
});

describe('balanced parts', () => {
  const many = Array.from({ length: 48 }, (_, i) =>
    ranked(`p${String(i).padStart(2, '0')}`, 1 + i / 10, i < 24 ? 'food' : i < 36 ? 'Music' : 'travel'),
  );
  const manyIds = many.map(({ id }) => id);
  const set = knobs({ rounds: 4, promptsPerRound: 12, acrossRounds: 'easy-first', balanced: true });
  const answers = new Map(many.map(({ id, answer }) => [id, answer]));

  it('have the same mix of predicted labels in every part, easiest first within each label', () => {
    const parts = rankedParts(shuffled(manyIds, 9), many, set, 1);
    for (const part of parts) {
      const mix = ['food', 'Music', 'travel'].map(
        (label) => part.filter((id) => answers.get(id) === label).length,
      );
      expect(mix).toEqual([6, 3, 3]);
    }
    const food = parts.flat().filter((id) => answers.get(id) === 'food');
    expect(food).toEqual(food.toSorted());
  });

  it('are the plain ranking where every answer is another', () => {
    const unique = many.map((item, i) => ({ ...item, answer: `answer ${i}` }));
    expect(rankedParts(shuffled(manyIds, 2), unique, set, 1).flat()).toEqual(manyIds);
  });

  it('use every prompt once and keep each label near its share of a part, whatever the mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 60 }),
        fc.nat(),
        (labels, seed) => {
          const rows = labels.map((label, i) => ranked(`r${i}`, (i * 7) % 13, `label ${label}`));
          const size = Math.max(4, Math.ceil(rows.length / 3));
          const each = knobs({
            rounds: 3,
            promptsPerRound: size,
            balanced: true,
            acrossRounds: 'hard-first',
          });
          const parts = rankedParts(
            rows.map(({ id }) => id),
            rows,
            each,
            seed,
          );
          expect(parts.flat().toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
          for (const label of new Set(labels)) {
            const own = new Set(rows.filter((_, i) => labels[i] === label).map(({ id }) => id));
            if (own.size < 2) continue;
            for (const part of parts) {
              const fair = (own.size * part.length) / rows.length;
              expect(Math.abs(part.filter((id) => own.has(id)).length - fair)).toBeLessThan(2);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the order within a round', () => {
  const samples = [
    sampleOf('c', 'food', 'food', { perplexity: 3 }),
    sampleOf('b', 'food', 'food', { perplexity: 1 }),
    sampleOf('d', 'food', 'food', { perplexity: null }),
    sampleOf('a', 'food', 'food', { perplexity: 3 }),
  ];
  const order = (withinRound: string) =>
    orderedWithin(samples, knobs({ withinRound }))
      .map(({ id }) => id)
      .join('');

  it('is as given, easy first or hard first, equals by id, those without a perplexity last', () => {
    expect(order('random')).toBe('cbda');
    expect(order('easy-first')).toBe('bacd');
    expect(order('hard-first')).toBe('acbd');
  });
});

describe("the parts' account", () => {
  it('tells mean perplexity and length of each, and null where none is ranked', () => {
    const rows = [ranked('a', 1, 'x', 2), ranked('b', 3, 'x', 6)];
    expect(bucketAccount(rows, [['a', 'b'], ['b', 'zz'], ['zz'], []])).toEqual([
      { count: 2, perplexity: 2, tokens: 4 },
      { count: 2, perplexity: 3, tokens: 6 },
      { count: 1, perplexity: null, tokens: null },
      { count: 0, perplexity: null, tokens: null },
    ]);
  });
});
