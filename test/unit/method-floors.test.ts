/** @file What a score is seen beside: chance and the commonest answer, of the items that were scored. */
import { describe, expect, it } from 'vitest';
import { belowWords, floorsOfRun, meanFloors, notAbove } from '../../src/analysis/floors.ts';
import { floors } from '../../src/metrics/scores.ts';
import type { RunState } from '../../src/method/state.ts';
import { definitionOf, evaluationOf, predict, rowOf, taskOf } from './method-toy.ts';

const rows = ['food', 'food', 'music', ''].map((output, i) => rowOf(`r${i}`, output));
const NONE = { chance: null, majority: null };

describe('floors', () => {
  it('are chance and the most frequent label of the rows with a key', () => {
    const wanted = { chance: 1 / 3, majority: 2 / 3 };
    expect(floors(taskOf().definition, rows, 'exact_match')).toEqual(wanted);
    expect(floors(taskOf().definition, rows, 'constrained_accuracy')).toEqual(wanted);
    expect(floors(taskOf().definition, [], 'exact_match')).toEqual({ chance: 1 / 3, majority: null });
    expect(floors(taskOf().definition, rows, 'valid_label_rate')).toEqual(NONE);
  });

  const choices = (output: string, right: number, wrong: number) => ({
    ...rowOf(`${output}${wrong}`, output),
    choices: [
      ...Array.from({ length: right }, (_, i) => ({
        text: i === 0 ? output : `${output}${i}`,
        correct: true,
      })),
      ...Array.from({ length: wrong }, (_, i) => ({ text: `other ${i}`, correct: false })),
    ],
  });
  const quiz = taskOf({}, definitionOf('multiple-choice'));

  it('count choices row by row, as the metric judges them', () => {
    const items = [choices('a', 1, 1), choices('b', 2, 2)];
    expect(floors(quiz.definition, items, 'exact_match').chance).toBe((1 / 2 + 1 / 4) / 2);
    expect(floors(quiz.definition, items, 'constrained_accuracy').chance).toBe(1 / 2);
    expect(floors(quiz.definition, items, 'mc1').chance).toBe((1 / 2 + 1 / 3) / 2);
  });

  it('take the commonest answer of a quiz for a floor where it is above chance, as with yes and no', () => {
    const yes = [choices('yes', 1, 1), choices('yes', 1, 1), choices('yes', 1, 1), choices('no', 1, 1)];
    expect(floors(quiz.definition, yes, 'exact_match')).toEqual({ chance: 1 / 2, majority: 3 / 4 });
    const apart = ['a', 'b', 'c', 'd'].map((output) => choices(output, 1, 1));
    expect(floors(quiz.definition, apart, 'exact_match')).toEqual({ chance: 1 / 2, majority: null });
  });

  it('of many labels count each row once', () => {
    const labels = Array.from({ length: 1000 }, (_, i) => `label ${i}`);
    const many = Array.from({ length: 600 }, (_, i) => rowOf(`${i}`, labels[(i % 3) * 400] ?? ''));
    const { definition, splits } = taskOf();
    const task = { definition: { ...definition, labels }, splits };
    expect(floors(task.definition, many, 'exact_match')).toEqual({ chance: 0.001, majority: 1 / 3 });
  });

  it('are unknown for free text', () => {
    expect(floors(definitionOf('generation'), rows, 'exact_match')).toEqual(NONE);
  });

  it('are those of the items that a run scored, not of the whole split', () => {
    const task = taskOf({ test: rows });
    const scored = rows.slice(1, 3);
    const round = {
      ...{ round: 0, samples: [], adapter: null, curve: [], examples: 0, answering: null },
      end: null,
      evaluations: [evaluationOf(scored.map((row) => predict(row, 'food')))],
    };
    const state: RunState = { ranking: null, rounds: [round], end: null };
    expect(floorsOfRun(task, state, 'exact_match')).toEqual({ chance: 1 / 3, majority: 1 / 2, items: 2 });
    expect(floorsOfRun(task, { ...state, rounds: [] }, 'exact_match')).toBeNull();
  });

  it('have a mean over seeds where all seeds have them', () => {
    expect(
      meanFloors([
        { chance: 0.5, majority: 0.6 },
        { chance: 0.5, majority: 0.8 },
      ]),
    ).toEqual({
      chance: 0.5,
      majority: 0.7,
    });
    expect(meanFloors([{ chance: 0.5, majority: 0.6 }, NONE])).toEqual(NONE);
    expect(meanFloors([])).toEqual(NONE);
  });
});

describe('a score above its floors', () => {
  const two = { chance: 0.5, majority: 0.53 };
  const of = (mean: number, items: number, halfWidth: number | null = null) => ({ mean, items, halfWidth });

  it.each([
    ['chance itself, on two labels', { chance: 0.5, majority: null }, of(0.5, 400), 'not above chance'],
    [
      'a score within noise of it',
      { chance: 0.5, majority: null },
      of(0.54, 400),
      'not shown to be above chance',
    ],
    ['the commonest answer', two, of(0.53, 400), 'not above majority: always saying the commonest answer'],
    [
      'a mean whose interval holds it',
      two,
      of(0.6, 400, 0.1),
      'not shown to be above majority: always saying the commonest answer',
    ],
    ['seven items, all right', two, of(1, 7), 'too few items to tell from chance (7)'],
    ['no items', two, of(1, 0), 'too few items to tell from chance (0)'],
  ])('is told from %s', (_what, floor, score, words) => {
    expect(notAbove(floor, score)).toBe(words);
  });

  it('is told of two at once, and of both no more than of the one that is above them by noise alone', () => {
    const below = (a: number, b: number, items = 400) =>
      belowWords({ chance: 0.5, majority: null }, items, [
        { who: 'the student', mean: a, halfWidth: null },
        { who: 'the base', mean: b, halfWidth: null },
      ]);
    expect(below(0.9, 0.8)).toBe('');
    expect(below(0.9, 0.2)).toBe('the base is not above chance');
    expect(below(0.52, 0.9)).toBe('the student is not shown to be above chance');
    expect(below(0.4, 0.2)).toBe('neither is above chance');
    expect(below(0.4, 0.52)).toBe('neither is shown to be above chance');
    expect(below(0.9, 0.2, 7)).toBe('');
  });

  it('is told by nothing where it is above both by more than noise, or there is no floor', () => {
    expect(notAbove(two, of(0.6, 400))).toBeNull();
    expect(notAbove(two, of(0.6, 400, 0.05))).toBeNull();
    expect(notAbove(NONE, of(0.1, 3))).toBeNull();
  });
});
