/**
 * @file The map: what a teacher's gain is told from. A base's wrong answers are of two kinds, those that most draws of
 * demonstrations share (systematic) and those that vary from draw to draw; noise put in on purpose adds to one of them. The
 * gain is fitted by least squares to the two shares and judged on what the fit has not seen.
 */
import type { Knobs } from '../words/knobs.ts';

export interface ErrorShares {
  /** Of the items, those that the majority of the draws answers wrongly. */
  readonly systematic: number;
  /** Of the answers to the other items, the wrong ones. */
  readonly varying: number;
  /** Of all answers, the right ones. */
  readonly accuracy: number;
}

/** One draw's answer to an item. */
export interface Draw {
  /** In the form in which answers are compared. */
  readonly answer: string;
  readonly isRight: boolean;
}

const rightShare = (draws: readonly Draw[]): number =>
  draws.filter(({ isRight }) => isRight).length / draws.length;

/** Whether the majority of the draws is right; of equally frequent answers the first is the majority's. */
export function isVoteRight(draws: readonly Draw[]): boolean {
  const count = ({ answer }: Draw) => draws.filter((other) => other.answer === answer).length;
  const most = Math.max(...draws.map(count));
  return draws.find((draw) => count(draw) === most)?.isRight === true;
}

/** @param items the answers of all draws to each */
export function errorShares(items: readonly (readonly Draw[])[]): ErrorShares {
  const spared = items.filter(isVoteRight);
  return {
    systematic: 1 - spared.length / items.length,
    varying: spared.length === 0 ? 0 : 1 - rightShare(spared.flat()),
    accuracy: rightShare(items.flat()),
  };
}

type Noise = Pick<Knobs, 'labelNoise' | 'noiseKind'>;

/** The shares where a part of the right answers is made wrong on purpose. By chance, or each label taken for the next one by
 * chance, varies from draw to draw; all prompts with some words do not. What noise makes right again is left out of account. */
export function withNoise(shares: ErrorShares, { labelNoise, noiseKind }: Noise): ErrorShares {
  const { systematic, varying } = shares;
  const accuracy = shares.accuracy * (1 - labelNoise);
  return noiseKind === 'instance'
    ? { systematic: systematic + labelNoise * (1 - systematic), varying, accuracy }
    : { systematic, varying: varying + labelNoise * (1 - varying), accuracy };
}

/** A point of the map: one setting of a task and a model. */
export interface Cell extends ErrorShares {
  readonly model: string;
  readonly task: string;
  readonly setting: string;
  /** The teacher's probe accuracy after the last round, SOFT minus its frozen counterpart, by seed. */
  readonly gains: readonly number[];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
export const gainOf = ({ gains }: Pick<Cell, 'gains'>): number => mean(gains);

/** Coefficients of y on the columns of x by the normal equations; a column that the others explain gets 0. */
export function leastSquares(x: readonly (readonly number[])[], y: readonly number[]): readonly number[] {
  const width = x[0]?.length ?? 0;
  const at = (row: readonly number[] | undefined, i: number): number => row?.[i] ?? 0;
  const sum = (of: (row: readonly number[], i: number) => number) =>
    x.reduce((total, row, i) => total + of(row, i), 0);
  const rows = Array.from({ length: width }, (_, i) => [
    ...Array.from({ length: width }, (__, j) => sum((row) => at(row, i) * at(row, j))),
    sum((row, n) => at(row, i) * at(y, n)),
  ]);
  const scale = Math.max(...rows.map((row, i) => at(row, i)));
  for (let i = 0; i < width; i++) {
    const pivot = rows[i] ?? [];
    const size = at(pivot, i);
    rows.forEach((row, k) => {
      if (k === i) return;
      const factor = size <= 1e-12 * scale ? 0 : at(row, i) / size;
      rows[k] = row.map((value, j) => value - factor * at(pivot, j));
    });
  }
  return rows.map((row, i) => (at(row, i) <= 1e-12 * scale ? 0 : at(row, width) / at(row, i)));
}

/** What a gain may be told from. */
const FEATURES = {
  map: ({ systematic, varying }: ErrorShares) => [1, systematic, varying],
  accuracy: ({ accuracy }: ErrorShares) => [1, accuracy],
  constant: () => [1],
} as const;
export type Teller = keyof typeof FEATURES;
export const TELLERS: readonly Teller[] = ['map', 'accuracy', 'constant'];

export type Coefficients = readonly number[];
export const fitted = (cells: readonly Cell[], by: Teller = 'map'): Coefficients =>
  leastSquares(cells.map(FEATURES[by]), cells.map(gainOf));
export const told = (coefficients: Coefficients, cell: ErrorShares, by: Teller = 'map'): number =>
  FEATURES[by](cell).reduce((sum, value, i) => sum + value * (coefficients[i] ?? 0), 0);

export interface Judged {
  /** Mean absolute error of what was told of cells that the fit had not seen. */
  readonly errors: Readonly<Record<Teller, number>>;
  /** Of the gains on what the map told of them: 1 and 0 where it is calibrated. */
  readonly slope: number;
  readonly intercept: number;
  /** Groups that were left out, one at a time. */
  readonly groups: number;
}

/** Leaves out one group of cells after another (one task, one model), fits the rest and tells them.
 * null where there are fewer than two groups. */
export function judged(cells: readonly Cell[], by: 'task' | 'model'): Judged | null {
  const groups = [...new Set(cells.map((cell) => cell[by]))];
  if (groups.length < 2) return null;
  const seen = groups.flatMap((group) => {
    const rest = cells.filter((cell) => cell[by] !== group);
    const fits = {
      map: fitted(rest),
      accuracy: fitted(rest, 'accuracy'),
      constant: fitted(rest, 'constant'),
    };
    const tell = (cell: Cell, teller: Teller) => told(fits[teller], cell, teller);
    return cells
      .filter((cell) => cell[by] === group)
      .map((cell) => ({
        ...{ gain: gainOf(cell), map: tell(cell, 'map') },
        ...{ accuracy: tell(cell, 'accuracy'), constant: tell(cell, 'constant') },
      }));
  });
  const error = (teller: Teller) => mean(seen.map((one) => Math.abs(one[teller] - one.gain)));
  const [intercept = 0, slope = 0] = leastSquares(
    seen.map((one) => [1, one.map]),
    seen.map(({ gain }) => gain),
  );
  return {
    errors: { map: error('map'), accuracy: error('accuracy'), constant: error('constant') },
    ...{ slope, intercept, groups: groups.length },
  };
}

/** The standard deviation of a gain between the seeds of a cell, averaged over the cells that have several. */
export function spreadOfSeeds(cells: readonly Cell[]): number | null {
  const spreads = cells.flatMap(({ gains }) => {
    if (gains.length < 2) return [];
    const middle = mean(gains);
    return [Math.sqrt(gains.reduce((sum, gain) => sum + (gain - middle) ** 2, 0) / (gains.length - 1))];
  });
  return spreads.length === 0 ? null : mean(spreads);
}
