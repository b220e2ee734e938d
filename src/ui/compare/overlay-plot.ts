/**
 * @file Two drawings: the score by round of every line laid over (colour and mark say the arm, letter and dash the run),
 * and the paired difference of two of them with its interval.
 */
import type { MeanPoint, ReferenceLine } from '../charts/figures.ts';
import { layersOf, meansMarks } from '../charts/layers.ts';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { axisFrom, bandMarks, referenceRules, referenceWords, spread } from '../charts/score-plot.ts';
import { tipOver } from '../charts/tip.ts';
import { lookOf } from '../words/arms.ts';
import { formatMean, formatScore, formatSpread, signed } from '../../core/figures.ts';
import { roundTag, roundTitle } from '../words/rounds.ts';
import type { RoundDifference } from './difference.ts';
import type { OverlayLine } from './overlay-lines.ts';

const MARGIN = { top: 10, bottom: 34, left: 36 };
/** Less than this a host has only before its style sheet is there; margins alone would be wider. */
const LEAST_WIDTH = 280;
/** Pixels that a line's words need above each other. */
const LINE_PIXELS = 15;

interface Lettered extends MeanPoint {
  readonly title: string;
}

const roundAxis = (rounds: number) => ({
  domain: [0, Math.max(1, rounds)],
  ticks: Array.from({ length: rounds + 1 }, (_, round) => round).filter(
    (round) => rounds <= 12 || round % Math.ceil(rounds / 12) === 0,
  ),
  tickFormat: roundTag,
  label: 'round',
  labelAnchor: 'center' as const,
  labelArrow: 'none' as const,
  tickSize: 4,
});

const lastRound = (lines: readonly OverlayLine[]): number =>
  Math.max(1, ...lines.flatMap(({ series }) => series.points.map(({ round }) => round)));

export function drawOverlay(
  lines: readonly OverlayLine[],
  floors: readonly ReferenceLine[],
  plot: PlotLibrary,
  hostWidth: number,
  height: number,
): Element {
  const isNarrow = hostWidth < 480;
  const width = Math.max(LEAST_WIDTH, hostWidth);
  const rounds = lastRound(lines);
  const points = lines.flatMap(({ series, title }) =>
    series.means.map((point): Lettered => ({ ...point, title })),
  );
  const ends = lines.flatMap(({ series, letter, title }) => {
    const last = series.means.at(-1);
    return last === undefined ? [] : [{ ...last, letter, title }];
  });
  const values = lines.flatMap(({ series }) => series.points.map(({ value }) => value));
  const low = axisFrom([...values, ...floors.map(({ value }) => value)]);
  const heights = spread(
    ends.map(({ mean }) => mean),
    ((1 - low) * LINE_PIXELS) / (height - MARGIN.top - MARGIN.bottom),
  );
  const layers = layersOf(
    lines.map(({ series }) => series),
    1 - low,
  );
  const labels = ends.map((end, i) => ({ ...end, height: heights[i] ?? end.mean }));
  return plot.plot({
    ...{ width, height, marginTop: MARGIN.top, marginBottom: MARGIN.bottom, marginLeft: MARGIN.left },
    marginRight: isNarrow ? 112 : 168,
    style: { fontSize: '12px', overflow: 'visible' },
    ...{ insetLeft: 6, insetRight: 12 },
    x: roundAxis(rounds),
    y: { domain: [low, 1], ticks: 5, label: null, grid: true, tickSize: 0 },
    marks: [
      referenceRules(plot, floors),
      // The lower one's words below it: the two are often nearly equal.
      ...floors.map((floor) =>
        plot.text([floor], {
          ...{ y: 'value', frameAnchor: 'right', textAnchor: 'end', dx: -8 },
          dy: floors.some(({ value }) => value > floor.value) ? 9 : -7,
          ...{ fill: 'var(--ink-soft)', fontSize: 11, text: referenceWords },
        }),
      ),
      ...lines
        .map(({ dash, series }, i) => {
          const look = lookOf(series);
          return [
            ...bandMarks(plot, series.means, look.colour),
            ...meansMarks(plot, layers[i] ?? [], { look: { ...look, dash }, width: 2.2, radius: 4.5 }),
          ];
        })
        // The method itself last, over its controls.
        .toReversed(),
      // From the line's end to its words, which may have been moved apart.
      ...labels.map(({ round, mean, height: place }) =>
        plot.lineY(
          [
            { x: round, y: mean },
            { x: rounds, y: place },
          ],
          { x: 'x', y: 'y', stroke: 'var(--line-strong)', strokeDasharray: '1 3', dx: 8 },
        ),
      ),
      plot.text(labels, {
        ...{ x: rounds, y: 'height', textAnchor: 'start', dx: 14, fill: 'var(--ink)' },
        fontSize: isNarrow ? 11 : 12.5,
        text: ({ title, mean }: (typeof labels)[number]) => `${title} ${formatScore(mean)}`,
      }),
      tipOver(plot, points, width, {
        ...{ x: 'round', y: 'mean' },
        title: ({ title, round, mean, halfWidth, seeds }) =>
          [
            `${title}, ${roundTitle(round)}`,
            formatMean(mean, halfWidth),
            seeds === 1 ? '1 seed: no interval' : `${seeds} seeds, 95% interval`,
          ].join('\n'),
      }),
    ],
  });
}

export function drawDifference(
  differences: readonly RoundDifference[],
  plot: PlotLibrary,
  hostWidth: number,
  height: number,
): Element {
  const width = Math.max(LEAST_WIDTH, hostWidth);
  const most = Math.max(0.05, ...differences.map(({ mean, halfWidth }) => Math.abs(mean) + (halfWidth ?? 0)));
  const last = differences.at(-1)?.round ?? 1;
  return plot.plot({
    ...{ width, height, marginTop: MARGIN.top, marginBottom: MARGIN.bottom, marginLeft: 46, marginRight: 12 },
    style: { fontSize: '12px' },
    ...{ insetLeft: 14, insetRight: 14 },
    x: roundAxis(last),
    y: {
      ...{ domain: [-1.1 * most, 1.1 * most], ticks: 5, label: null, grid: true, tickSize: 0 },
      tickFormat: (value: number) => (value === 0 ? '0' : signed(value, 2)),
    },
    marks: [
      plot.ruleY([0], { stroke: 'var(--ink)', strokeWidth: 1.5 }),
      plot.ruleX(
        differences.filter(({ halfWidth }) => halfWidth !== null),
        {
          x: 'round',
          y1: ({ mean, halfWidth }: RoundDifference) => mean - (halfWidth ?? 0),
          y2: ({ mean, halfWidth }: RoundDifference) => mean + (halfWidth ?? 0),
          ...{ stroke: 'var(--ink-soft)', strokeWidth: 3, marker: 'none' },
        },
      ),
      plot.dot(differences, {
        ...{ x: 'round', y: 'mean', r: 5, fill: 'var(--ink)', stroke: 'var(--card)' },
      }),
      tipOver(plot, differences, width, {
        ...{ x: 'round', y: 'mean' },
        title: ({ round, mean, halfWidth }) =>
          `${roundTitle(round)}: ${signed(mean)}${formatSpread(halfWidth)}`,
      }),
    ],
  });
}
