/** @file The chart of scores by round: arms overlaid, each seed thin, mean and interval strong, lines of reference. */
import type { Markish } from '@observablehq/plot';
import { armTitle, lookOf } from '../words/arms.ts';
import { formatScore } from '../words/numbers.ts';
import type { ArmSeries, MeanPoint, ReferenceLine } from './figures.ts';
import type { PlotLibrary } from './plot-figure.tsx';

export interface ScorePlotData {
  readonly series: readonly ArmSeries[];
  readonly references: readonly ReferenceLine[];
  /** Last round on the axis. */
  readonly rounds: number;
}

/** Pixels that a reference line's words need above each other. */
const LINE_PIXELS = 13;
const MARGIN = { top: 10, bottom: 34, left: 40, right: 142 };

/** Where the axis begins: 0, or below the lowest value of a score that goes below it. */
export const axisFrom = (values: readonly number[]): number =>
  Math.min(0, ...values.map((value) => Math.floor(10 * value) / 10));

/** Heights of labels up to 1, moved apart so that none covers another. */
export function spread(values: readonly number[], least: number): readonly number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const placed = new Array<number>(values.length).fill(0);
  let floor = -Infinity;
  for (const { value, i } of order) {
    floor = Math.max(value, floor + least);
    placed[i] = floor;
  }
  // What was pushed above the top comes down again, from the top.
  let ceiling = 1;
  for (const { i } of order.toReversed()) {
    placed[i] = Math.min(placed[i] ?? 0, ceiling);
    ceiling = (placed[i] ?? 0) - least;
  }
  return placed;
}

/** The interval around the means of an arm. */
export const bandMark = (plot: PlotLibrary, means: readonly MeanPoint[], colour: string): Markish =>
  plot.areaY(
    means.filter(({ halfWidth }) => halfWidth !== null),
    {
      x: 'round',
      y1: ({ mean, halfWidth }: MeanPoint) => mean - (halfWidth ?? 0),
      y2: ({ mean, halfWidth }: MeanPoint) => mean + (halfWidth ?? 0),
      fill: colour,
      fillOpacity: 0.14,
      clip: true,
    },
  );

function armMarks(plot: PlotLibrary, { method, points, means, best }: ArmSeries): Markish[] {
  const { colour, mark, dash } = lookOf(method);
  const seeds = new Set(points.map(({ seed }) => seed)).size;
  const by = { x: 'round', stroke: colour, strokeDasharray: dash } as const;
  return [
    bandMark(plot, means, colour),
    ...(seeds > 1
      ? [plot.lineY(points, { ...by, y: 'value', z: 'seed', strokeWidth: 1, strokeOpacity: 0.45 })]
      : []),
    plot.lineY(means, { ...by, y: 'mean', strokeWidth: 2.5 }),
    plot.dot(best, {
      x: 'round',
      y: 'value',
      r: seeds > 1 ? 3.5 : 9,
      stroke: colour,
      strokeWidth: 1.5,
      strokeDasharray: '2 2',
    }),
    plot.dot(means, {
      x: 'round',
      y: 'mean',
      symbol: mark,
      r: 5,
      ...(mark === 'times' || mark === 'plus'
        ? { stroke: colour, strokeWidth: 2 }
        : { fill: colour, stroke: 'var(--card)', strokeWidth: 1 }),
    }),
  ];
}

export const referenceRules = (plot: PlotLibrary, references: readonly ReferenceLine[]): Markish =>
  plot.ruleY(references, {
    y: 'value',
    stroke: 'var(--line-strong)',
    strokeDasharray: '1 4',
    strokeLinecap: 'round',
    strokeWidth: 1.5,
  });

export const referenceWords = ({ title, value }: ReferenceLine): string => `${title} ${formatScore(value)}`;

function referenceMarks(
  plot: PlotLibrary,
  references: readonly ReferenceLine[],
  height: number,
  isNarrow: boolean,
  low: number,
): Markish[] {
  const least = ((1 - low) * LINE_PIXELS) / (height - MARGIN.top - MARGIN.bottom);
  const heights = spread(
    references.map(({ value }) => value),
    least,
  );
  return [
    referenceRules(plot, references),
    plot.text(references, {
      y: (_: ReferenceLine, i: number) => heights[i] ?? 0,
      frameAnchor: 'right',
      textAnchor: 'start',
      dx: 8,
      fill: 'var(--ink-soft)',
      fontSize: isNarrow ? 11 : 12,
      text: referenceWords,
    }),
  ];
}

const tipText = ({ arm, method, round, mean, halfWidth, seeds }: MeanPoint): string =>
  [
    `${armTitle(arm, method)}, ${round === 0 ? 'base' : `round ${round}`}`,
    `${mean.toFixed(3)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(3)}`}`,
    seeds === 1 ? '1 seed: no interval' : `${seeds} seeds, 95% interval`,
  ].join('\n');

export function drawScores(
  { series, references, rounds }: ScorePlotData,
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const isNarrow = width < 480;
  const means = series.flatMap((arm) => arm.means);
  const points = series.flatMap((arm) => arm.points);
  const low = axisFrom([...points, ...references].map(({ value }) => value));
  return plot.plot({
    width,
    height,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginRight: isNarrow ? 118 : MARGIN.right,
    style: { fontSize: '12px', overflow: 'visible' },
    insetLeft: 6,
    insetRight: 14,
    x: {
      domain: [0, Math.max(1, rounds)],
      ticks: Array.from({ length: rounds + 1 }, (_, round) => round),
      tickFormat: (round: number) => (round === 0 ? 'base' : String(round)),
      label: 'round',
      labelAnchor: 'center',
      labelArrow: 'none',
      tickSize: 4,
    },
    y: { domain: [low, 1], ticks: 5, label: null, grid: true, tickSize: 0 },
    marks: [
      ...referenceMarks(plot, references, height, isNarrow, low),
      ...series.flatMap((arm) => armMarks(plot, arm)),
      plot.tip(
        means,
        plot.pointer({
          x: 'round',
          y: 'mean',
          title: tipText,
          fill: 'var(--card)',
          stroke: 'var(--line-strong)',
          fontSize: 12.5,
          lineHeight: 1.25,
        }),
      ),
    ],
  });
}
