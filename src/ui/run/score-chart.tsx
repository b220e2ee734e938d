/** @file The chart of scores by round, its legend, its switches and its downloads. */
import type { ReactNode } from 'react';
import { useCallback } from 'react';
import type { TaskDefinition } from '../../words/task.ts';
import type { LegendArm } from '../charts/arm-legend.tsx';
import { ArmLegend } from '../charts/arm-legend.tsx';
import { csv } from '../charts/download.ts';
import { lastMean } from '../charts/figures.ts';
import type { PictureFrame } from '../charts/figure-frame.tsx';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { ScoreFigure } from '../charts/score-figure.tsx';
import { layersOf } from '../charts/layers.ts';
import { seedPairs } from '../charts/seed-pairs.ts';
import { drawScores } from '../charts/score-plot.ts';
import { armTitle } from '../../words/arm-title.ts';
import type { Measure } from '../words/metrics.ts';
import { formatScore } from '../../core/figures.ts';
import type { ChartData } from './chart-data.ts';
import './score-chart.css';

export interface ScoreChartProps extends PictureFrame {
  readonly data: ChartData;
  readonly definition: TaskDefinition;
  /** All arms of the run or the setup, those without a point yet too. */
  readonly arms: readonly LegendArm[];
  readonly measure: Measure;
  readonly onMeasure: (measure: Measure) => void;
  readonly height: number;
}

function Legend({ arms, data }: Pick<ScoreChartProps, 'arms' | 'data'>): ReactNode {
  const reached = ({ name }: LegendArm): ReactNode => {
    const series = data.series.find(({ arm }) => arm === name);
    const last = series === undefined ? null : lastMean(series);
    return <span className="legend-figure">{last === null ? 'not yet' : formatScore(last.mean)}</span>;
  };
  return <ArmLegend arms={arms} behind={reached} />;
}

const COLUMNS = ['arm', 'method', 'seed', 'round', 'metric', 'mode', 'split', 'value', 'n'] as const;

/** The chart in words: every line and what it has reached. */
function inWords({ title, series, references }: ChartData): string {
  const arms = series.flatMap((arm) =>
    arm.means.length === 0
      ? []
      : [
          `${armTitle(arm.arm, arm.method)}: ${arm.means.map(({ round, mean }) => `round ${round} ${formatScore(mean)}`).join(', ')}`,
        ],
  );
  const lines = references.map(({ title: name, value }) => `${name} ${formatScore(value)}`);
  return `Chart of ${title} by round. ${[...arms, ...lines].join('. ')}.`;
}

export function ScoreChart(props: ScoreChartProps): ReactNode {
  const { data, arms, ...frame } = props;
  const { measure } = frame;
  const { series, references, rounds } = data;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, pixels: number) =>
      drawScores({ series, references, rounds }, plot, width, pixels),
    [series, references, rounds],
  );
  const isPaired = seedPairs(series).length > 0;
  const isCovered = layersOf(series, 1, isPaired)
    .flat()
    .some(({ under }) => under > 0);
  const rows = series.flatMap(({ points }) =>
    points.map((point) => ({ ...point, ...measure, split: 'test' })),
  );
  return (
    <ScoreFigure
      className="score-chart"
      title="Score by round"
      {...frame}
      draw={draw}
      label={inWords(data)}
      legend={<Legend arms={arms} data={data} />}
      isEmpty={rows.length === 0}
      figures={() => csv(COLUMNS, rows)}
      note={
        <p className="chart-note">
          {data.note}
          {series.some(({ best }) => best.length > 0) &&
            ' A dotted ring marks the round that validation chose.'}
          {isCovered &&
            ' Where arms score alike, the first lies on top; the others show around it, as larger outlines.'}
          {isPaired &&
            ' A thin line joins the scores of one seed from arm to arm; a bar is the mean’s interval.'}
        </p>
      }
    />
  );
}
