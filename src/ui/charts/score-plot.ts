/** @file The chart of scores by round: arms overlaid, each seed thin and joined from arm to arm, means strong, lines of reference. */
import type { Markish } from '@observablehq/plot';
import { armTitle } from '../../words/arm-title.ts';
import { lookOf } from '../words/arms.ts';
import { plural } from '../../core/plural.ts';
import { formatMean, formatScore } from '../../core/figures.ts';
import type { ArmSeries, MeanPoint, ReferenceLine } from './figures.ts';
import { inStretches } from './figures.ts';
import type { Layered } from './layers.ts';
import { layersOf, meansMarks } from './layers.ts';
import { pairedWords, placesOf, seedPairs } from './seed-pairs.ts';
import type { PairPoint } from './seed-pairs.ts';
import type { PlotLibrary } from './plot-figure.tsx';
import { tipOver } from './tip.ts';

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

const low = ({ mean, halfWidth }: MeanPoint) => mean - (halfWidth ?? 0);
const high = ({ mean, halfWidth }: MeanPoint) => mean + (halfWidth ?? 0);

/** The interval around the means of an arm: a band over successive rounds, a bar over one that stands alone. */
export function bandMarks(plot: PlotLibrary, means: readonly MeanPoint[], colour: string): Markish[] {
  const wide = inStretches(means.filter(({ halfWidth }) => halfWidth !== null));
  const isAlone = ({ stretch }: (typeof wide)[number]) =>
    wide.filter((other) => other.stretch === stretch).length === 1;
  const by = { x: 'round', y1: low, y2: high, clip: true } as const;
  return [
    plot.areaY(wide, { ...by, z: 'stretch', fill: colour, fillOpacity: 0.14 }),
    plot.ruleX(wide.filter(isAlone), { ...by, stroke: colour, strokeWidth: 8, strokeOpacity: 0.2 }),
  ];
}

type Place = ReturnType<typeof placesOf>;

/** Of one arm alone: its band, and each seed as a thin line. */
function ownMarks(plot: PlotLibrary, { points, means }: ArmSeries, colour: string, dash: string): Markish[] {
  const seeds = new Set(points.map(({ seed }) => seed)).size;
  if (seeds < 2) return [];
  return [
    ...bandMarks(plot, means, colour),
    plot.lineY(inStretches(points), {
      ...{ x: 'round', y: 'value', z: 'stretch', stroke: colour, strokeDasharray: dash },
      ...{ strokeWidth: 1, strokeOpacity: 0.45 },
    }),
  ];
}

/** Of arms that share seeds: each seed's scores joined from arm to arm, and the means' intervals as bars. */
function pairMarks(
  plot: PlotLibrary,
  series: readonly ArmSeries[],
  pairs: readonly PairPoint[],
  place: Place,
): Markish[] {
  const bars = series.flatMap(({ means }) =>
    means.flatMap((mean) => (mean.halfWidth === null ? [] : [{ ...mean, colour: lookOf(mean).colour }])),
  );
  return [
    plot.ruleX(bars, {
      ...{ x: place, y1: low, y2: high, clip: true },
      ...{ stroke: 'colour', strokeWidth: 9, strokeOpacity: 0.22 },
    }),
    plot.lineY(pairs, {
      ...{ x: place, y: 'value', z: 'pair', stroke: 'var(--ink-soft)', strokeWidth: 1, strokeOpacity: 0.7 },
    }),
    plot.dot(pairs, {
      ...{ x: place, y: 'value', r: 2, fill: (point: PairPoint) => lookOf(point).colour },
    }),
  ];
}

function armMarks(
  plot: PlotLibrary,
  arm: ArmSeries,
  means: readonly Layered<MeanPoint>[],
  isPaired: boolean,
  place: Place,
): Markish[] {
  const { points, best } = arm;
  const look = lookOf(arm);
  const { colour, dash } = look;
  const seeds = new Set(points.map(({ seed }) => seed)).size;
  return [
    ...(isPaired ? [] : ownMarks(plot, arm, colour, dash)),
    plot.dot(best, {
      x: place,
      y: 'value',
      r: seeds > 1 ? 3.5 : 9,
      stroke: colour,
      strokeWidth: 1.5,
      strokeDasharray: '2 2',
    }),
    ...meansMarks(plot, means, { x: place, look, width: 2.5, radius: 5 }),
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

/** Over how many items each of a point's seeds is. */
function itemsWords(series: readonly ArmSeries[], { arm, round }: MeanPoint): string {
  const own = series.find((one) => one.arm === arm)?.points.filter((point) => point.round === round) ?? [];
  const counts = [...new Set(own.map(({ n }) => n))].sort((a, b) => a - b);
  return `${counts.length > 1 ? `${counts[0] ?? 0} to ` : ''}${plural(counts.at(-1) ?? 0, 'item')}${own.length > 1 ? ' a seed' : ''}`;
}

const tipText = (series: readonly ArmSeries[], point: MeanPoint): string => {
  const { arm, method, round, mean, halfWidth, seeds } = point;
  return [
    `${armTitle(arm, method)}, ${round === 0 ? 'base' : `round ${round}`}`,
    formatMean(mean, halfWidth),
    seeds === 1 ? '1 seed: no interval' : `${seeds} seeds, 95% interval`,
    itemsWords(series, point),
    ...(round === 0 ? [] : [pairedWords(series, point) ?? []].flat()),
  ].join('\n');
};

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
  const pairs = seedPairs(series);
  const isPaired = pairs.length > 0;
  const layers = layersOf(series, 1 - low, isPaired);
  const right = isNarrow ? 118 : MARGIN.right;
  const pixels = (width - MARGIN.left - right) / Math.max(1, rounds);
  const place = placesOf(series, isPaired, pixels);
  // Arms beside each other in the last round go beyond it.
  const beyond = Math.max(0, ...pairs.map((point) => place(point) - rounds)) * pixels;
  return plot.plot({
    width,
    height,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginRight: right,
    style: { fontSize: '12px', overflow: 'visible' },
    insetLeft: 6,
    insetRight: 14 + beyond,
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
      ...(isPaired ? pairMarks(plot, series, pairs, place) : []),
      // The method itself last, over its controls.
      ...series.map((arm, i) => armMarks(plot, arm, layers[i] ?? [], isPaired, place)).toReversed(),
      tipOver(plot, means, width, { x: place, y: 'mean', title: (point) => tipText(series, point) }),
    ],
  });
}
