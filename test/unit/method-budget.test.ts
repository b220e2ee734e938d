import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../src/method/agenda.ts';
import type { Rates, Sizes } from '../../src/method/budget.ts';
import { adapterBytes, usualWeighing, weighing } from '../../src/method/budget.ts';
import { requestsOf } from '../../src/method/requests.ts';
import { byPhase, expectedWork } from '../../src/method/work.ts';
import type { Plan } from '../../src/words/plan.ts';
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
/** A token a second, whatever is done with it: work is then tokens, a thousand units each. */
const ONE: Rates = { prefillTokensPerSecond: 1, decodeTokensPerSecond: 1, trainTokensPerSecond: 1 };

function predicted({ task: { definition, splits }, arm }: Plan) {
  const requests = requestsOf(arm, shapeOf({ definition, splits }));
  const by = (rates: Rates) =>
    expectedWork(requests, weighing(arm, definition.k, { sizes, rates, together: (longest) => longest }));
  return {
    ...{ tokens: byPhase((phase) => by(ONE)[phase] / 1000), milliseconds: by(rates) },
    memoryBytes: adapterBytes(arm, shapeOf({ definition, splits }), sizes),
  };
}
const costOf = (method: MethodName, more: Readonly<Record<string, unknown>> = {}) =>
  predicted(planOf(task, method, { ...set, ...more }));

describe('the predicted cost', () => {
  it('counts labelling and training of SOFT exactly', () => {
    const { tokens, milliseconds } = costOf('soft');
    expect(tokens.rank).toBe(0);
    expect(tokens.label).toBe(48 * (70 + 2));
    expect(milliseconds.label).toBeCloseTo(48 * 70 + (1000 * 48 * 2) / 10);
    expect(tokens.train).toBe(3 * 2 * 2 * 8 * (10 + 2));
    expect(milliseconds.train).toBeCloseTo((1000 * tokens.train) / 100);
  });

  it('counts an evaluation of the base and of every round, over the items that the task has', () => {
    // 100 test and 20 validation zero-shot, 100 of the test (of 128 wanted) and 10 probe few-shot, 100 scored.
    const free = 120 * (10 + 2) + 110 * (70 + 2);
    // The labels behind the prompts that are read for their answers, and once after a prompt without content, for calibration.
    expect(costOf('soft').tokens.evaluate).toBe(4 * (free + 100 * 3 * 2 + (10 + 3 * 2)));
    expect(costOf('soft', { constrained: false }).tokens.evaluate).toBe(4 * free);
    expect(costOf('icl', { constrained: false }).tokens.evaluate).toBe(free);
    // Few-shot the prompt is read for the labels alone; calibrated once more, with what says nothing at its end.
    const [zeroShot, chosen] = [120 * (10 + 2), 110 * (70 + 3 * 2)];
    const choosing = (decoding: string) => costOf('icl', { constrained: false, decoding }).tokens.evaluate;
    expect(choosing('constrained')).toBe(zeroShot + chosen);
    expect(choosing('calibrated')).toBe(zeroShot + 2 * chosen);
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
    const { tokens, milliseconds } = costOf('soft', { decoding: 'constrained' });
    expect(tokens.label).toBe(48 * (70 + 3 * 2));
    expect(milliseconds.label).toBeCloseTo(tokens.label);
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
    const extra = predicted(choice).tokens.evaluate - costOf('soft').tokens.evaluate;
    // Choices differ from item to item: there is nothing to score without content.
    expect(extra).toBe(4 * (100 * 3 * 2 - (10 + 3 * 2)));
  });

  it('keeps memory for weights, gradient, two moments and every adapter', () => {
    expect(costOf('soft').memoryBytes).toBe(4 * 1000 * 4 * (4 + 3));
    expect(costOf('single-round').memoryBytes).toBe(4 * 1000 * 4 * (4 + 1));
    expect(costOf('icl').memoryBytes).toBe(0);
  });

  it('weighs a prompt with demonstrations by what they add, and batches by the longest, not by the mean', () => {
    const { arm } = planOf(task, 'soft', set);
    const weigh = weighing(arm, 2, { sizes, rates, together: (longest) => longest });
    const of = (prompt: string) =>
      weigh(
        requestsOf(arm, shapeOf(task)).find(
          (one) => one.phase === 'evaluate' && one.kind === 'generate' && one.prompt === prompt,
        ) ?? expect.fail(`There is no ${prompt} evaluation.`),
      );
    expect(of('few-shot').each - of('zero-shot').each).toBeCloseTo(60);
    expect(of('few-shot').together).toBeGreaterThan(70);
    expect(of('zero-shot').together).toBeLessThan(of('few-shot').together);
  });

  it('knows their relation where nothing was measured', () => {
    const { arm } = planOf(task, 'soft', set);
    const requests = requestsOf(arm, shapeOf(task));
    const few = (k: number) => expectedWork(requests, usualWeighing(arm, k, 3));
    expect(few(8).label).toBeGreaterThan(2 * few(1).label);
    expect(few(8).train).toBe(few(1).train);
  });
});
