/** @file The small multiples beneath the chart: one diagnostic each, arms overlaid, the same rounds on every axis. */
import { formatMeasure, formatRate, formatShare } from '../../core/figures.ts';
import type { MetricFacts } from '../../metrics/metric.ts';
import { perplexityEdges, perplexityHistogram } from '../../analysis/diagnostics/counts.ts';
import type { RoundState } from '../../method/state.ts';
import { armTitle } from '../../words/arm-title.ts';
import { lookOf, markPaint } from '../words/arms.ts';
import { formatFigure } from '../words/numbers.ts';
import { roundTag, roundTitle } from '../words/rounds.ts';
import type { ArmSeries } from './figures.ts';
import type { PlotLibrary } from './plot-figure.tsx';
import { layersOf, meansMarks } from './layers.ts';
import { tipOver } from './tip.ts';

const TIP = { fill: 'var(--card)', stroke: 'var(--line-strong)', fontSize: 11.5 } as const;

export interface SmallPlotData {
  readonly series: readonly ArmSeries[];
  readonly rounds: number;
  /** Of the vertical axis; null ends where the values do. */
  readonly range: readonly [number, number | null];
  readonly unit: MetricFacts['unit'];
}

export function drawSmall(
  { series, rounds, range: [low, high], unit }: SmallPlotData,
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const means = series.flatMap((arm) => arm.means);
  const top = high ?? Math.max(low + 1, 1.1 * Math.max(0, ...means.map(({ mean }) => mean)));
  const layers = layersOf(series, top - low);
  return plot.plot({
    width,
    height,
    marginTop: 8,
    marginBottom: 20,
    marginLeft: 30,
    marginRight: 10,
    style: { fontSize: '11px', overflow: 'visible' },
    x: {
      domain: [0, Math.max(1, rounds)],
      ticks: Array.from({ length: rounds + 1 }, (_, round) => round),
      tickFormat: roundTag,
      label: null,
      tickSize: 3,
    },
    y: { domain: [low, top], ticks: 3, label: null, grid: true, tickSize: 0 },
    marks: [
      ...series
        .map((arm, i) => {
          const look = lookOf(arm);
          // So small that an edge would eat the mark.
          const paint = look.isOpen ? { ...markPaint(look), strokeWidth: 1.5 } : { fill: look.colour };
          return meansMarks(plot, layers[i] ?? [], { look, width: 1.8, radius: 3.2, paint });
        })
        // The method itself last, over its controls.
        .toReversed(),
      tipOver(
        plot,
        means,
        width,
        {
          ...{ x: 'round', y: 'mean' },
          title: ({ arm, method, round, mean }) =>
            `${armTitle(arm, method)}, ${roundTitle(round)}: ${formatFigure(mean, unit)}`,
        },
        TIP.fontSize,
      ),
    ],
  });
}

export interface PerplexityBar {
  readonly round: number;
  readonly from: number;
  /** null of the last bucket, which has no end. */
  readonly to: number | null;
  readonly share: number;
  /** Self-labels of the round that have a perplexity. */
  readonly n: number;
}

const perplexitiesOf = ({ samples }: RoundState) => samples.flatMap(({ perplexity }) => perplexity ?? []);

/** Shares of a round's self-labels by perplexity, in the same buckets for all rounds; none of a round without any. */
export function perplexityBars(rounds: readonly RoundState[]): readonly PerplexityBar[] {
  const edges = perplexityEdges(rounds.flatMap(perplexitiesOf));
  return rounds.flatMap((own) => {
    const values = perplexitiesOf(own);
    if (values.length === 0) return [];
    return perplexityHistogram(values, edges).map((count, i) => ({
      round: own.round,
      from: i === 0 ? 1 : (edges[i - 1] ?? 1),
      to: i === edges.length - 1 ? null : (edges[i] ?? null),
      share: count / values.length,
      n: values.length,
    }));
  });
}

/** Perplexity of the self-labels by round: one row for each, over the buckets of all of them. */
export function drawPerplexities(
  rounds: readonly RoundState[],
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const bars = perplexityBars(rounds);
  const last = perplexityEdges(rounds.flatMap(perplexitiesOf)).at(-1) ?? 1;
  return plot.plot({
    width,
    height,
    marginTop: 4,
    marginBottom: 20,
    marginLeft: 18,
    marginRight: 20,
    style: { fontSize: '11px', overflow: 'visible' },
    x: {
      type: 'log',
      label: null,
      ticks: [1, Math.sqrt(last), last],
      tickFormat: (value: number) => `${value === last ? '≥' : ''}${formatRate(value)}`,
      domain: [1, last],
    },
    y: { axis: null, domain: [0, 1] },
    fy: { label: null, padding: 0.15, axis: 'left' },
    marks: [
      plot.ruleY([0], { stroke: 'var(--line-strong)' }),
      plot.rectY(bars, {
        fy: ({ round }: PerplexityBar) => String(round),
        x1: 'from',
        x2: ({ to }: PerplexityBar) => to ?? last,
        y: 'share',
        fill: 'var(--perplexity)',
        inset: 0.5,
        tip: TIP,
        title: ({ round, from, to, share }: PerplexityBar) =>
          `round ${round}: ${formatShare(share)} from ${formatMeasure(from)} ${to === null ? 'on' : `to ${formatMeasure(to)}`}`,
      }),
    ],
  });
}
