/** @file Test items that training changed. */
import { expect, test } from 'vitest';
import { changedItems } from '../../src/analysis/changed.ts';
import { KEYS, TOY, round, tested } from './ui-run.ts';

const state = (...answers: readonly (readonly string[])[]) => ({
  ...{ ranking: null, end: null },
  rounds: answers.map((own, number) => round(number, { evaluations: [tested(own)] })),
});
const ids = (...answers: readonly (readonly string[])[]) =>
  changedItems(TOY, state(...answers)).map(({ id }) => id);

test('are those mended first, then those broken; what stayed, whatever its letters, is none', () => {
  const [first, second, third, fourth] = KEYS;
  const base = [first, 'neither', third, 'neither'];
  const end = ['neither', second, third.toUpperCase(), fourth];
  expect(ids(base, end)).toEqual(['t1', 't3', 't0']);
  // The rounds between say nothing.
  expect(ids(base, ['x', 'x', 'x', 'x'], end)).toEqual(['t1', 't3', 't0']);
});

test('are none before a second round was scored, nor of items that one of the two lacks', () => {
  expect(ids([])).toEqual([]);
  expect(ids([...KEYS])).toEqual([]);
  expect(ids(['neither'], ['neither', 'food'])).toEqual([]);
});
