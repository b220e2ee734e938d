/**
 * @file a minus b, paired, and what it shows: the one place where a difference is judged, and its words. Over seeds:
 * Student's t interval. With one seed in common: twice the paired standard error over the items that both answered, which
 * says nothing of other seeds and is named so.
 */
import { formatSpread, signed } from '../core/figures.ts';
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
  /** Where one of the two was scored on more: the fewest items of a seed that both answered, over which both are. */
  readonly cutTo: number | null;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The score is the mean over its items: it can be had of some of them. */
const isMean = (score: number | undefined, items: ReadonlyMap<string, number>): boolean =>
  score !== undefined && Math.abs(score - meanOf([...items.values()])) < 1e-9;

/** Both over the same items: unequal ones are never compared. A seed of which that cannot be had is left out. */
function onSameItems(
  a: Side,
  b: Side,
): { readonly sides: readonly [Side, Side]; readonly cutTo: number | null } {
  const cut = new Map<number, readonly string[]>();
  for (const seed of a.scores.keys()) {
    if (!b.scores.has(seed)) continue;
    const [own, other] = [a.itemsOf(seed), b.itemsOf(seed)];
    const shared = [...own.keys()].filter((id) => other.has(id));
    if (shared.length === own.size && shared.length === other.size) continue;
    const areMeans = isMean(a.scores.get(seed), own) && isMean(b.scores.get(seed), other);
    cut.set(seed, areMeans ? shared : []);
  }
  if (cut.size === 0) return { sides: [a, b], cutTo: null };
  const over = ({ scores, itemsOf }: Side): Side => {
    const itemsIn = (seed: number): ReadonlyMap<string, number> => {
      const all = itemsOf(seed);
      const ids = cut.get(seed);
      return ids === undefined ? all : new Map(ids.map((id) => [id, all.get(id) ?? 0]));
    };
    const left = [...scores].flatMap(([seed, score]): [number, number][] => {
      const ids = cut.get(seed);
      if (ids === undefined) return [[seed, score]];
      return ids.length === 0 ? [] : [[seed, meanOf([...itemsIn(seed).values()])]];
    });
    return { scores: new Map(left), itemsOf: itemsIn };
  };
  const counts = [...cut.values()].map(({ length }) => length).filter((length) => length > 0);
  return { sides: [over(a), over(b)], cutTo: counts.length === 0 ? null : Math.min(...counts) };
}

/** null where they share no seed, or no items. */
export function paired(one: Side, other: Side): Paired | null {
  const { sides, cutTo } = onSameItems(one, other);
  const [a, b] = sides;
  const { mean, halfWidth, p, n } = pairedDifference(a.scores, b.scores);
  const shared = [...a.scores.keys()].filter((seed) => b.scores.has(seed));
  const [seed] = shared;
  if (mean === null || seed === undefined) return null;
  const over = ({ scores }: Side) =>
    shared.reduce((sum, each) => sum + (scores.get(each) ?? 0), 0) / shared.length;
  const found = { a: over(a), b: over(b), mean, p, seeds: n, cutTo };
  if (n > 1) return { ...found, halfWidth, items: null };
  const items = pairedItems(a.itemsOf(seed), b.itemsOf(seed));
  return {
    ...found,
    halfWidth: items === null ? null : 2 * items.standardError,
    items: items?.items ?? null,
  };
}

/** What a difference shows: `alike` where all differ by the same and are too few; `one-draw` where one seed differs by more
 * than its items explain, but not by so much that other seeds would too; `unknown` without an interval. */
export type Judgement = 'higher' | 'lower' | 'not-shown' | 'one-draw' | 'same' | 'alike' | 'unknown';

/** Of the test over seeds. */
export const LEVEL = 0.05;

/** By its p where there is one, corrected or not; else by whether the interval holds zero. */
export function judge({ mean, halfWidth, p }: Pick<Difference, 'mean' | 'halfWidth' | 'p'>): Judgement {
  if (mean === null || halfWidth === null) return 'unknown';
  if (p === null ? Math.abs(mean) > halfWidth : p < LEVEL) return mean > 0 ? 'higher' : 'lower';
  if (halfWidth > 0) return 'not-shown';
  return mean === 0 ? 'same' : 'alike';
}

