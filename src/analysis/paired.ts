/**
 * @file a minus b, paired, and what it shows: the one place where a difference is judged, and its words. Over seeds:
 * Student's t interval. With one seed in common: twice the paired standard error over the items that both answered, which
 * says nothing of other seeds and is named so.
 */
import type { Difference, Interval } from '../metrics/statistics.ts';
import { pairedDifference, pairedItems } from '../metrics/statistics.ts';

/** One of the two: its score by seed, and for a seed each item's. */
export interface Side {
  readonly scores: ReadonlyMap<number, number>;
  readonly itemsOf: (seed: number) => ReadonlyMap<string, number>;
}

export interface Paired {
  /** Means of the two over the seeds that both have. */
  readonly a: number;
  readonly b: number;
  /** a minus b. */
  readonly mean: number;
  readonly halfWidth: number | null;
  /** Two-sided, over seeds; null where there is no test. */
  readonly p: number | null;
  readonly seeds: number;
  /** Items that the interval is over; null where it is over seeds, or there is none. */
  readonly items: number | null;
}

/** null where they share no seed. */
export function paired(a: Side, b: Side): Paired | null {
  const { mean, halfWidth, p, n } = pairedDifference(a.scores, b.scores);
  const shared = [...a.scores.keys()].filter((seed) => b.scores.has(seed));
  const [seed] = shared;
  if (mean === null || seed === undefined) return null;
  const over = ({ scores }: Side) =>
    shared.reduce((sum, each) => sum + (scores.get(each) ?? 0), 0) / shared.length;
  const found = { a: over(a), b: over(b), mean, p, seeds: n };
  if (n > 1) return { ...found, halfWidth, items: null };
  const items = pairedItems(a.itemsOf(seed), b.itemsOf(seed));
  return {
    ...found,
    halfWidth: items === null ? null : 2 * items.standardError,
    items: items?.items ?? null,
  };
}

/** What a difference shows: `alike` where all differ by the same and are too few; `unknown` without an interval. */
export type Judgement = 'higher' | 'lower' | 'not-shown' | 'same' | 'alike' | 'unknown';

/** Of the test over seeds. */
const LEVEL = 0.05;

/** By its p where there is one, corrected or not; else by whether the interval holds zero. */
export function judge({ mean, halfWidth, p }: Pick<Difference, 'mean' | 'halfWidth' | 'p'>): Judgement {
  if (mean === null || halfWidth === null) return 'unknown';
  if (p === null ? Math.abs(mean) > halfWidth : p < LEVEL) return mean > 0 ? 'higher' : 'lower';
  if (halfWidth > 0) return 'not-shown';
  return mean === 0 ? 'same' : 'alike';
}

export const isShown = (judgement: Judgement): boolean => judgement === 'higher' || judgement === 'lower';

interface Words {
  /** Of a claim that a is above b. */
  readonly claim: string;
  /** @param among what it is judged by: "one seed", "5 seeds" */
  readonly says: (a: string, among: string) => string;
  readonly because: string;
}

const CANNOT_SHOW = (_a: string, among: string): string => `no difference that ${among} can show`;

export const JUDGEMENTS: Readonly<Record<Judgement, Words>> = {
  higher: {
    claim: 'holds',
    says: (a) => `${a} is higher`,
    because: 'the difference is larger than its uncertainty',
  },
  lower: {
    claim: 'the opposite holds',
    says: (a) => `${a} is lower`,
    because: 'the difference is larger than its uncertainty',
  },
  'not-shown': { claim: 'not shown', says: CANNOT_SHOW, because: 'zero lies inside the interval' },
  same: { claim: 'not shown', says: CANNOT_SHOW, because: 'what is paired scored the same' },
  alike: {
    claim: 'not shown',
    says: CANNOT_SHOW,
    because: 'each differs by the same, and so few that agree may be chance',
  },
  unknown: {
    claim: 'too few seeds to say',
    says: CANNOT_SHOW,
    because: 'no telling whether this is more than chance',
  },
};

/** A difference with its sign: "+0.120", "−0.020". */
export const signed = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

/** "0.920 ± 0.030"; "none" of no values. */
export const scoreWords = ({ mean, halfWidth }: Pick<Interval, 'mean' | 'halfWidth'>): string =>
  mean === null ? 'none' : mean.toFixed(3) + (halfWidth === null ? '' : ` ± ${halfWidth.toFixed(3)}`);

/** "+0.120 ± 0.060"; "+0.125 in each" where all differ by the same, which is no spread that could be told; '' of none. */
export function differenceWords({ mean, halfWidth }: Pick<Interval, 'mean' | 'halfWidth'>): string {
  if (mean === null) return '';
  const spread =
    halfWidth === null ? '' : halfWidth === 0 && mean !== 0 ? ' in each' : ` ± ${halfWidth.toFixed(3)}`;
  return signed(mean, 3) + spread;
}
