import { describe, expect, it } from 'vitest';
import { armTable } from '../../src/analysis/arm-table.ts';
import { shuffled } from '../../src/core/random.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { resultRow } from '../../src/analysis/result-row.ts';
import { namesOf } from '../../src/core/shape.ts';
import { FIELDS, compareRows, tidyRows } from '../../src/analysis/results.ts';
import type { RunState } from '../../src/method/state.ts';
import { curveOf, evaluationOf, planOf, predict, roundWith, rowOf, sampleOf, taskOf } from './method-toy.ts';

describe("a run's tidy rows", () => {
  const row = rowOf('t', 'food');
  const task = taskOf({ test: [row] });
  const state: RunState = {
    ranking: [
      { id: '1', answer: 'food', perplexity: 1.5, tokens: 2 },
      { id: '2', answer: 'food', perplexity: 9, tokens: 7 },
    ],
    rounds: [
      roundWith(0, { evaluations: [evaluationOf([predict(row, 'music')])] }),
      roundWith(1, {
        samples: [sampleOf('1', 'food', 'food')],
        curve: curveOf(2, 1),
        evaluations: [evaluationOf([predict(row, 'food')])],
      }),
    ],
    end: null,
  };
  const rows = tidyRows('nano', planOf(task, 'soft+'), state);
  const find = (round: number, metric: string) =>
    rows.filter((candidate) => candidate.round === round && candidate.metric === metric);

  it('hold the base as round 0 and every evaluation with its split and mode', () => {
    expect(find(0, 'exact_match')).toEqual([
      {
        ...{ model: 'nano', task: 'toy', arm: 'soft+', method: 'soft+', seed: 1, round: 0 },
        ...{ split: 'test', mode: 'zero-shot', metric: 'exact_match', value: 0, n: 1 },
      },
    ]);
    expect(find(1, 'exact_match')).toMatchObject([{ value: 1 }]);
    expect(find(1, 'label_flips')).toMatchObject([{ split: 'test', mode: 'zero-shot', value: 1 }]);
  });

  it('hold what was labelled and trained under prompts, without a mode', () => {
    expect(find(1, 'self_label_accuracy')).toMatchObject([{ split: 'prompts', mode: null, value: 1, n: 1 }]);
    expect(find(1, 'train_loss_last')).toMatchObject([{ split: 'prompts', mode: null, value: 1 }]);
  });

  it("hold the ranking's perplexity and length of the round's own prompts", () => {
    expect(find(1, 'ranked_perplexity')).toMatchObject([{ value: 1.5, n: 1 }]);
    expect(find(1, 'ranked_tokens')).toMatchObject([{ value: 2, n: 1 }]);
  });

  it('hold each figure once, and come sorted', () => {
    const keys = rows.map(({ round, split, mode, metric }) => [round, split, mode, metric].join(' '));
    expect(new Set(keys).size).toBe(rows.length);
    expect(shuffled(rows, 5).sort(compareRows)).toEqual(rows);
  });

  it('leave out what JSON cannot write', () => {
    const impossible = evaluationOf([predict(row, 'food', { labelLogprobs: [-Infinity, 0, 0] })]);
    const broken = { ...state, rounds: [roundWith(0, { evaluations: [impossible] })] };
    const written = tidyRows('nano', planOf(task), broken);
    expect(written.map(({ metric }) => metric)).not.toContain('answer_loss');
    expect(written.map(({ metric }) => metric)).toContain('constrained_accuracy');
  });
});

describe('the order of rows', () => {
  const base: ResultRow = {
    ...{ model: 'm', task: 't', arm: 'a', method: 'soft', seed: 2, round: 1, split: 'test' },
    ...{ mode: 'zero-shot', metric: 'exact_match', value: 0.5, n: 10 },
  };

  it('is numeric in seeds and rounds, and puts no mode first', () => {
    expect(compareRows({ ...base, seed: 10 }, base)).toBe(1);
    expect(compareRows({ ...base, mode: null }, base)).toBe(-1);
    expect(compareRows(base, { ...base, mode: null })).toBe(1);
    expect(compareRows(base, { ...base })).toBe(0);
  });

  it('goes by all the fields that a row has, as they stand in it', () => {
    expect(FIELDS).toEqual(namesOf(resultRow));
  });

  it('tells any two different rows apart', () => {
    expect(compareRows({ ...base, n: 11 }, base)).toBe(1);
    expect(compareRows({ ...base, value: 0.4 }, base)).toBe(-1);
  });
});

