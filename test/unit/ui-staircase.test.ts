import { describe, expect, it } from 'vitest';
import { agreements, climbOf, labelsBy, meanClimb, noRuler, retoldBy } from '../../src/analysis/staircase.ts';
import type { RoundState, RunState } from '../../src/method/state.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { Evaluation } from '../../src/words/events.ts';
import { armOf } from '../../src/words/plan.ts';
import type { RunView } from '../../src/store/live/run-state.ts';
import { pathOf, scaleOf } from '../../src/ui/charts/staircase-plot.ts';
import {
  agreementWords,
  rowsOfStairs,
  staircaseOf,
  stairsInWords,
} from '../../src/ui/run/staircase/staircase-data.ts';
import { KEYS, TOY, round, runOf, sample, tested } from './ui-run.ts';

/** So many of the first eight test items right; the others are another label. */
const right = (count: number, items = 8): readonly string[] =>
  KEYS.slice(0, items).map((key, i) => (i < count ? key : key === 'food' ? 'music' : 'food'));
const few = (answers: readonly string[]): Evaluation => ({ ...tested(answers), mode: 'few-shot' });
/** @param zero right answers zero-shot, of 8 items; @param shown few-shot, of the first 4 */
const scored = (number: number, zero: number, shown: number | null, more: Partial<RoundState> = {}) =>
  round(number, {
    evaluations: [tested(right(zero)), ...(shown === null ? [] : [few(right(shown, 4))])],
    ...more,
  });
const state = (...rounds: RoundState[]): RunState => ({ ranking: null, rounds, end: null });
const climb = (method: MethodName, ...rounds: RoundState[]) =>
  climbOf(TOY, armOf(method, method), state(...rounds));

describe('the steps of an arm', () => {
  it('lead from the model that labelled a round, few-shot, to the one that it trained, zero-shot', () => {
    expect(climb('soft', scored(0, 1, 1), scored(1, 2, 3), scored(2, 4, 3), scored(3, 4, 4))).toEqual({
      steps: [
        { round: 1, teacherRound: 0, teacher: 0.25, student: 0.5 },
        { round: 2, teacherRound: 1, teacher: 0.75, student: 1 },
        { round: 3, teacherRound: 2, teacher: 0.75, student: 1 },
      ],
      ...{ next: 1, items: 4 },
    });
  });

  it('count the few-shot items alone on both axes, though more are asked zero-shot', () => {
    const found = climb('soft', scored(0, 0, 2), scored(1, 8, 2));
    // 8 of 8 and 4 of the 4.
    expect(found).toMatchObject({ steps: [{ teacher: 0.5, student: 1 }], items: 4 });
    const other = climb('soft', scored(0, 0, 2), scored(1, 3, 2));
    // 3 of 8, which are 3 of these 4.
    expect(other).toMatchObject({ steps: [{ student: 0.75 }] });
  });

  it('stay with the base where it teaches all along, and end in no further teacher', () => {
    expect(climb('frozen-teacher', scored(0, 1, 1), scored(1, 2, 3), scored(2, 4, 4))).toEqual({
      steps: [
        { round: 1, teacherRound: 0, teacher: 0.25, student: 0.5 },
        { round: 2, teacherRound: 0, teacher: 0.25, student: 1 },
      ],
      ...{ next: null, items: 4 },
    });
    expect(climb('single-round', scored(0, 1, 1), scored(3, 2, 3))).toMatchObject({
      steps: [{ round: 3, teacherRound: 0, teacher: 0.25, student: 0.5 }],
    });
  });

  it('come as their two scores do', () => {
    expect(climb('soft')).toEqual({ steps: [], next: null, items: 0 });
    expect(climb('soft', scored(0, 1, 1))).toMatchObject({ steps: [] });
    // Zero-shot comes first: the step stands, the next teacher is not known yet.
    expect(climb('soft', scored(0, 1, 1), scored(1, 2, null))).toMatchObject({
      steps: [{ round: 1 }],
      next: null,
    });
  });

  it('are over the items that every score has', () => {
    const short = round(1, { evaluations: [tested(right(2, 3)), few(right(3, 4))] });
    expect(climb('soft', scored(0, 1, 1), short)).toMatchObject({ items: 3 });
  });

  it('are none where nobody teaches, the key does, or no demonstration had room', () => {
    expect(climb('pool-sft', scored(0, 1, 1))).toBe('no-teacher');
    expect(climb('gold', scored(0, 1, 1))).toBe('key');
    const bare = { ...few(right(1, 4)), shots: { prompts: 4, drawn: 8, leftOut: 8, bare: 4 } };
    expect(climb('soft', round(0, { evaluations: [tested(right(1)), bare] }))).toBe('no-shots');
  });

  it('need a task that scores both alike', () => {
    expect(noRuler(TOY)).toBeNull();
    const { definition, splits } = TOY;
    expect(noRuler({ definition: { ...definition, kind: 'multiple-choice' }, splits })).toBe(
      'multiple-choice',
    );
    expect(noRuler({ definition, splits: { ...splits, test: [] } })).toBe('no-test-items');
  });

  it('tell where labels are made otherwise than x is', () => {
    expect(labelsBy(TOY, armOf('soft', 'soft'))).toEqual({ votes: 1, isScored: false });
    expect(labelsBy(TOY, armOf('soft', 'soft', { decoding: 'constrained' })).isScored).toBe(true);
  });
});

