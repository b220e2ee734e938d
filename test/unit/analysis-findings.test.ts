/** @file The verdict in three parts and what stands in the way: each rule by itself. */
import { describe, expect, it } from 'vitest';
import type { Seeded } from '../../src/analysis/findings.ts';
import { failuresOf } from '../../src/analysis/failures.ts';
import { findingsOf } from '../../src/analysis/findings.ts';
import type { Evaluation, Mode } from '../../src/words/events.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import { TOY, round, sample } from './ui-run.ts';

const ITEMS = 40;
const LABELS = ['food', 'music'];
const rows = Array.from({ length: ITEMS }, (_, i) => ({
  ...{ id: `t${i}`, input: `item ${i}`, output: LABELS[i % 2] ?? '' },
}));
const TASK: Task = { ...TOY, splits: { ...TOY.splits, test: rows, pool: rows } };
const soft = armOf('soft', 'soft', { rounds: 2 });

/** So many right, the others no label at all; among the labels alone `held` right where it is given. */
function asked(mode: Mode, right: number, held?: number, items = ITEMS): Evaluation {
  return {
    ...{ split: 'test', mode, tokenEntropy: null },
    predictions: rows.slice(0, items).map(({ id, output }, i) => {
      const scores = LABELS.map((label) => ((label === output) === i < (held ?? 0) ? -0.1 : -2));
      return {
        ...{ id, answer: i < right ? output : 'neither', isFinished: true, isExact: i < right },
        ...(held === undefined ? {} : { labelLogprobs: scores }),
      };
    }),
  };
}

type Round = readonly Evaluation[];
const seeded = (seed: number, ...rounds: readonly Round[]): Seeded => ({
  ...{ seed },
  state: {
    ...{ ranking: null, end: null },
    rounds: rounds.map((evaluations, number) => round(number, { evaluations })),
  },
});
const zero = (right: number, held?: number) => asked('zero-shot', right, held);
const few = (right: number) => asked('few-shot', right);

const said = (seeds: readonly Seeded[], method: MethodName = 'soft', task = TASK) => {
  const arm = method === 'soft' ? soft : armOf(method, method, { rounds: 2 });
  return findingsOf(task, arm, seeds).map(({ sentence }) => sentence);
};

describe('the verdict', () => {
  it('has three parts with their pictures, and none before a trained model was scored', () => {
    expect(said([seeded(1, [zero(0), few(20)])])).toEqual([]);
    const parts = findingsOf(TASK, soft, [seeded(1, [zero(0, 10), few(20)], [zero(30, 30), few(30)])]);
    expect(parts.map(({ question, shows }) => [question, shows])).toEqual([
      ['Did the student beat its teacher?', 'staircase'],
      ['Did the teacher get better?', 'staircase'],
      ['Format or meaning?', 'wall'],
    ]);
  });

  it('lays the student of the last round beside the model that labelled for it, and speaks of two models where there is one seed', () => {
    // Round 2 was labelled by round 1's model, few-shot 24 of 40.
    const [student] = said([seeded(1, [zero(0), few(10)], [zero(20), few(24)], [zero(36), few(30)])]);
    expect(student).toContain('scores 0.90; its teacher, with them, 0.60');
    expect(student).toContain('of these two models the student is higher (+0.300 ± ');
    expect(student).toContain('one seed, 40 test items)');
    expect(student).toContain('Without any model: chance 0.50, majority 0.50.');
  });

  it('says too few to tell apart, lower, and over seeds what the seeds show', () => {
    expect(said([seeded(1, [zero(0), few(20)], [zero(21), few(20)])])[0]).toContain(
      'too few to tell these two models apart',
    );
    expect(said([seeded(1, [zero(0), few(36)], [zero(10), few(20)])])[0]).toContain(
      'of these two models the student is lower',
    );
    const seeds = [30, 31, 32].map((right, i) => seeded(i, [zero(0), few(20)], [zero(right), few(20)]));
    expect(said(seeds)[0]).toMatch(/: the student is higher \(\+0\.\d+ ± 0\.\d+; 3 seeds\)/);
    const wide = [10, 35].map((right, i) => seeded(i, [zero(0), few(20)], [zero(right), few(20)]));
    expect(said(wide)[0]).toContain('no difference that 2 seeds can show');
  });

  it('takes only the items that both have', () => {
    const [student] = said([
      seeded(
        1,
        [zero(0), asked('few-shot', 10, undefined, 20)],
        [zero(20), asked('few-shot', 10, undefined, 20)],
      ),
    ]);
    expect(student).toContain('scores 1.00; its teacher, with them, 0.50');
    expect(student).toContain('20 test items');
  });

  it('asks whether the teacher got better of the last trained model, with demonstrations', () => {
    const [, teacher] = said([seeded(1, [zero(0), few(10)], [zero(20), few(30)])]);
    expect(teacher).toContain('the base scores 0.25, the last trained model 0.75');
    expect(teacher).toContain('of these two models the trained one is higher');
    expect(said([seeded(1, [zero(0), few(10)], [zero(20)])])[1]).toBe(
      'No trained model was asked with demonstrations.',
    );
  });

  it('says of arms that have no such teacher why not', () => {
    const run = [seeded(1, [zero(0), few(10)], [zero(20), few(30)], [zero(20), few(30)])];
    expect(said(run, 'frozen-teacher')[1]).toBe('The base is the teacher in every round: it cannot.');
    expect(said(run, 'gold')[0]).toContain('The hidden key is the teacher here');
    expect(said(run, 'pool-sft')[0]).toBe('Nobody teaches in this arm.');
  });

  it('tells format from meaning by what is right among the labels alone', () => {
    const of = (before: number, after: number, heldBefore: number, heldAfter: number) =>
      said([seeded(1, [zero(before, heldBefore), few(20)], [zero(after, heldAfter), few(20)])])[2];
    expect(of(0, 36, 35, 36)).toMatch(
      /no change of meaning is shown .*what is shown is the format of answers\./,
    );
    expect(of(0, 36, 24, 36)).toContain('most of the gain is format, a part meaning');
    expect(of(0, 36, 10, 36)).toContain('most of the gain is meaning');
    expect(of(10, 30, 10, 36)).toContain('the gain is meaning');
    expect(of(0, 36, 36, 10)).toContain('the meaning got worse');
    expect(said([seeded(1, [zero(0), few(20)], [zero(20), few(20)])])[2]).toBe(
      'Accuracy among the labels alone was not measured.',
    );
    const free: Task = { ...TASK, definition: { ...TASK.definition, kind: 'generation', labels: [] } };
    expect(said([seeded(1, [zero(0), few(20)], [zero(20), few(20)])], 'soft', free)[2]).toContain(
      'no set of labels',
    );
  });
});