describe('the table of arms', () => {
  const rowsOf = (
    task: string,
    arm: string,
    round: number,
    values: readonly number[],
    more: Partial<ResultRow> = {},
  ) =>
    values.map((value, i): ResultRow => ({
      ...{ model: 'nano', task, arm, method: 'soft', seed: i + 1, round, split: 'test', mode: 'zero-shot' },
      ...{ metric: 'exact_match', value, n: 400 },
      ...more,
    }));
  const rows = [
    ...rowsOf('t1', 'soft', 0, [0.3, 0.3, 0.3]),
    ...rowsOf('t1', 'soft', 1, [0.4, 0.4, 0.4]),
    ...rowsOf('t1', 'soft', 2, [0.5, 0.6, 0.7]),
    ...rowsOf('t1', 'frozen', 0, [0.3, 0.3, 0.3]),
    ...rowsOf('t1', 'frozen', 2, [0.4, 0.4, 0.4]),
    ...rowsOf('t2', 'soft', 2, [0.5, 0.52, 0.51]),
    ...rowsOf('t2', 'frozen', 2, [0.5, 0.5, 0.5]),
  ];
  const line = (lines: ReturnType<typeof armTable>, task: string, arm: string) =>
    lines.find((candidate) => candidate.task === task && candidate.arm === arm);

  it('takes the last round, paired by seed against the named arm', () => {
    const soft = line(armTable(rows, { against: 'frozen' }), 't1', 'soft');
    expect(soft).toMatchObject({ n: 3, rounds: [2], metric: 'exact_match' });
    expect(soft?.mean).toBeCloseTo(0.6);
    expect(soft?.difference?.mean).toBeCloseTo(0.2);
    expect(soft?.difference?.p).toBeCloseTo(0.0741799, 6);
  });

  it('corrects over the tasks of an arm, and gives the reference no difference from itself', () => {
    const lines = armTable(rows, { against: 'frozen' });
    // p is 0.0742 on t1 and 0.2254 on t2 (t = 1.7321 at 2 degrees of freedom).
    expect(line(lines, 't1', 'soft')?.holmP).toBeCloseTo(2 * 0.0741799, 6);
    expect(line(lines, 't2', 'soft')?.holmP).toBeCloseTo(0.2254033, 6);
    expect(line(lines, 't1', 'frozen')).toMatchObject({ difference: null, holmP: null });
  });

  it("compares with each arm's own base where no arm is named", () => {
    const lines = armTable(rows);
    expect(line(lines, 't1', 'frozen')?.difference?.mean).toBeCloseTo(0.1);
    expect(line(lines, 't2', 'soft')?.difference).toBeNull();
  });

  it('takes the best round by validation, the earliest of equals, where that is asked for', () => {
    const validation = [0.5, 0.9, 0.9].flatMap((value, round) =>
      rowsOf('t1', 'soft', round, [value, value, value], { split: 'validation' }),
    );
    const soft = line(armTable([...rows, ...validation], { at: 'best' }), 't1', 'soft');
    expect(soft).toMatchObject({ rounds: [1], n: 3 });
    expect(soft?.mean).toBeCloseTo(0.4);
    expect(line(armTable(rows, { at: 'best' }), 't1', 'soft')).toMatchObject({ mean: null, n: 0 });
  });

  it("takes each seed's own last round where one stopped early", () => {
    const early = rows.filter(
      ({ arm, seed, round, task }) => !(task === 't1' && arm === 'soft' && seed === 1 && round === 2),
    );
    const soft = line(armTable(early), 't1', 'soft');
    expect(soft?.rounds).toEqual([1, 2]);
    expect(soft?.mean).toBeCloseTo((0.4 + 0.6 + 0.7) / 3);
  });

  it('takes another metric per task, split and mode', () => {
    const more = rowsOf('t3', 'soft', 1, [0.8, 0.9], { metric: 'mc1', mode: 'few-shot' });
    const metric = (task: string) => (task === 't3' ? ('mc1' as const) : ('exact_match' as const));
    const lines = armTable([...rows, ...more], { metric, mode: 'few-shot' });
    expect(line(lines, 't3', 'soft')).toMatchObject({ metric: 'mc1', n: 2 });
    expect(line(lines, 't1', 'soft')).toMatchObject({ mean: null, n: 0, difference: null });
  });
});
