/** @file What a check's rows are made of: nothing passes that is no number, or where nothing was compared. */
import { describe, expect, test } from 'vitest';
import { argmax, check, difference, worst } from '../../src/check/check.ts';
import { worstRow } from '../../src/check/golden-rows.ts';
import type { Comparison } from '../../src/metrics/agreement.ts';
import { agreement, compareLogits, maxAbsDifference } from '../../src/metrics/agreement.ts';

const SIDE = { runtime: 'tfjs', backend: 'wasm' } as const;
const isSameModel = (found: Comparison): boolean => agreement(found, 'wasm', 'same').agrees;
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

describe('two runtimes agree', () => {
  const BACKENDS = ['wasm', 'cpu', 'webgpu'] as const;

  // The figures of before the two rules were one table: none may become wider.
  test.each([
    ['wasm', 'right', 1, 1e-4],
    ['wasm', 'right', 100, 2e-3],
    ['cpu', 'right', 100, 2e-3],
    ['webgpu', 'right', 1, 1e-3],
    ['webgpu', 'right', 100, 2e-2],
    ...BACKENDS.flatMap((backend) => [
      [backend, 'same', 0.5, 1e-3] as const,
      [backend, 'same', 100, 0.1] as const,
    ]),
  ] as const)(
    'on %s, asked whether they are %s, with logits up to %d, within %d',
    (backend, asked, size, most) => {
      const of = (difference: number) => agreement({ difference, size }, backend, asked);
      expect(of(0).tolerance).toBeCloseTo(most, 12);
      expect([of(0.99 * most).agrees, of(1.01 * most).agrees]).toEqual([true, false]);
      expect(agreement({ difference: Infinity, size: Infinity }, backend, asked).agrees).toBe(false);
    },
  );

  test('as right only where they are the same model', () => {
    for (const backend of BACKENDS)
      for (const size of [0.01, 1, 5, 50, 1e6])
        expect(agreement({ difference: 0, size }, backend, 'right').tolerance).toBeLessThanOrEqual(
          agreement({ difference: 0, size }, backend, 'same').tolerance,
        );
  });
});