describe('the mean over seeds', () => {
  const steps = (...pairs: (readonly [number, number])[]) =>
    pairs.map(([teacher, student], i) => ({ round: i + 1, teacherRound: i, teacher, student }));

  it('goes as far as all seeds that have begun have come', () => {
    const whole = { steps: steps([0.2, 0.4], [0.4, 0.6]), next: 0.6, items: 4 };
    const begun = { steps: steps([0.4, 0.8]), next: 0.7, items: 4 };
    const mean = meanClimb([whole, begun, { steps: [], next: null, items: 0 }]);
    expect(mean.steps).toHaveLength(1);
    expect(mean.steps[0]?.teacher).toBeCloseTo(0.3);
    expect(mean.steps[0]?.student).toBeCloseTo(0.6);
    // One of them is no further teacher of a mean.
    expect(mean.next).toBeNull();
    expect(meanClimb([whole])).toEqual(whole);
    expect(meanClimb([])).toEqual({ steps: [], next: null, items: 0 });
  });
});

describe('the path', () => {
  it('begins on the diagonal, goes up to the student and across to what it is as a teacher', () => {
    const path = pathOf({
      steps: [
        { round: 1, teacherRound: 0, teacher: 0.5, student: 0.7 },
        { round: 2, teacherRound: 1, teacher: 0.6, student: 0.8 },
      ],
      ...{ next: 0.75, items: 9 },
    });
    expect(path).toEqual([
      { x: 0.5, y: 0.5 },
      { x: 0.5, y: 0.7 },
      { x: 0.6, y: 0.7 },
      { x: 0.6, y: 0.8 },
      { x: 0.75, y: 0.8 },
    ]);
  });

  it('is drawn on one scale that holds all of it and makes no cliff of a hundredth', () => {
    const stair = (teacher: number, student: number) => {
      const found = { steps: [{ round: 1, teacherRound: 0, teacher, student }], next: null, items: 1 };
      return { arm: 'soft', method: 'soft' as const, nth: 0, climbs: [{ ...found, seed: 1 }], mean: found };
    };
    const [low, high] = scaleOf([stair(0.3, 0.9)]);
    expect(low).toBeLessThanOrEqual(0.3);
    expect(high).toBeGreaterThanOrEqual(0.9);
    for (const value of [0, 0.5, 1]) {
      const [from, to] = scaleOf([stair(value, value)]);
      expect(to - from).toBeGreaterThanOrEqual(0.2 - 1e-9);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(1);
    }
    expect(scaleOf([])).toEqual([0, 1]);
  });
});

