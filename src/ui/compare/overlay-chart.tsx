/** @file The runs that were ticked, in one chart of score by round. */
import type { ReactNode } from 'react';
import { useCallback, useMemo } from 'react';
import { csv } from '../charts/download.ts';
import type { ReferenceLine } from '../charts/figures.ts';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { ScoreFigure } from '../charts/score-figure.tsx';
import { referenceWords } from '../charts/score-plot.ts';
import { Segments } from '../kit/segments.tsx';
import { lookOf } from '../words/arms.ts';
import type { Measure } from '../words/metrics.ts';
import { metricTitle } from '../../analysis/metrics.ts';
import { formatScore } from '../../core/figures.ts';
import type { Lettered, OverlayLine } from './overlay-lines.ts';
import { factsOf, floorsUnder } from './overlay-lines.ts';
import { drawOverlay } from './overlay-plot.ts';

const HEIGHT = 270;

export interface OverlayChartProps {
  readonly runs: readonly Lettered[];
  readonly lines: readonly OverlayLine[];
  readonly measure: Measure;
  readonly isFirstOnly: boolean;
  readonly onMeasure: (measure: Measure) => void;
  readonly onFirstOnly: (isFirstOnly: boolean) => void;
}

const inWords = (
  lines: readonly OverlayLine[],
  floors: readonly ReferenceLine[],
  { metric, mode }: Measure,
): string => {
  const arms = lines.map(
    ({ title, series }) =>
      `${title}: ${series.means.map(({ round, mean }) => `round ${round} ${formatScore(mean)}`).join(', ')}`,
  );
  const all = [...arms, ...floors.map(referenceWords)];
  return `Chart of ${metricTitle(metric)}, ${mode}, by round. ${all.join('. ')}.`;
};

const COLUMNS = [
  'run',
  'name',
  'task',
  'arm',
  'method',
  'seed',
  'round',
  'metric',
  'mode',
  'split',
  'value',
  'n',
];

function asCsv(lines: readonly OverlayLine[], { metric, mode }: Measure): string {
  const rows = lines.flatMap(({ letter, run, series }) =>
    series.points.map((point): Record<string, string | number | null> => ({
      ...{ run: letter, name: run.name, task: run.task.definition.id, metric, mode, split: 'test' },
      ...point,
    })),
  );
  return csv(COLUMNS, rows);
}

export function OverlayChart(props: OverlayChartProps): ReactNode {
  const { runs, lines, measure, isFirstOnly, onMeasure, onFirstOnly } = props;
  const floors = useMemo(() => floorsUnder(runs, measure), [runs, measure]);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawOverlay(lines, floors, plot, width, height),
    [lines, floors],
  );
  return (
    <ScoreFigure
      className="overlay-chart"
      title="Score by round, on test"
      facts={factsOf(runs)}
      definition={runs[0]?.run.task.definition ?? null}
      measure={measure}
      onMeasure={onMeasure}
      switches={
        <Segments
          label="Arms"
          value={isFirstOnly ? 'first' : 'all'}
          options={[
            { id: 'first', title: 'first arms' },
            { id: 'all', title: 'all arms' },
          ]}
          onChange={(arms) => {
            onFirstOnly(arms === 'first');
          }}
        />
      }
      label={inWords(lines, floors, measure)}
      height={HEIGHT}
      draw={draw}
      legend={
        <ul className="legend" aria-label="Lines">
          {lines.map(({ id, title, series, ending, dash }) => (
            <li key={id}>
              <svg width="30" height="12" viewBox="0 -6 30 12" aria-hidden="true">
                <line x2="30" stroke={lookOf(series).colour} strokeWidth="2.5" strokeDasharray={dash} />
              </svg>
              <span>{title}</span>
              {ending !== null && <span className="faint">{ending}</span>}
            </li>
          ))}
        </ul>
      }
      name="bootlace-compare"
      isEmpty={lines.length === 0}
      note={<p className="chart-note no-picture">{factsOf(runs)}</p>}
      figures={() => asCsv(lines, measure)}
    />
  );
}
