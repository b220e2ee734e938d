import { describe, expect, test } from 'vitest';
import type { Cell, Draw } from '../../src/analysis/error-map.ts';
import {
  errorShares,
  fitted,
  judged,
  leastSquares,
  spreadOfSeeds,
  told,
  withNoise,
} from '../../src/analysis/error-map.ts';

const draws = (answers: string, key: string): readonly Draw[] =>
  answers.split(' ').map((answer) => ({ answer, isRight: answer === key }));

describe('the shares of errors', () => {
  test('the majority is wrong on systematic items, and what else is wrong varies', () => {
    // One item of four is wrong by majority; of the other twelve answers three are wrong.
    const items = [
      draws('b b b a', 'a'),
      draws('a a a a', 'a'),
      draws('a a a b', 'a'),
      draws('a a b c', 'a'),
    ];
    expect(errorShares(items)).toEqual({ systematic: 0.25, varying: 0.25, accuracy: 10 / 16 });
  });

  test('of equally frequent answers the first is the majority’s', () => {
    expect(errorShares([draws('a b', 'a')])).toEqual({ systematic: 0, varying: 0.5, accuracy: 0.5 });
    expect(errorShares([draws('b a', 'a')])).toEqual({ systematic: 1, varying: 0, accuracy: 0.5 });
  });

  test('noise adds to the share of its kind', () => {
    const shares = { systematic: 0.2, varying: 0.1, accuracy: 0.7 };
    expect(withNoise(shares, { labelNoise: 0, noiseKind: 'instance' })).toEqual(shares);
    expect(withNoise(shares, { labelNoise: 0.5, noiseKind: 'instance' }).systematic).toBeCloseTo(0.6);
    expect(withNoise(shares, { labelNoise: 0.5, noiseKind: 'pair' }).varying).toBeCloseTo(0.55);
    const struck = withNoise(shares, { labelNoise: 0.5, noiseKind: 'symmetric' });
    expect([struck.systematic, struck.accuracy]).toEqual([0.2, 0.35]);
  });
});

test('least squares finds the plane, and gives nothing to a column that says nothing new', () => {
  const x = [
    [1, 0, 0],
    [1, 1, 0],
    [1, 0, 1],
    [1, 2, 3],
  ];
  const plane = leastSquares(
    x,
    x.map(([, a = 0, b = 0]) => 0.5 - 2 * a + 3 * b),
  );
  [0.5, -2, 3].forEach((value, i) => {
    expect(plane[i]).toBeCloseTo(value, 9);
  });
  const same = x.map(([one = 1, a = 0]) => [one, a, a]);
  const fit = leastSquares(
    same,
    x.map(([, a = 0]) => a),
  );
  expect(same.map((row) => row.reduce((sum, value, i) => sum + value * (fit[i] ?? 0), 0))).toEqual(
    x.map(([, a = 0]) => expect.closeTo(a, 9) as number),
  );
});

describe('the map', () => {
  const cell = (task: string, model: string, systematic: number, varying: number): Cell => ({
    ...{ task, model, setting: '', systematic, varying, accuracy: 1 - systematic - varying },
    gains: [0.1 - systematic + varying / 2 - 0.02, 0.1 - systematic + varying / 2 + 0.02],
  });
  const cells = ['a', 'b', 'c'].flatMap((task, t) =>
    ['m', 'n'].flatMap((model, m) =>
      [0, 1, 2].map((i) => cell(task, model, 0.1 * t + 0.03 * i * m, 0.2 * i + 0.05 * t)),
    ),
  );

  test('tells cells that its fit has not seen, where the gain does hang on the two shares', () => {
    expect(told(fitted(cells), cell('d', 'm', 0.5, 0.3))).toBeCloseTo(0.1 - 0.5 + 0.15, 9);
    for (const by of ['task', 'model'] as const) {
      const found = judged(cells, by);
      expect(found?.errors.map).toBeLessThan(1e-9);
      expect(found?.errors.constant).toBeGreaterThan(0.02);
      expect(found?.errors.accuracy).toBeGreaterThan(0.005);
      expect(found?.slope).toBeCloseTo(1, 6);
    }
  });

  test('is not judged on what it was fitted to', () => {
    expect(
      judged(
        cells.filter(({ task }) => task === 'a'),
        'task',
      ),
    ).toBeNull();
    // A task whose gains go the other way is told wrongly, though a fit with it would do better.
    const odd = cells.map((one) => (one.task === 'c' ? { ...one, gains: [0.9] } : one));
    expect(judged(odd, 'task')?.errors.map).toBeGreaterThan(0.2);
  });

  test('stands beside the spread of seeds', () => {
    expect(spreadOfSeeds(cells)).toBeCloseTo(0.02 * Math.SQRT2, 9);
    expect(spreadOfSeeds(cells.map((one) => ({ ...one, gains: [1] })))).toBeNull();
  });
});