/** Times its interval, from which on a difference of two arms in one seed is called one. Their adapters differ from seed to
 * seed by about four times what test items tell: at the interval itself one quick look in twelve said the opposite of what
 * ten seeds show, at twice of it one in thirty (npm run bench -- quick-looks). */
const OF_ONE_SEED = 2;

/** Of two arms, each with adapters of its own. */
export function judgeArms(found: Paired): Judgement {
  const verdict = judge(found);
  if (found.seeds > 1 || !isShown(verdict)) return verdict;
  return Math.abs(found.mean) > OF_ONE_SEED * (found.halfWidth ?? 0) ? verdict : 'one-draw';
}

export const isShown = (judgement: Judgement): boolean => judgement === 'higher' || judgement === 'lower';

/** Why it is judged so, as a sentence's end. */
export const BECAUSE: Readonly<Record<Judgement, string>> = {
  higher: 'the difference is larger than its uncertainty',
  lower: 'the difference is larger than its uncertainty',
  'not-shown': 'zero lies inside the interval',
  'one-draw': 'of one seed it would have to be twice its uncertainty, as another draw may differ by more',
  same: 'in every pair both scored the same',
  alike: 'each differs by the same, and so few that agree may be chance',
  unknown: 'no telling whether this is more than chance',
};

/** Of a claim that a is above b, written down before the run. */
export const CLAIM_VERDICTS = ['shown', 'shown the other way', 'smaller than 0.03', 'undecided'] as const;
export type ClaimVerdict = (typeof CLAIM_VERDICTS)[number];

/** What a claim asks for at the least: a difference inside it on both sides is little. */
export const LEAST = 0.03;

/** Of a run whose seeds are to tell: enough for an interval that means something, few enough to wait for. */
export const USUAL_SEEDS = 5;

/** From so many equal differences on their agreement is no chance: the sign test's p, 2 ** (1 - n), is below LEVEL. */
export const ENOUGH_ALIKE = 6;

/** Not significant is not refuted: only an interval within ±0.03 says that there is little, or enough pairs that tie.
 * @param found over seeds; n pairs */
export function claimVerdict(found: Pick<Difference, 'mean' | 'halfWidth' | 'p' | 'n'>): ClaimVerdict {
  const judgement = judge(found);
  if (isShown(judgement)) return judgement === 'higher' ? 'shown' : 'shown the other way';
  const isNarrow = Math.abs(found.mean ?? 0) + (found.halfWidth ?? 0) <= LEAST;
  const isLittle = judgement === 'same' ? found.n >= ENOUGH_ALIKE : judgement === 'not-shown' && isNarrow;
  return isLittle ? 'smaller than 0.03' : 'undecided';
}

/** The judgement as a sentence's end. One seed says nothing of methods, only of what it trained.
 * @param two what one seed compares: adapters, or models where none is trained */
export function saysOf(
  judgement: Judgement,
  a: string,
  seeds: number,
  two: 'adapters' | 'models' = 'adapters',
): string {
  if (seeds === 1 && judgement === 'same') return `these two ${two} score the same on every item`;
  if (seeds === 1)
    return isShown(judgement)
      ? `of these two ${two} that of ${a} is ${judgement}`
      : `too few to tell these two ${two} apart`;
  return isShown(judgement) ? `${a} is ${judgement}` : `no difference that ${seeds} seeds can show`;
}

/** "0.920 ± 0.030"; "none" of no values. */
export const scoreWords = ({ mean, halfWidth }: Pick<Interval, 'mean' | 'halfWidth'>): string =>
  mean === null ? 'none' : mean.toFixed(3) + formatSpread(halfWidth);

/** "+0.120 ± 0.060"; "+0.125 in each" where all differ by the same, which is no spread that could be told; '' of none. */
export function differenceWords({ mean, halfWidth }: Pick<Interval, 'mean' | 'halfWidth'>): string {
  if (mean === null) return '';
  const spread = halfWidth === 0 && mean !== 0 ? ' in each' : formatSpread(halfWidth);
  return signed(mean) + spread;
}
