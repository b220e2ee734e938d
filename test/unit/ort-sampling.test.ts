/** @file The choice of a token against plain restatements of its definition. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GREEDY } from '../../src/words/engine.ts';
import { chooseToken } from '../../src/runtimes/ort/sampling.ts';

const sample = { ...GREEDY, doSample: true };
// Quarters: equal or clearly apart, so that the order of logits is that of their weights.
const logitsOf = fc.array(
  fc.integer({ min: -32, max: 32 }).map((quarters) => quarters / 4),
  { minLength: 2, maxLength: 12 },
);

const choice = (logits: readonly number[], tokenIndex = 0, ids: readonly number[] = []) => ({
  logits: Float32Array.from(logits),
  ids,
  key: 'prompt',
  tokenIndex,
});

function softmax(logits: readonly number[]): number[] {
  const exps = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((exp) => exp / sum);
}

/** Every token drawn over many token indices. */
function drawn(logits: readonly number[], config: typeof sample, draws = 400): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const token = chooseToken(choice(logits, i), config);
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
}

describe('greedy', () => {
  test('the repetition penalty divides positive and multiplies negative scores of tokens seen', () => {
    const config = { ...GREEDY, repetitionPenalty: 2 };
    expect(chooseToken(choice([3, 2, 1], 0, [0]), config)).toBe(1);
    expect(chooseToken(choice([-1, -1.5, -9], 0, [0, 0]), config)).toBe(1);
    expect(chooseToken(choice([3, 2, 1], 0, [2]), config)).toBe(0);
  });

  test('of equals the lowest id is taken', () => {
    expect(chooseToken(choice([1, 4, 4], 0, [0]), { ...GREEDY, repetitionPenalty: 1.1 })).toBe(1);
  });

  test('the logits stay as they were', () => {
    const one = choice([3, 2, 1], 0, [0]);
    chooseToken(one, { ...sample, repetitionPenalty: 2, temperature: 0.5 });
    expect([...one.logits]).toEqual([3, 2, 1]);
  });
});

describe('sampling', () => {
  test('top-k draws from the k likeliest only', () => {
    fc.assert(
      fc.property(logitsOf, fc.integer({ min: 1, max: 12 }), fc.nat(1000), (logits, topK, index) => {
        const order = logits.map((_, id) => id).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
        expect(order.slice(0, topK)).toContain(chooseToken(choice(logits, index), { ...sample, topK }));
      }),
    );
  });

  test('top-p draws from the smallest set that reaches p', () => {
    fc.assert(
      fc.property(
        logitsOf,
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.nat(1000),
        (logits, topP, index) => {
          const probabilities = softmax(logits);
          const order = logits
            .map((_, id) => id)
            .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
          const token = chooseToken(choice(logits, index), { ...sample, topP });
          const before = order
            .slice(0, order.indexOf(token))
            .reduce((sum, id) => sum + (probabilities[id] ?? 0), 0);
          expect(before).toBeLessThan(topP + 1e-9);
        },
      ),
    );
  });

  test('frequencies follow the tempered probabilities', () => {
    const logits = [0, 1, 2, -1];
    const temperature = 1.7;
    const draws = 20_000;
    const counts = drawn(logits, { ...sample, temperature }, draws);
    for (const [id, probability] of softmax(logits.map((logit) => logit / temperature)).entries()) {
      const share = (counts.get(id) ?? 0) / draws;
      // Five standard deviations of a share of that many draws.
      expect(Math.abs(share - probability)).toBeLessThan(
        5 * Math.sqrt((probability * (1 - probability)) / draws),
      );
    }
  });

  test('top-k and top-p together: the nucleus is that of the k likeliest', () => {
    // 0.5, 0.3, 0.15, 0.05: of the first three, renormalised, two reach 0.8.
    const logits = [0.5, 0.3, 0.15, 0.05].map(Math.log);
    expect([...drawn(logits, { ...sample, topK: 3, topP: 0.8 }).keys()].sort()).toEqual([0, 1]);
    expect([...drawn(logits, { ...sample, topK: 3, topP: 0.9 }).keys()].sort()).toEqual([0, 1, 2]);
  });

  test('a draw depends on seed, key and token index', () => {
    const logits = Array.from({ length: 50 }, () => 0);
    const draw = (seed: number, key: string, tokenIndex: number) =>
      chooseToken({ ...choice(logits, tokenIndex), key }, { ...sample, seed });
    expect(draw(1, 'a', 0)).toBe(draw(1, 'a', 0));
    const others = [draw(2, 'a', 0), draw(1, 'b', 0), draw(1, 'a', 1)];
    expect(others.some((token) => token !== draw(1, 'a', 0))).toBe(true);
  });
});
