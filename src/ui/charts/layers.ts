/**
 * @file Arms that score alike fall on each other: the base is the same in all, and round 1 often. The first arm, the method
 * itself, lies on top, and what lies under it looks out around it: marks as larger outlines, lines as wider ones.
 */
import type { ChannelValueSpec, Markish } from '@observablehq/plot';
import type { ArmLook } from '../words/arms.ts';
import { markPaint, outlinePaint } from '../words/arms.ts';
import type { ArmSeries, MeanPoint } from './figures.ts';
import { inStretches } from './figures.ts';
import type { PlotLibrary } from './plot-figure.tsx';

/** A point, and how many arms before its own have one in the same place. */
export type Layered<T> = T & { readonly under: number };

/** Of an axis: marks that are nearer hide each other. */
const NEAR = 0.015;
/** Beyond so many no outline grows larger. */
const MOST = 2;
/** Of an outline beyond the mark that it goes around, and of a line beyond the one on it. */
const WIDER = { mark: 0.5, line: 2.5 } as const;

/** @param span of their axis */
export const isNear = (a: number, b: number, span: number): boolean => Math.abs(a - b) < NEAR * span;

/** By arm, in the arms' order. */
export const layered = <T extends object>(
  arms: readonly (readonly T[])[],
  isOn: (point: T, other: T) => boolean,
): readonly (readonly Layered<T>[])[] =>
  arms.map((points, i) =>
    points.map((point) => {
      const above = arms.slice(0, i).filter((other) => other.some((one) => isOn(point, one)));
      return { ...point, under: Math.min(MOST, above.length) };
    }),
  );

/** Of means by round.
 * @param span of the axis of scores
 * @param isApart in each round but the base the arms stand beside each other */
export const layersOf = (
  series: readonly Pick<ArmSeries, 'means'>[],
  span: number,
  isApart = false,
): readonly (readonly Layered<MeanPoint>[])[] =>
  layered(
    series.map(({ means }) => means),
    (a, b) => a.round === b.round && (a.round === 0 || !isApart) && isNear(a.mean, b.mean, span),
  );

type Paint = ReturnType<typeof markPaint> | { readonly fill: string };

export interface MarksLook {
  readonly x: ChannelValueSpec;
  readonly y: ChannelValueSpec;
  readonly look: ArmLook;
  /** Pixels, from a mark's middle to its edge. */
  readonly radius: number;
  /** Of a mark that nothing lies on. */
  readonly paint?: Paint;
}

/** Of one arm. */
export function layeredMarks<T extends object>(
  plot: PlotLibrary,
  points: readonly Layered<T>[],
  { x, y, look, radius, paint = markPaint(look) }: MarksLook,
): Markish[] {
  const mark = { x, y, symbol: look.mark };
  return [
    plot.dot(
      points.filter(({ under }) => under > 0),
      {
        ...{ ...mark, ...outlinePaint(look) },
        // In pixels: without a scale of its own.
        r: { value: ({ under }: Layered<T>) => radius * (1 + WIDER.mark * under), scale: null },
      },
    ),
    plot.dot(
      points.filter(({ under }) => under === 0),
      { ...mark, r: radius, ...paint },
    ),
  ];
}

export interface MeansLook extends Omit<MarksLook, 'x' | 'y'> {
  /** Where a mean stands across; its round by default. */
  readonly x?: ChannelValueSpec;
  /** Of the line, in pixels. */
  readonly width: number;
}

/** Of one arm: the line through its means, and their marks. */
export function meansMarks(
  plot: PlotLibrary,
  means: readonly Layered<MeanPoint>[],
  { x = 'round', width, ...marks }: MeansLook,
): Markish[] {
  const { colour, dash } = marks.look;
  const line = { x, y: 'mean', stroke: colour, strokeDasharray: dash };
  const points = inStretches(means);
  const covered = points.flatMap((point, i) => {
    const before = points[i - 1];
    if (before?.stretch !== point.stretch) return [];
    const under = Math.min(before.under, point.under);
    return under === 0 ? [] : [before, point].map((end) => ({ ...end, under, step: i }));
  });
  const deepest = Math.max(0, ...covered.map(({ under }) => under));
  return [
    plot.lineY(covered, { ...line, z: 'step', strokeWidth: width + WIDER.line * deepest }),
    plot.lineY(points, { ...line, z: 'stretch', strokeWidth: width }),
    ...layeredMarks(plot, means, { x, y: 'mean', ...marks }),
  ];
}
