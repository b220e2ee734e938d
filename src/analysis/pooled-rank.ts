/**
 * @file A claim that one figure of a run foretells another, over the runs of several cells (a model with a task): Spearman's rank
 * correlation, its p by permutation within each cell, so that cells that merely differ in both prove nothing.
 */
import { deriveKey, integerAt, shuffled } from '../core/random.ts';

/** Of one run: what foretells, and what came. */
export type Foretold = readonly [before: number, after: number];

export interface RankCorrelation {
  /** Spearman's, -1 to 1. */
  readonly rho: number;
  /** 95%: the runs of each cell drawn anew. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, of at least one in draws + 1. */
  readonly p: number;
  readonly cells: number;
  readonly runs: number;
}

const DRAWS = 10_000;
/** Fewer have no ranks to speak of. */
const LEAST_RUNS = 4;

/** Equal values share the mean of their places. */
function ranks(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

/** Pearson's; 0 where one of both does not vary. */
function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((value, i) => {
    const [dx, dy] = [value - mx, (ys[i] ?? my) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  });
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

const spearman = (runs: readonly Foretold[]): number =>
  correlation(ranks(runs.map(([before]) => before)), ranks(runs.map(([, after]) => after)));

/** @returns null of too few runs */
export function rankCorrelation(
  cells: readonly (readonly Foretold[])[],
  key: number,
  draws = DRAWS,
): RankCorrelation | null {
  const runs = cells.flat();
  if (runs.length < LEAST_RUNS) return null;
  const rho = spearman(runs);
  let beyond = 0;
  const drawn: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const permuted = cells.flatMap((own, cell) => {
      const after = shuffled(
        own.map(([, value]) => value),
        deriveKey(key, 'permuted', draw, cell),
      );
      return own.map(([before], i): Foretold => [before, after[i] ?? 0]);
    });
    if (Math.abs(spearman(permuted)) >= Math.abs(rho)) beyond++;
    const anew = cells.flatMap((own, cell) => {
      const runKey = deriveKey(key, 'drawn anew', draw, cell);
      return own.map((run, i) => own[integerAt(runKey, i, own.length)] ?? run);
    });
    drawn.push(spearman(anew));
  }
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.round(share * (drawn.length - 1))] ?? rho;
  return {
    ...{ rho, low: at(0.025), high: at(0.975), p: (beyond + 1) / (draws + 1) },
    ...{ cells: cells.filter((own) => own.length > 0).length, runs: runs.length },
  };
}
