/** @file What an exploration chose: by validation, averaged over methods, never by their difference. */
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../src/analysis/explored.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';

const METHODS: readonly MethodName[] = ['soft', 'frozen-teacher', 'pool-sft'];
const arms = [0.001, 0.0002].flatMap((learningRate) =>
  METHODS.map((method) => armOf(`${method}-${learningRate}`, method, { learningRate })),
);
const row = (arm: string, value: number, more: Partial<ResultRow> = {}): ResultRow => ({
  ...{
    model: 'm',
    task: 't',
    arm,
    method: 'soft',
    seed: 1,
    round: 3,
    split: 'validation',
    mode: 'zero-shot',
  },
  ...{ metric: 'exact_match', value, n: 96 },
  ...more,
});
/** The greater rate has the greater difference, the smaller one the greater mean. */
const ROWS = [
  row('soft-0.001', 0.9),
  row('frozen-teacher-0.001', 0.5),
  row('pool-sft-0.001', 0.5),
  row('soft-0.0002', 0.7),
  row('frozen-teacher-0.0002', 0.7),
  row('pool-sft-0.0002', 0.6),
];

describe('an exploration', () => {
  it('chooses by the mean over the methods and names what was explored, not what methods set themselves', () => {
    const found = settingsOf(arms, ROWS, 1);
    expect(found.map(({ name }) => name)).toEqual(['learningRate 0.0002', 'learningRate 0.001']);
    expect(found[0]?.score).toBeCloseTo(2 / 3, 12);
    expect(found[1]?.scores).toEqual([0.9, 0.5, 0.5]);
  });

  it('looks at validation after the last round alone, averaged over tasks and seeds', () => {
    const others = [
      row('soft-0.001', 0, { round: 2 }),
      row('soft-0.001', 0, { split: 'test' }),
      row('soft-0.001', 0, { mode: 'few-shot' }),
      row('soft-0.001', 0, { metric: 'constrained_accuracy' }),
      row('soft-0.001', 0.5, { seed: 2 }),
      row('soft-0.001', 0.4, { task: 'u' }),
    ];
    const soft = settingsOf(arms, [...ROWS, ...others], 1).find(({ name }) => name === 'learningRate 0.001');
    expect(soft?.scores[0]).toBeCloseTo((0.9 + 0.5 + 0.4) / 3, 12);
  });

  it('gives none where an arm has not run, and puts it last', () => {
    const found = settingsOf(
      arms,
      ROWS.filter(({ arm }) => arm !== 'pool-sft-0.0002'),
      1,
    );
    expect(found.map(({ score }) => score === null)).toEqual([false, true]);
    // One more seed of one arm: the others lack it.
    const uneven = settingsOf(arms, [...ROWS, row('soft-0.001', 1, { seed: 2 })], 2);
    expect(uneven.every(({ score }) => score === null)).toBe(true);
  });

  it('gives none to a setting that lacks a method of the others', () => {
    const without = arms.filter(({ name }) => name !== 'pool-sft-0.0002');
    expect(settingsOf(without, ROWS, 1).find(({ name }) => name === 'learningRate 0.0002')?.score).toBeNull();
  });
});
