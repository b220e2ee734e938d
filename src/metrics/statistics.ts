/**
 * @file Student's t, intervals over seeds, paired differences, Holm's correction, and a bootstrap over seeds and items.
 * The t distribution is exact through the regularised incomplete beta function (Numerical Recipes, section 6.4).
 */
import { deriveKey, integerAt } from '../core/random.ts';

// Lanczos' approximation with g = 7 and nine terms: relative error below 1e-14 for x > 0.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function logGamma(x: number): number {
  const base = x + 6.5;
  const series = LANCZOS.reduce((total, term, i) => total + (i === 0 ? term : term / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(series);
}

/** Lentz's continued fraction of the incomplete beta function; converges for x < (a + 1) / (a + b + 2). */
function betaFraction(a: number, b: number, x: number): number {
  const away = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return fraction;
}

/** I_x(a, b), given also 1 - x, which the caller may know more exactly. */
function incompleteBeta(a: number, b: number, x: number, complement: number): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(complement),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, complement)) / b;
}

/** P(|T| >= |t|) for Student's t with `df` > 0 degrees of freedom. */
export function studentTwoSided(t: number, df: number): number {
  if (!Number.isFinite(t)) return 0;
  const square = t * t;
  return incompleteBeta(df / 2, 0.5, df / (df + square), square / (df + square));
}

/** The t with P(|T| <= t) = confidence for `df` > 0 degrees of freedom. */
export function studentQuantile(df: number, confidence = 0.95): number {
  const tail = 1 - confidence;
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, df) > tail) {
    low = high;
    high *= 2;
  }
  // Bisection to the last bit: monotone, and no starting guess to go wrong.
  for (let i = 0; i < 100 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, df) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export interface Interval {
  /** null of no values. */
  readonly mean: number | null;
  /** Half of the t interval's width; null of fewer than two values. */
  readonly halfWidth: number | null;
  readonly n: number;
}

/** Mean and sample standard deviation's error, sd / sqrt(n). */
function moments(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const n = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  // Values that are all equal differ from their mean by rounding alone.
  const isConstant = values.every((value) => value === values[0]);
  return { mean, error: isConstant ? 0 : Math.sqrt(squares / (n - 1) / n) };
}

/** Mean with Student's t interval over the values, e.g. one per seed. */
export function interval(values: readonly number[], confidence = 0.95): Interval {
  const n = values.length;
  if (n === 0) return { mean: null, halfWidth: null, n };
  const { mean, error } = moments(values);
  return { mean, halfWidth: n < 2 ? null : studentQuantile(n - 1, confidence) * error, n };
}

export interface Difference extends Interval {
  /** Two-sided p of no difference; null of fewer than two pairs. Differences that are all equal have no spread that a t
   * test could use: theirs is the sign test's, 2 ** (1 - n), or 1 at zero. */
  readonly p: number | null;
}

/** a - b over the seeds that both have, with the paired t interval and test. */
export function pairedDifference(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  confidence = 0.95,
): Difference {
  const differences = [...a].flatMap(([seed, value]) => {
    const other = b.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const summary = interval(differences, confidence);
  if (summary.n < 2) return { ...summary, p: null };
  const { mean, error } = moments(differences);
  if (mean === 0) return { ...summary, p: 1 };
  if (error === 0) return { ...summary, p: 2 ** (1 - summary.n) };
  return { ...summary, p: studentTwoSided(mean / error, summary.n - 1) };
}

/** Holm's step-down adjusted p-values, in the order given; compare each with the level. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, i) => ({ p, i })).sort((x, y) => x.p - y.p);
  const adjusted = pValues.slice();
  let floor = 0;
  for (const [rank, { p, i }] of order.entries()) {
    floor = Math.max(floor, Math.min(1, p * (pValues.length - rank)));
    adjusted[i] = floor;
  }
  return adjusted;
}

/** Fewer pairs than this decide nothing: one of them is more than a tenth of the score, and the spread of a few says
 * nothing of chance (of one it is none at all, and any difference exceeds it). */
export const LEAST_PAIRS = 8;

export interface PairedItems {
  /** Means of the two over the items that both have. */
  readonly a: number;
  readonly b: number;
  /** Of a - b. */
  readonly mean: number;
  readonly standardError: number;
  readonly items: number;
}

/** a - b over the items that both have; null of fewer than LEAST_PAIRS. */
export function pairedItems(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): PairedItems | null {
  const pairs = [...a].flatMap(([id, value]) => {
    const other = b.get(id);
    return other === undefined ? [] : [[value, other] as const];
  });
  if (pairs.length < LEAST_PAIRS) return null;
  const { mean, error } = moments(pairs.map(([value, other]) => value - other));
  return {
    ...{ a: moments(pairs.map(([value]) => value)).mean, b: moments(pairs.map(([, other]) => other)).mean },
    ...{ mean, standardError: error, items: pairs.length },
  };
}

/** Standard error of a share over so many items, by the binomial. */
export const shareError = (share: number, items: number): number => Math.sqrt((share * (1 - share)) / items);

/** Seed -> item -> score. */
export type ScoresBySeed = ReadonlyMap<number, ReadonlyMap<string, boolean | number>>;

export interface BootstrapInterval {
  /** null where the two share no item of any seed. */
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
  readonly items: number;
}

interface Bootstrap {
  readonly mean: number;
  /** One of each draw. */
  readonly drawn: readonly number[];
  readonly seeds: number;
  readonly items: number;
}

export interface BootstrapOptions {
  /** Keys the draws: the same key gives the same interval. */
  readonly key: number;
  readonly draws?: number;
  readonly confidence?: number;
}
const [DRAWS, CONFIDENCE] = [2000, 0.95];

/** Draws of mean(a) - mean(b): seeds and items anew, both with replacement, the same items for all seeds. */
function bootstrap(a: ScoresBySeed, b: ScoresBySeed, key: number, draws: number): Bootstrap | null {
  // By their numbers: cells that are drawn alike have the same seed at the same place.
  const bySeed = [...a]
    .sort(([x], [y]) => x - y)
    .map(([seed, scores]) => {
      const others = b.get(seed);
      return [...scores].flatMap(([id, score]) => {
        const other = others?.get(id);
        return other === undefined ? [] : [[id, Number(score) - Number(other)] as const];
      });
    })
    .filter((pairs) => pairs.length > 0);
  const ids = [...new Set(bySeed.flatMap((pairs) => pairs.map(([id]) => id)))].sort();
  const place = new Map(ids.map((id, i) => [id, i]));
  const rows = bySeed.map((pairs) => pairs.map(([id, value]) => ({ at: place.get(id) ?? 0, value })));
  /** Mean over seeds of the mean over items, each item counted `weights[item]` times; null where a draw has nothing. */
  const meanOf = (seeds: readonly number[], weights: readonly number[]): number | null => {
    const means = seeds.flatMap((seed) => {
      let total = 0;
      let count = 0;
      for (const { at, value } of rows[seed] ?? []) {
        const weight = weights[at] ?? 0;
        total += weight * value;
        count += weight;
      }
      return count === 0 ? [] : [total / count];
    });
    return means.length === 0 ? null : means.reduce((sum, value) => sum + value, 0) / means.length;
  };
  const mean = meanOf(
    [...rows.keys()],
    ids.map(() => 1),
  );
  if (mean === null) return null;
  const drawn: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const seedKey = deriveKey(key, 'bootstrap seeds', draw);
    const itemKey = deriveKey(key, 'bootstrap items', draw);
    const seeds = rows.map((_, i) => integerAt(seedKey, i, rows.length));
    const weights = new Array<number>(ids.length).fill(0);
    for (let i = 0; i < ids.length; i++) {
      const at = integerAt(itemKey, i, ids.length);
      weights[at] = (weights[at] ?? 0) + 1;
    }
    const value = meanOf(seeds, weights);
    if (value !== null) drawn.push(value);
  }
  return { mean, drawn, seeds: rows.length, items: ids.length };
}

/** The percentile interval; linear between order statistics, as NumPy's default. */
function percentiles(
  drawn: readonly number[],
  confidence: number,
): { readonly low: number; readonly high: number } {
  const sorted = drawn.toSorted((x, y) => x - y);
  const quantile = (q: number): number => {
    const at = q * (sorted.length - 1);
    const below = sorted[Math.floor(at)] ?? NaN;
    return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? below) - below);
  };
  return { low: quantile((1 - confidence) / 2), high: quantile((1 + confidence) / 2) };
}

