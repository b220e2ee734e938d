/** @file Names for labels, and names for what is made of a task. */
import { describe, expect, it } from 'vitest';
import { freeTaskName, namesFaults, withLabels } from '../../src/analysis/readiness/mend.ts';
import { shareInterval } from '../../src/metrics/share-interval.ts';
import { fakeTask } from './fake-ports.ts';

describe('names of labels', () => {
  it('must be there, differ as answers are compared, and hold no stop', () => {
    const task = fakeTask();
    expect(namesFaults(task, {})).toEqual({});
    expect(namesFaults(task, { red: 'green', green: 'red' })).toEqual({});
    expect(Object.keys(namesFaults(task, { red: ' ' }))).toEqual(['red']);
    expect(Object.keys(namesFaults(task, { red: 'Blue ' }))).toEqual(['red', 'blue']);
    expect(Object.keys(namesFaults(task, { red: 'a\nb' }))).toEqual(['red']);
  });

  it('go into every row with a key, and none into those without', () => {
    const task = fakeTask();
    const [first, ...others] = task.splits.prompts;
    if (first === undefined) throw new Error('There is no prompt.');
    const splits = { ...task.splits, prompts: [{ ...first, output: '' }, ...others] };
    const made = withLabels({ ...task, splits }, { red: ' ruby ' }, []);
    expect(made.definition.labels).toEqual(['ruby', 'green', 'blue']);
    expect(made.splits.prompts[0]?.output).toBe('');
    const outputs = Object.values(made.splits).flatMap((rows) => rows.map(({ output }) => output));
    expect(new Set(outputs)).toEqual(new Set(['', 'ruby', 'green', 'blue']));
  });
});

it('a task is named so that none is replaced', () => {
  expect(freeTaskName('moods', 'edited', ['moods'])).toBe('moods-edited');
  expect(freeTaskName('moods-edited', 'edited', ['moods', 'moods-edited'])).toBe('moods-edited-2');
  expect(freeTaskName('moods-edited-2', 'edited', ['moods-edited', 'moods-edited-2'])).toBe('moods-edited-3');
});

it('a share of few is told with an interval that is never empty', () => {
  // Wilson's, as in Newcombe (1998), table I.
  expect(shareInterval(81 / 263, 263).low).toBeCloseTo(0.2553, 4);
  expect(shareInterval(81 / 263, 263).high).toBeCloseTo(0.3662, 4);
  expect(shareInterval(0, 20).low).toBe(0);
  expect(shareInterval(0, 20).high).toBeCloseTo(0.1611, 4);
  expect(shareInterval(0, 0)).toEqual({ low: 0, high: 1 });
});
