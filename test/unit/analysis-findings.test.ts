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
    expect(student).toMatch(/^On the 40 test items that both were asked, the last student, without/);
    expect(student).toContain('scores 0.90; its teacher, with them, 0.60');
    expect(student).toContain('of these two models the student is higher (+0.300 ± ');
    expect(student).toContain('; one seed)');
    expect(student).toContain(
      'Without any model: chance 0.50, majority 0.50; its teacher is not shown to be above chance.',
    );
  });

  it('says of two that score the same that they do', () => {
    expect(said([seeded(1, [zero(0), few(20)], [zero(20), few(20)])])[0]).toContain(
      'they score the same (+0.000',
    );
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

  it('says where seeds have come to different rounds, and where to different items', () => {
    const whole = seeded(1, [zero(0, 9), few(20)], [zero(20, 20), few(20)], [zero(30, 30), few(30)]);
    const begun = seeded(2, [zero(0, 9), few(20)], [zero(20, 20), few(20)]);
    for (const sentence of said([whole, begun])) expect(sentence).toContain(' (of round 1 to 2, by seed)');
    for (const sentence of said([whole, { ...whole, seed: 2 }])) expect(sentence).not.toContain('by seed');
    const odd = asked('few-shot', 10, undefined, 20);
    expect(said([begun, seeded(3, [zero(0), odd], [zero(20), odd])])[0]).toMatch(
      /^On the test items that both were asked \(20 or more a seed\), the last student/,
    );
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
    expect(student).toMatch(/^On the 20 test items that both were asked,/);
  });

  it('asks whether the teacher got better of the last trained model, with demonstrations', () => {
    const [, teacher] = said([seeded(1, [zero(0), few(10)], [zero(20), few(30)])]);
    expect(teacher).toContain('the base scores 0.25, the last trained model 0.75');
    expect(teacher).toContain('of these two models the trained one is higher');
    expect(teacher).toMatch(/\)\. The base is not above chance\.$/);
    expect(said([seeded(1, [zero(0), few(36)], [zero(20), few(38)])])[1]).toMatch(/both\)\.$/);
    // Floors are those of the items that both answered: of the first 21 eleven are of one label.
    const odd = (right: number) => asked('few-shot', right, undefined, 21);
    expect(said([seeded(1, [zero(0), odd(10)], [zero(20), odd(20)])])[0]).toContain('majority 0.52');
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
    const both = (meaning: string, format: string) =>
      new RegExp(`between these two models, ${meaning} \\([^)]*\\); ${format} \\([^)]*\\)\\.`);
    const [none, noForm] = ['no change of meaning is shown', 'no change of format is shown'];
    const [better, form] = ['the meaning got better', 'the format got better'];
    expect(of(0, 36, 35, 36)).toMatch(both(none, form));
    expect(of(0, 36, 24, 36)).toMatch(both(better, form));
    expect(of(10, 36, 10, 36)).toMatch(both(better, noForm));
    expect(of(30, 20, 10, 36)).toMatch(both(better, 'the format got worse'));
    expect(of(0, 36, 36, 10)).toMatch(both('the meaning got worse', form));
    // Its scores beside what they are without any model, and which of them is no more than that.
    const floors = 'Among the labels without any model: chance 0.50, majority 0.50';
    expect(of(0, 36, 35, 36)).toMatch(new RegExp(`\\. ${floors}\\.$`));
    expect(of(0, 36, 20, 36)).toContain(`${floors}; the base is not above chance.`);
    expect(of(0, 22, 20, 22)).toContain(`${floors}; neither is shown to be above chance.`);
    // 0.9 gained, 0.3 of it among the labels.
    expect(of(0, 36, 24, 36)).toContain('the format got better (+0.600 ±');
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

  it('is a teacher that training has worn out, with what its labels came to, and practice in its format as remedy', () => {
    const worn = (...right: readonly number[]): Seeded => {
      const { seed, state } = seeded(1, ...right.map((count) => [zero(20), few(count)]));
      const rounds = state.rounds.map((one, number) => ({
        ...one,
        samples:
          number === 0
            ? []
            : Array.from({ length: 4 }, (_, i) =>
                sample(`${i}`, LABELS[i % 2] ?? '', { isRight: i >= number }),
              ),
      }));
      return { seed, state: { ...state, rounds } };
    };
    const [failure] = failuresOf(TASK, soft, [worn(36, 30, 12)]);
    expect(failure).toEqual({
      code: 'worn-out',
      sentence:
        'With demonstrations, as a teacher is asked, the model fell from 0.90 to 0.30, and its labels from 0.75 right to 0.50.',
      remedy: {
        words: 'Practise with demonstrations too',
        set: { template: 'mixed', demonstrationsKept: 3 },
      },
    });
    const isWorn = (seed: Seeded) => failuresOf(TASK, soft, [seed]).some(({ code }) => code === 'worn-out');
    expect([isWorn(worn(20, 20, 19)), isWorn(worn(12, 30, 36))]).toEqual([false, false]);
    const mixed = armOf('soft', 'soft', { rounds: 2, template: 'mixed' });
    expect(failuresOf(TASK, mixed, [worn(36, 30, 12)])[0]?.remedy).toBeNull();
    // Whoever is never asked again cannot wear out.
    expect(failuresOf(TASK, armOf('f', 'frozen-teacher', { rounds: 2 }), [worn(36, 30, 12)])).toEqual([]);
  });

  it('is too few test items, as far as the task has more', () => {
    const mixed = [...many(10, 'food'), ...many(10, 'music')];
    const eight = armOf('soft', 'soft', { rounds: 2, testItems: 8, fewShotItems: 8 });
    expect(codes(labelled(mixed, 8), eight)).toEqual([['few-items', { testItems: 40, fewShotItems: 40 }]]);
    const short = { ...TASK, splits: { ...TASK.splits, test: rows.slice(0, 8) } };
    expect(failuresOf(short, eight, labelled(mixed, 8))).toEqual([
      {
        code: 'few-items',
        sentence:
          'Too few test items to tell: 8. The task has no more. More seeds may tell: each adds a training of its own.',
        remedy: { words: 'Take 5 seeds', set: {}, seeds: 5 },
      },
    ]);
    // Asked for before, and they were too long.
    const [long] = failuresOf(TASK, soft, labelled(mixed, 8));
    expect(long?.sentence).toBe(
      'Too few test items to tell: 8. No more of the task’s 40 could be scored. More seeds may tell: each adds a training of its own.',
    );
    expect(long?.remedy?.seeds).toBe(5);
  });

  it('is too few test items for the difference that one seed shows, with as many as would tell it, else with seeds', () => {
    const open = [seeded(1, [zero(0), few(10)], [zero(13), few(30)])];
    const forty = armOf('soft', 'soft', { rounds: 2, testItems: 64, fewShotItems: 40 });
    const inTaskOf = (items: number): Task => ({
      ...TASK,
      splits: {
        ...TASK.splits,
        test: Array.from({ length: items }, (_, i) => ({
          id: `t${i}`,
          input: `${i}`,
          output: LABELS[i % 2] ?? '',
        })),
      },
    });
    // 13 of 40 against 10 of 40, the ten among the thirteen: +0.075 ± 0.084 needs 1.27 times as many.
    expect(failuresOf(inTaskOf(200), forty, open)).toEqual([
      {
        code: 'few-items',
        sentence:
          'Too few test items to tell student from teacher: 40. About 51 would, should the difference stay as it is.',
        remedy: { words: 'Score 51 test items', set: { testItems: 64, fewShotItems: 51 } },
      },
    ]);
    const seeds = { words: 'Take 5 seeds', set: {}, seeds: 5 };
    const [lacks] = failuresOf(inTaskOf(45), forty, open);
    expect([lacks?.sentence, lacks?.remedy]).toEqual([
      'Too few test items to tell student from teacher: 40. About 51 would, should the difference stay as it is. The task has 45. More seeds may tell: each adds a training of its own.',
      seeds,
    ]);
    const [none] = failuresOf(TASK, forty, open);
    expect(none?.sentence).toContain('as it is. The task has no more.');
    expect(none?.remedy).toEqual(seeds);
    // The student tells, the teacher does not.
    const taught = failuresOf(inTaskOf(200), forty, [seeded(1, [zero(0), few(10)], [zero(36), few(13)])]);
    expect(taught[0]?.sentence).toContain(
      'to tell the trained model from the base, with demonstrations: 40.',
    );
    // Whatever is shown, or the same item for item, is told; of several seeds the items are not what tells.
    expect(failuresOf(TASK, forty, [seeded(1, [zero(0), few(10)], [zero(36), few(30)])])).toEqual([]);
    expect(failuresOf(TASK, forty, [seeded(1, [zero(0), few(10)], [zero(10), few(30)])])).toEqual([]);
    expect(failuresOf(TASK, forty, [...open, seeded(2, [zero(0), few(10)], [zero(9), few(30)])])).toEqual([]);
  });
});
