/** @file The runs that ship with the page, as they lie in public/recorded. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import { RECORDED, isRecorded, recordedPath } from '../../src/words/recorded.ts';
import { middleSeed } from '../../tools/results/middle-seed.ts';

const MODELS = Object.keys(RECORDED).filter(isRecorded);

test.each(MODELS)('that of %s is small, finished, of one seed, and without adapters’ numbers', (model) => {
  const bytes = readFileSync(new URL(`../../public/${recordedPath(model)}`, import.meta.url));
  expect(bytes.length).toBeLessThan(1_000_000);
  const { setup, status, events, model: of } = readRunFile(new Uint8Array(bytes), model);
  expect([of.name, status, setup.seeds.length]).toEqual([model, 'done', 1]);
  expect(setup.arms.map(({ method }) => method)).toEqual(['soft', 'frozen-teacher']);
  const trained = [...events.values()].flat().flatMap((event) => (event.type === 'trained' ? [event] : []));
  expect(trained.length).toBeGreaterThan(2);
  for (const { adapter } of trained)
    expect([adapter.pairs.size, typeof adapter.absent]).toEqual([0, 'string']);
});

test('nobody chooses the seed: it is the middle one', () => {
  const of = (...values: readonly number[]) => middleSeed(new Map(values.map((value, i) => [i + 1, value])));
  expect(of(0.3, -0.1, 0.05)).toBe(3);
  expect(of(0.3, 0.1, 0.2, 0.4)).toBe(3);
  expect(of(0.1, 0.1, 0.1)).toBe(2);
  expect(of()).toBeUndefined();
});
