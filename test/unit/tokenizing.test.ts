/** @file What a worker says of the texts it tokenizes: the patterns that run, first and then as long as it gets on. */
import { afterEach, expect, test, vi } from 'vitest';
import { eachTold, patternsIn } from '../../workers/tokenizing.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('names the patterns, a few of many, cut short', () => {
  expect(patternsIn({ patterns: [] })).toBe('tokenizer.json, which has no patterns');
  expect(patternsIn({ patterns: ['(a+)+$'] })).toBe('the pattern "(a+)+$" of tokenizer.json');
  const many = patternsIn({ patterns: ['x'.repeat(5000), 'b', 'c', 'd', 'e', 'f'] });
  expect(many).toContain('"b", "c", "d" and 2 more of tokenizer.json');
  expect(many.length).toBeLessThan(400);
});

test('tells before the first text, and again when a second has gone', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const said: string[] = [];
  const order: string[] = [];
  const work = (item: number) => {
    order.push(`${item}`);
    now += item;
    return item * 2;
  };
  const tell = (what: string) => {
    said.push(what);
    order.push('told');
  };
  expect(eachTold([10, 20, 980, 30, 2000, 5], work, 'patterns', tell)).toEqual([20, 40, 1960, 60, 4000, 10]);
  expect(said).toEqual(['patterns', 'patterns', 'patterns']);
  expect(order).toEqual(['told', '10', '20', '980', 'told', '30', '2000', 'told', '5']);
  expect(eachTold([], work, 'patterns', tell)).toEqual([]);
  expect(said.length).toBe(3);
});
