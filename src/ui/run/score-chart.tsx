/** @file The chart of scores by round, its legend, its switches and its downloads. */
import type { ReactNode } from 'react';
import { useCallback, useRef } from 'react';
import type { MethodName } from '../../core/methods.ts';
import type { TaskDefinition } from '../../core/task.ts';
import { ArmKey } from '../charts/arm-key.tsx';
import { csv, saveCsv, savePng, saveSvg } from '../charts/download.ts';
import { lastMean } from '../charts/figures.ts';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import { drawScores } from '../charts/score-plot.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import { armTitle } from '../words/arms.ts';
import { MODES, metricTitle, scoresOf } from '../words/metrics.ts';
import { formatScore } from '../words/numbers.ts';
import type { ChartChoice, ChartData } from './chart-data.ts';
import './score-chart.css';

export interface LegendArm {
  readonly name: string;
  readonly method: MethodName;
}

export interface ScoreChartProps {
  readonly data: ChartData;
  readonly definition: TaskDefinition;
  /** All arms of the run or the setup, those without a point yet too. */
  readonly arms: readonly LegendArm[];
  readonly choice: ChartChoice;
  readonly onChoose: (choice: ChartChoice) => void;
  /** Begins the names of downloaded files. */
  readonly name: string;
  readonly height: number;
}

function Legend({ arms, data }: Pick<ScoreChartProps, 'arms' | 'data'>): ReactNode {
  return (
    <ul className="legend" aria-label="Arms">
      {arms.map(({ name, method }) => {
        const series = data.series.find(({ arm }) => arm === name);
        const last = series === undefined ? null : lastMean(series);
        return (
          <li key={name}>
            <ArmKey method={method} />
            <span>{armTitle(name, method)}</span>
            <span className="legend-figure">{last === null ? 'not yet' : formatScore(last.mean)}</span>
          </li>
        );
      })}
    </ul>
  );
}

const COLUMNS = ['arm', 'method', 'seed', 'round', 'metric', 'mode', 'split', 'value', 'n'] as const;

function Downloads({
  data,
  choice,
  name,
  figure,
}: Pick<ScoreChartProps, 'data' | 'choice' | 'name'> & {
  readonly figure: () => SVGSVGElement | null;
}): ReactNode {
  const file = `${name}-${choice.metric}-${choice.mode}`;
  const withFigure = (then: (svg: SVGSVGElement) => void) => () => {
    const svg = figure();
    if (svg !== null) then(svg);
  };
  const rows = data.series.flatMap(({ points }) =>
    points.map((point) => ({ ...point, metric: choice.metric, mode: choice.mode, split: 'test' })),
  );
  return (
    <div className="downloads" role="group" aria-label="Download the chart">
      <Button
        look="quiet"
        onPress={withFigure((svg) => {
          saveSvg(svg, file);
        })}
      >
        SVG
      </Button>
      <Button look="quiet" onPress={withFigure((svg) => void savePng(svg, file))}>
        PNG
      </Button>
      <Button
        look="quiet"
        isDisabled={rows.length === 0}
        onPress={() => {
          saveCsv(csv(COLUMNS, rows), file);
        }}
      >
        CSV
      </Button>
    </div>
  );
}

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
  const { data, definition, arms, choice, onChoose, name, height } = props;
  const host = useRef<HTMLDivElement>(null);
  const { series, references, rounds } = data;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, pixels: number) =>
      drawScores({ series, references, rounds }, plot, width, pixels),
    [series, references, rounds],
  );
  return (
    <section className="score-chart" aria-labelledby="score-chart">
      <header>
        <h2 id="score-chart">Score by round</h2>
        <div className="chart-switches">
          <Choice
            label="Metric"
            isLabelHidden
            value={choice.metric}
            options={scoresOf(definition).map((id) => ({ id, title: metricTitle(id) }))}
            onChange={(next) => {
              onChoose({ ...choice, metric: next });
            }}
          />
          <Segments
            label="Mode"
            value={choice.mode}
            options={MODES}
            onChange={(mode) => {
              onChoose({ ...choice, mode });
            }}
          />
        </div>
      </header>
      <div ref={host}>
        <PlotFigure label={inWords(data)} height={height} draw={draw} />
      </div>
      <footer>
        <Legend arms={arms} data={data} />

        <Downloads
          data={data}
          choice={choice}
          name={name}
          figure={() => host.current?.querySelector('svg') ?? null}
        />
      </footer>
      <p className="chart-note">
        {data.note}
        {series.some(({ best }) => best.length > 0) &&
          ' A dotted ring marks the round that validation chose.'}
      </p>
    </section>
  );
}
