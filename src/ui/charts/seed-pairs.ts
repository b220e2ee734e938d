/**
 * @file Arms of one run are paired by seed: the same draws of prompts and demonstrations. What differs between two of them is
 * the slope from score to score within each seed, which bands around the means would hide.
 */
import { signed, formatSpread } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import { pairedDifference } from '../../metrics/statistics.ts';
import { armTitle } from '../../words/arm-title.ts';
import type { ArmSeries, MeanPoint, Point } from './figures.ts';

/** Pixels between two arms in the same round. */
const STEP_PIXELS = 22;
/** Of the way to the next round: at most so much is theirs. */
const MOST_OF_ROUND = 0.6;

/** Of one seed in one round: its scores in the arms' order. */
export interface PairPoint extends Point {
  readonly pair: string;
}

/** What lines are drawn through, of seeds that several arms have scored; the base is the same in all arms. */
export function seedPairs(series: readonly ArmSeries[]): readonly PairPoint[] {
  const all = series
    .flatMap(({ points }) => points)
    .filter(({ round }) => round > 0)
    // Of as many items: a score of fewer is not laid beside one of more.
    .map((point) => ({ ...point, pair: `${point.round}/${point.seed}/${point.n}` }));
  const arms = new Map<string, number>();
  for (const { pair } of all) arms.set(pair, (arms.get(pair) ?? 0) + 1);
  const seeds = new Set(all.map(({ seed }) => seed));
  return seeds.size < 2 ? [] : all.filter(({ pair }) => (arms.get(pair) ?? 0) > 1);
}

/** Where an arm's points of a round stand on the axis of rounds: beside each other where lines join them. */
export function placesOf(
  series: readonly ArmSeries[],
  isPaired: boolean,
  pixelsPerRound: number,
): (point: { readonly arm: string; readonly round: number }) => number {
  const scored = series.filter(({ points }) => points.length > 0).map(({ arm }) => arm);
  const step = Math.min(STEP_PIXELS / pixelsPerRound, MOST_OF_ROUND / Math.max(1, scored.length));
  return ({ arm, round }) =>
    isPaired && round > 0 ? round + step * (scored.indexOf(arm) - (scored.length - 1) / 2) : round;
}

/** The first arm against this one in this round: "SOFT minus this: +0.040 ± 0.030, more in 3 of 3 seeds"; null where fewer than
 * two seeds have both, of as many items. */
export function pairedWords(series: readonly ArmSeries[], { arm, round }: MeanPoint): string | null {
  const [first] = series;
  const other = series.find((one) => one.arm === arm);
  if (first === undefined || other === undefined || first === other) return null;
  const inRound = ({ points }: ArmSeries) => points.filter((point) => point.round === round);
  const of = (series: ArmSeries, beside: ArmSeries) =>
    new Map(
      inRound(series)
        .filter(({ seed, n }) => inRound(beside).some((point) => point.seed === seed && point.n === n))
        .map(({ seed, value }) => [seed, value]),
    );
  const [own, others] = [of(first, other), of(other, first)];
  const { mean, halfWidth, n } = pairedDifference(own, others);
  if (mean === null || n < 2) return null;
  const more = [...own].filter(([seed, value]) => value > (others.get(seed) ?? value)).length;
  return `${armTitle(first.arm, first.method)} minus this: ${signed(mean)}${formatSpread(halfWidth)}, more in ${more} of ${plural(n, 'seed')}`;
}
