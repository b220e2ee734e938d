/** @file What a check's rows are made of: nothing passes that is no number, or where nothing was compared. */
import { describe, expect, test } from 'vitest';
import { argmax, check, difference, worst } from '../../src/check/check.ts';
import { worstRow } from '../../src/check/golden-rows.ts';
import { compareLogits, isSameModel, maxAbsDifference } from '../../src/metrics/agreement.ts';

const SIDE = { runtime: 'tfjs', backend: 'wasm' } as const;
const floats = (...values: number[]) => Float32Array.from(values);

test.each([
  [NaN, 1, false],
  [Infinity, 1, false],
  [Infinity, Infinity, false],
  [-Infinity, 1, false],
  [0.5, NaN, false],
  [2, 1, false],
  [1, 1, true],
  [0, 0, true],
])('%d within %d: %s', (value, tolerance, ok) => {
  expect(check(SIDE, 'row', value, tolerance).ok).toBe(ok);
});

describe('of nothing at all', () => {
  test('the difference is infinite', () => {
    expect(worst([])).toBe(Infinity);
    expect(difference([], [])).toBe(Infinity);
    expect(difference([1], [])).toBe(Infinity);
    expect(worstRow([], [])).toBe(Infinity);
    expect(worstRow([floats()], [floats()])).toBe(Infinity);
    expect(worstRow([floats(1)], [floats(1), floats(1)])).toBe(Infinity);
    expect(worstRow([floats(1), floats(1)], [floats(1)])).toBe(Infinity);
  });

  test('two runtimes do not agree', () => {
    for (const rows of [[], [floats()], [floats(1), floats()]]) {
      expect(isSameModel(compareLogits(rows, rows)), `${rows.length} rows`).toBe(false);
    }
  });
});

describe('a value that is no number', () => {
  test.each([0, 1, 2])('at index %i spoils the difference, whatever comes after it', (at) => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const spoilt = floats(1, 2, 3);
      spoilt[at] = bad;
      expect(maxAbsDifference(spoilt, floats(1, 2, 4))).toBe(Infinity);
      expect(worstRow([floats(1), spoilt], [floats(1), floats(1, 2, 4)])).toBe(Infinity);
      // On both sides alike too: two runtimes that overflow do not compute one model.
      for (const [ours, theirs] of [
        [spoilt, spoilt],
        [spoilt, floats(1, 2, 3)],
        [floats(1, 2, 3), spoilt],
      ] as const) {
        expect(isSameModel(compareLogits([ours], [theirs]))).toBe(false);
      }
    }
  });

  test('is no largest value', () => {
    expect(argmax(floats(NaN, 1))).toBe(-1);
    expect(argmax(floats(1, NaN))).toBe(-1);
    expect(argmax(floats())).toBe(-1);
    expect(argmax(floats(1, 3, 2))).toBe(1);
  });
});

test('equal logits are one model, and unequal ones are not', () => {
  expect(isSameModel(compareLogits([floats(1, 2)], [floats(1, 2)]))).toBe(true);
  expect(isSameModel(compareLogits([floats(1, 2)], [floats(1, 2.5)]))).toBe(false);
});
