import { describe, expect, it } from 'vitest';
import type { Sizes } from '../../src/method/budget.ts';
import { predictCost } from '../../src/method/budget.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { definitionOf, planOf, rowOf, taskOf } from './method-toy.ts';

const sizes: Sizes = {
  ...{ fewShotTokens: 70, zeroShotTokens: 10, answerTokens: 2 },
  ...{ labels: 3, adaptedFeatures: 1000 },
};
const rates = { prefillTokensPerSecond: 1000, decodeTokensPerSecond: 10, trainTokensPerSecond: 100 };
const many = (count: number) => Array.from({ length: count }, (_, i) => rowOf(`r${i}`, 'food'));
const task = taskOf({ prompts: many(500), test: many(100), validation: many(20), probe: many(10) });
const set = { rounds: 3, promptsPerRound: 16, batchSize: 8, epochs: 2, r: 4 };
const costOf = (method: MethodName, more: Readonly<Record<string, unknown>> = {}) =>
  predictCost(planOf(task, method, { ...set, ...more }), sizes, rates);

describe('the predicted cost', () => {
  it('counts labelling and training of SOFT exactly', () => {
    const { tokens, seconds } = costOf('soft');
    expect(tokens.rank).toBe(0);
    expect(tokens.label).toBe(48 * (70 + 2));
    expect(seconds.label).toBeCloseTo((48 * 70) / 1000 + (48 * 2) / 10);
    expect(tokens.train).toBe(3 * 2 * 2 * 8 * (10 + 2));
    expect(seconds.train).toBeCloseTo(tokens.train / 100);
  });

  it('counts an evaluation of the base and of every round, over the items that the task has', () => {
    // 100 test and 20 validation zero-shot, 100 of the test (of 128 wanted) and 10 probe few-shot, 100 scored.
    const free = 120 * (10 + 2) + 110 * (70 + 2);
    // And the labels once after a prompt without content, for calibration.
    expect(costOf('soft').tokens.evaluate).toBe(4 * (free + 101 * (10 + 3 * 2)));
    expect(costOf('soft', { constrained: false }).tokens.evaluate).toBe(4 * free);
    expect(costOf('icl', { constrained: false }).tokens.evaluate).toBe(free);
  });

  it('gives arms that train as many training tokens, however many trainings', () => {
    const { train } = costOf('soft').tokens;
    for (const method of ['frozen-teacher', 'single-round', 'gold', 'pool-sft', 'vote'] as const) {
      expect(costOf(method).tokens.train, method).toBe(train);
    }
    expect(costOf('icl').tokens.train).toBe(0);
  });

  it('counts what each method labels: nothing for gold, every draw for vote, a ranking for SOFT+, questions for ISARA', () => {
    const { label } = costOf('soft').tokens;
    expect(costOf('gold').tokens.label).toBe(0);
    expect(costOf('pool-sft').tokens.label).toBe(0);
    expect(costOf('vote').tokens.label).toBe(3 * label);
    expect(costOf('soft+').tokens.rank).toBe(label);
    expect(costOf('isara').tokens.label).toBeGreaterThan(label);
    expect(costOf('isara', { balanced: true }).tokens.rank).toBe(0);
  });

  it('reads candidates at the rate of prompts where labels are constrained', () => {
    const { tokens, seconds } = costOf('soft', { decoding: 'constrained' });
    expect(tokens.label).toBe(48 * (70 + 3 * 2));
    expect(seconds.label).toBeCloseTo(tokens.label / 1000);
  });

  it('adds one demonstration to a one-shot training prompt', () => {
    // Two demonstrations take 60 tokens.
    expect(costOf('soft', { template: 'one-shot' }).tokens.train).toBe(3 * 2 * 2 * 8 * (10 + 30 + 2));
  });

  it('scores few-shot candidates of multiple choice too', () => {
    const choices = [
      { text: 'food', correct: true },
      { text: 'music', correct: false },
    ];
    const test = task.splits.test.map((row) => ({ ...row, choices }));
    const definition = definitionOf('multiple-choice');
    const choice = planOf({ definition, splits: { ...task.splits, test } }, 'soft', set);
    const extra = predictCost(choice, sizes, rates).tokens.evaluate - costOf('soft').tokens.evaluate;
    // Choices differ from item to item: there is nothing to score without content.
    expect(extra).toBe(4 * (100 * (70 + 3 * 2) - (10 + 3 * 2)));
  });

  it('adds phases up and keeps memory for weights, gradient, two moments and every adapter', () => {
    const { tokens, seconds, memoryBytes } = costOf('soft');
    expect(tokens.total).toBe(tokens.rank + tokens.label + tokens.train + tokens.evaluate);
    expect(seconds.total).toBeCloseTo(seconds.rank + seconds.label + seconds.train + seconds.evaluate);
    expect(memoryBytes).toBe(4 * 1000 * 4 * (4 + 3));
    expect(costOf('single-round').memoryBytes).toBe(4 * 1000 * 4 * (4 + 1));
    expect(costOf('icl').memoryBytes).toBe(0);
  });
});
