import { describe, expect, it } from 'vitest';
import { normalAt } from '../../src/core/random.ts';
import {
  bootstrapOverSeedsAndItems,
  holm,
  interval,
  pairedDifference,
  pairedItems,
  studentQuantile,
  studentTwoSided,
} from '../../src/metrics/statistics.ts';

describe("Student's t", () => {
  // Two-sided 95%, from standard tables.
  it.each([
    [1, 12.7062047364],
    [2, 4.30265272991],
    [3, 3.18244630528],
    [4, 2.7764451052],
    [9, 2.26215716274],
    [19, 2.09302405441],
    [30, 2.04227245631],
    [120, 1.97993040508],
    [1e6, 1.9599663],
  ])('has the tabled 97.5%% quantile at %d degrees of freedom', (df, t) => {
    expect(studentQuantile(df)).toBeCloseTo(t, 5);
  });

  it('knows other levels', () => {
    expect(studentQuantile(9, 0.99)).toBeCloseTo(3.24983554, 6);
    expect(studentQuantile(4, 0.9)).toBeCloseTo(2.13184679, 6);
  });

  it('is the Cauchy distribution at one degree of freedom', () => {
    for (const t of [0.1, 1, 5, 1e4]) {
      expect(studentTwoSided(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
    }
  });

  it('has the closed form of two degrees of freedom', () => {
    for (const t of [0.001, 0.7, 3, 40]) {
      expect(studentTwoSided(-t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    }
  });
});

describe('intervals and differences', () => {
  it('gives mean and half width', () => {
    // sd of 1..5 is sqrt(2.5).
    const { mean, halfWidth, n } = interval([1, 2, 3, 4, 5]);
    expect([mean, n]).toEqual([3, 5]);
    expect(halfWidth).toBeCloseTo(2.7764451052 * Math.sqrt(2.5 / 5), 8);
  });

  it('has no width for one value and no mean for none', () => {
    expect(interval([0.5])).toEqual({ mean: 0.5, halfWidth: null, n: 1 });
    expect(interval([])).toEqual({ mean: null, halfWidth: null, n: 0 });
  });

  it('pairs by seed and leaves out seeds that one side lacks', () => {
    const a = new Map([
      [3, 0.9],
      [1, 0.5],
      [2, 0.7],
      [9, 0],
    ]);
    const b = new Map([
      [1, 0.4],
      [2, 0.4],
      [3, 0.7],
    ]);
    const { mean, n, p, halfWidth } = pairedDifference(a, b);
    // Differences 0.2, 0.1, 0.3: t = 0.2 / (0.1 / sqrt 3) = 3.4641 at 2 degrees of freedom.
    expect(n).toBe(3);
    expect(mean).toBeCloseTo(0.2);
    expect(halfWidth).toBeCloseTo((4.30265272991 * 0.1) / Math.sqrt(3), 8);
    expect(p).toBeCloseTo(0.0741799, 6);
  });

  it('tests equal differences by their signs, and takes none as no difference', () => {
    const zeros = new Map([0, 1, 2].map((seed) => [seed, 0]));
    const tenths = new Map([0, 1, 2].map((seed) => [seed, 0.1]));
    expect(pairedDifference(tenths, zeros)).toMatchObject({ halfWidth: 0, p: 0.25 });
    expect(pairedDifference(zeros, zeros)).toMatchObject({ mean: 0, halfWidth: 0, p: 1 });
    expect(pairedDifference(tenths, new Map([[7, 1]]))).toEqual({
      mean: null,
      halfWidth: null,
      n: 0,
      p: null,
    });
  });

  it('covers the true mean 95 times in 100', () => {
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { mean, halfWidth } = interval([0, 1, 2, 3, 4].map((i) => normalAt(77, 5 * trial + i)));
      if (Math.abs(mean ?? Infinity) <= (halfWidth ?? 0)) covered += 1;
    }
    // Standard deviation of the share: 0.5 points.
    expect(covered / 2000).toBeGreaterThan(0.935);
    expect(covered / 2000).toBeLessThan(0.965);
  });
});

describe("Holm's correction", () => {
  it('steps down, keeps order and never exceeds 1', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [i, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(p, 12);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

const byItem = (values: readonly number[]) => new Map(values.map((value, i) => [`item-${i}`, value]));

describe('the paired standard error', () => {
  it('is that of the mean difference of the same items', () => {
    // Differences 1, 0, 0, -1, twice: variance 4/7. The ninth item has no pair.
    const a = byItem([1, 1, 0, 0, 1, 1, 0, 0, 1]);
    const b = byItem([0, 1, 0, 1, 0, 1, 0, 1]);
    const found = pairedItems(a, b);
    expect(found).toMatchObject({ a: 1 / 2, b: 1 / 2, mean: 0, items: 8 });
    expect(found?.standardError).toBeCloseTo(Math.sqrt(4 / 7 / 8), 14);
  });

  it('is 0 where nothing changed, and nothing of so few items that nothing can be said', () => {
    const same = byItem([1, 0, 1, 0, 1, 0, 1, 0]);
    expect(pairedItems(same, same)?.standardError).toBe(0);
    expect(pairedItems(byItem([1, 1, 1, 1, 1, 1, 1]), same)).toBeNull();
  });
});

describe('the bootstrap over seeds and items', () => {
  const scores = (value: (seed: number, item: number) => number) =>
    new Map(
      [1, 2, 3, 4, 5].map((seed) => [
        seed,
        new Map(Array.from({ length: 40 }, (_, item) => [`item-${item}`, value(seed, item)])),
      ]),
    );
  const nothing = scores(() => 0);

  it('gives the same interval for the same key, another for another', () => {
    const some = scores((seed, item) => normalAt(seed, item));
    const first = bootstrapOverSeedsAndItems(some, nothing, { key: 1, draws: 200 });
    expect(bootstrapOverSeedsAndItems(some, nothing, { key: 1, draws: 200 })).toEqual(first);
    expect(bootstrapOverSeedsAndItems(some, nothing, { key: 2, draws: 200 }).low).not.toBe(first.low);
  });

  it('has no width where all differences are equal', () => {
    expect(
      bootstrapOverSeedsAndItems(
        scores(() => 0.25),
        nothing,
        { key: 1, draws: 50 },
      ),
    ).toEqual({
      ...{ mean: 0.25, low: 0.25, high: 0.25, seeds: 5, items: 40 },
    });
  });

  it('takes shared items as one source of error: items that differ widen it, whatever the seeds', () => {
    const perItem = scores((_, item) => normalAt(5, item));
    const { mean, low, high } = bootstrapOverSeedsAndItems(perItem, nothing, { key: 3 });
    const values = Array.from({ length: 40 }, (_, item) => normalAt(5, item));
    const center = values.reduce((sum, value) => sum + value, 0) / 40;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / 40);
    expect(mean).toBeCloseTo(center);
    // Five seeds with the same 40 items are 40 observations, not 200.
    expect(((high ?? 0) - (low ?? 0)) / 2).toBeGreaterThan(0.85 * 1.96 * (sd / Math.sqrt(40)));
    expect(((high ?? 0) - (low ?? 0)) / 2).toBeLessThan(1.15 * 1.96 * (sd / Math.sqrt(40)));
  });

  it('uses only what both sides measured, and says when that is nothing', () => {
    const other = new Map([[1, new Map([['item-3', 1]])]]);
    expect(bootstrapOverSeedsAndItems(other, nothing, { key: 1, draws: 20 })).toMatchObject({
      ...{ mean: 1, seeds: 1, items: 1 },
    });
    expect(bootstrapOverSeedsAndItems(new Map(), nothing, { key: 1 })).toEqual({
      ...{ mean: null, low: null, high: null, seeds: 0, items: 0 },
    });
  });
});