describe('the staircase of a run', () => {
  const rounds = (zero: number) => [
    scored(0, 1, 1),
    scored(1, zero, 3, { samples: [sample('p1', 'food'), sample('p2', 'music')] }),
  ];
  const run = runOf('run', { 1: rounds(2), 2: rounds(4) });

  it('has a path for each seed and their mean, the labels right on prompts beside it', () => {
    const { stairs, whyNot, notes } = staircaseOf(run);
    expect([whyNot, notes]).toEqual(['', []]);
    expect(stairs[0]?.climbs.map(({ seed, steps }) => [seed, steps[0]?.student])).toEqual([
      [1, 0.5],
      [2, 1],
    ]);
    expect(rowsOfStairs(run, stairs)).toEqual([
      { arm: 'soft', round: 1, teacher: 0.25, student: 0.75, labelsRight: 0.5 },
    ]);
    expect(stairsInWords(stairs, run)).toContain('SOFT: round 1 from 0.25 to 0.75');
  });

  it('knows no share of right labels where the prompts have no key', () => {
    const keyless = runOf('run', {
      1: [scored(0, 1, 1), scored(1, 2, 3, { samples: [sample('p1', 'food', { key: '', isRight: null })] })],
    });
    expect(rowsOfStairs(keyless, staircaseOf(keyless).stairs)).toMatchObject([{ labelsRight: null }]);
  });

  it('says of what is not drawn why', () => {
    const untested: RunView = { ...run, task: { ...TOY, splits: { ...TOY.splits, test: [] } } };
    expect(staircaseOf(untested).stairs).toEqual([]);
    expect(staircaseOf(untested).whyNot).toContain('no test items with a known answer');
    const gold: RunView = {
      ...run,
      cells: run.cells.map((cell) => ({ ...cell, arm: armOf('gold', 'gold') })),
    };
    expect(staircaseOf(gold).whyNot).toMatch(/Nothing to draw\. .*its labels are the key’s/);
    const [cell] = run.cells;
    const both: RunView = { ...run, cells: cell === undefined ? [] : [cell, ...gold.cells] };
    expect(staircaseOf(both).stairs).toHaveLength(1);
    expect(staircaseOf(both).notes.join()).toContain('its labels are the key’s');
    const none = armOf('soft', 'soft', { fewShotItems: 0 });
    const unshot = { ...run, cells: run.cells.map((one) => ({ ...one, arm: none })) };
    expect(staircaseOf(unshot).whyNot).toContain('Few-shot test items');
  });

  it('counts, without a key, how often rounds gave the same prompt the same label', () => {
    const twice = state(
      round(1, { samples: [sample('a', 'food'), sample('b', 'music'), sample('c', 'food')] }),
      round(2, { samples: [sample('a', 'Food '), sample('b', 'food')] }),
      round(3, { samples: [sample('b', 'food'), sample('d', 'food')] }),
    );
    expect(agreements(twice)).toEqual([
      { round: 2, before: 1, same: 1, of: 2 },
      { round: 3, before: 2, same: 1, of: 1 },
    ]);
    expect(agreements(state(round(1, { samples: [sample('a', 'food')] })))).toEqual([]);
    const [cell] = run.cells;
    const own = cell === undefined ? [] : [{ ...cell, state: twice }];
    expect(agreementWords({ ...run, cells: own })[0]).toBe(
      'SOFT, seed 1: rounds 1 and 2 gave the same label to 1 of 2 prompts that both labelled.',
    );
  });

  it('counts, without a key, how often a student gives the label that it was trained on', () => {
    const samples = [sample('a', 'food'), sample('b', 'music'), sample('c', 'food')];
    const answers = [
      { id: 'a', answer: ' Food' },
      { id: 'b', answer: 'food' },
      // Nobody taught it that.
      { id: 'x', answer: 'food' },
    ].map((one) => ({ ...one, isFinished: true, isExact: false }));
    const asked = { split: 'prompts', mode: 'zero-shot', predictions: answers, tokenEntropy: null } as const;
    const again = state(round(1, { samples, evaluations: [asked] }), round(2, { samples }));
    expect(retoldBy(again)).toEqual([{ round: 1, same: 1, of: 2 }]);
    const [cell] = run.cells;
    const own = cell === undefined ? [] : [{ ...cell, state: again }];
    expect(agreementWords({ ...run, cells: own })).toContain(
      'SOFT, seed 1: zero-shot, the student of round 1 gives 1 of 2 prompts the label that it was trained on.',
    );
  });
});