describe('what stands in the way', () => {
  const labelled = (answers: readonly string[], items = ITEMS): readonly Seeded[] => [
    {
      seed: 1,
      state: {
        ...{ ranking: null, end: null },
        rounds: [
          round(0, { evaluations: [asked('zero-shot', 0, undefined, items)] }),
          round(1, {
            samples: answers.map((answer, i) => sample(`p${i}`, answer)),
            evaluations: [asked('zero-shot', 0, undefined, items)],
          }),
        ],
      },
    },
  ];
  const many = (count: number, answer: string) => Array.from({ length: count }, () => answer);
  const codes = (seeds: readonly Seeded[], arm = soft) =>
    failuresOf(TASK, arm, seeds).map(({ code, remedy }) => [code, remedy?.set]);

  it('is nothing where answers are labels of both kinds', () => {
    expect(codes(labelled([...many(10, 'food'), ...many(10, 'music')]))).toEqual([]);
  });

  it('is a teacher that never says a label; the remedy takes the likeliest, and is none where that is done already', () => {
    expect(codes(labelled(many(20, 'cooking')))).toEqual([['no-label', { decoding: 'constrained' }]]);
    expect(failuresOf(TASK, soft, labelled(many(20, 'cooking')))[0]?.sentence).toBe(
      'The teacher never says a label: 0 of 20 answers are one.',
    );
    const constrained = armOf('soft', 'soft', { decoding: 'constrained' });
    expect(codes(labelled(many(20, 'cooking')), constrained)).toEqual([['no-label', undefined]]);
    expect(codes(labelled(many(3, 'cooking')))).toEqual([]);
  });

  it('is one label for all', () => {
    expect(codes(labelled([...many(39, 'food'), 'music']))).toEqual([['one-label', { demonstrations: 2 }]]);
    expect(codes(labelled([...many(18, 'food'), 'music', 'music']))).toEqual([]);
  });

  it('is too few test items, as far as the task has more', () => {
    const mixed = [...many(10, 'food'), ...many(10, 'music')];
    expect(codes(labelled(mixed, 8))).toEqual([['few-items', { testItems: 40, fewShotItems: 40 }]]);
    const [short] = failuresOf(
      { ...TASK, splits: { ...TASK.splits, test: rows.slice(0, 8) } },
      soft,
      labelled(mixed, 8),
    );
    expect(short?.remedy).toBeNull();
  });
});