/**
 * Percentile bootstrap of mean(a) - mean(b), paired by seed and item, for seeds that share test items: each draw takes
 * seeds and items anew, both with replacement, the same items for all seeds (crossed). Every seed weighs the same.
 */
export function bootstrapOverSeedsAndItems(
  a: ScoresBySeed,
  b: ScoresBySeed,
  { key, draws = DRAWS, confidence = CONFIDENCE }: BootstrapOptions,
): BootstrapInterval {
  const found = bootstrap(a, b, key, draws);
  if (found === null) return { mean: null, low: null, high: null, seeds: 0, items: 0 };
  const { mean, drawn, seeds, items } = found;
  return { mean, ...percentiles(drawn, confidence), seeds, items };
}

export interface OverCells {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided: twice the share of draws on the other side of zero, at least two in draws + 1. */
  readonly p: number;
  readonly cells: number;
  /** Seeds of all cells together. */
  readonly pairs: number;
  /** Of the cell that has the fewest. Of one alone the interval is that of the items. */
  readonly leastSeeds: number;
}

/**
 * The same as one number over several cells (a model with a task), each weighing the same: cells are what was chosen, not a
 * draw, so only their seeds and items are drawn anew. What is drawn lies too near where seeds are few, by √((n - 1)/n), and is
 * spread by as much (Hesterberg 2015, The American Statistician 69, 371-386: the narrowness bias); of items there are many. A
 * cell without a pair is left out; null where all are.
 * @param alike of each cell, by which cells are drawn the same seeds and items: those that share them; absent: none do
 */
export function bootstrapOverCells(
  cells: readonly (readonly [a: ScoresBySeed, b: ScoresBySeed])[],
  { key, draws = DRAWS, confidence = CONFIDENCE }: BootstrapOptions,
  alike: readonly string[] = [],
): OverCells | null {
  const found = cells.flatMap(
    ([a, b], i) => bootstrap(a, b, deriveKey(key, 'cell', alike[i] ?? i), draws) ?? [],
  );
  const [first] = found;
  if (first === undefined) return null;
  const over = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = ({ seeds }: Bootstrap): number => (seeds > 1 ? Math.sqrt(seeds / (seeds - 1)) : 1);
  const drawnOf = (one: Bootstrap, draw: number): number =>
    one.mean + spread(one) * ((one.drawn[draw] ?? one.mean) - one.mean);
  const drawn = first.drawn.map((_, draw) => over(found.map((one) => drawnOf(one, draw))));
  const mean = over(found.map((one) => one.mean));
  const beyond = drawn.filter((value) => (mean > 0 ? value <= 0 : value >= 0)).length;
  return {
    ...{ mean, ...percentiles(drawn, confidence), cells: found.length },
    p: mean === 0 ? 1 : Math.min(1, (2 * (beyond + 1)) / (drawn.length + 1)),
    pairs: found.reduce((sum, one) => sum + one.seeds, 0),
    leastSeeds: Math.min(...found.map(({ seeds }) => seeds)),
  };
}
