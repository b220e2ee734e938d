import { expect, test } from 'vitest';
import { runKeyOf } from '../../src/ui/run/run-keys.ts';

const press = (key: string, change: object = {}) => ({
  ...{ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false },
  ...change,
});
const nowhere = () => false;
/** On an element that a list of selectors takes by this one. */
const on = (selector: string) => (list: string) => list.split(', ').includes(selector);

test('Space runs, the right arrow steps, with Shift a round', () => {
  expect(runKeyOf(press(' '), nowhere)).toBe('main');
  expect(runKeyOf(press('ArrowRight'), nowhere)).toBe('phase');
  expect(runKeyOf(press('ArrowRight', { shiftKey: true }), nowhere)).toBe('round');
  expect(runKeyOf(press('ArrowLeft'), nowhere)).toBeNull();
  expect(runKeyOf(press('ArrowRight', { ctrlKey: true }), nowhere)).toBeNull();
});

test('a control keeps the keys that it uses itself', () => {
  expect(runKeyOf(press(' '), on('button'))).toBeNull();
  expect(runKeyOf(press('ArrowRight'), on('button'))).toBe('phase');
  for (const own of ['input', '[role=tab]', '[role=slider]']) {
    expect(runKeyOf(press(' '), on(own))).toBeNull();
    expect(runKeyOf(press('ArrowRight'), on(own))).toBeNull();
  }
});
