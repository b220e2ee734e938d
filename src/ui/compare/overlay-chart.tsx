/** @file The runs that were ticked, in one chart of score by round. */
import type { ReactNode } from 'react';
import { useCallback, useRef } from 'react';
import { csv, saveCsv, savePng, saveSvg } from '../charts/download.ts';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import { lookOf } from '../words/arms.ts';
import { MODES, metricTitle, scoresOf } from '../words/metrics.ts';
import { formatScore } from '../words/numbers.ts';
import type { Lettered, Measure, OverlayLine } from './overlay-lines.ts';
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

const inWords = (lines: readonly OverlayLine[], { metric, mode }: Measure): string =>
  `Chart of ${metricTitle(metric)}, ${mode}, by round. ${lines
    .map(
      ({ title, series }) =>
        `${title}: ${series.means.map(({ round, mean }) => `round ${round} ${formatScore(mean)}`).join(', ')}`,
    )
    .join('. ')}.`;

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

function Downloads({
  lines,
  measure,
  figure,
}: Pick<OverlayChartProps, 'lines' | 'measure'> & {
  readonly figure: () => SVGSVGElement | null;
}): ReactNode {
  const file = `bootlace-compare-${measure.metric}-${measure.mode}`;
  const withFigure = (then: (svg: SVGSVGElement) => void) => () => {
    const svg = figure();
    if (svg !== null) then(svg);
  };
  return (
    <div className="overlay-downloads" role="group" aria-label="Download the chart">
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
        onPress={() => {
          saveCsv(asCsv(lines, measure), file);
        }}
      >
        CSV
      </Button>
    </div>
  );
}

export function OverlayChart(props: OverlayChartProps): ReactNode {
  const { runs, lines, measure, isFirstOnly, onMeasure, onFirstOnly } = props;
  const host = useRef<HTMLDivElement>(null);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawOverlay(lines, plot, width, height),
    [lines],
  );
  const definition = runs[0]?.run.task.definition;
  return (
    <section className="overlay-chart" aria-labelledby="overlay-chart">
      <header>
        <h2 id="overlay-chart">Score by round, on test</h2>
        <div className="overlay-switches">
          {definition !== undefined && (
            <Choice
              label="Metric"
              isLabelHidden
              value={measure.metric}
              options={scoresOf(definition).map((id) => ({ id, title: metricTitle(id) }))}
              onChange={(metric) => {
                onMeasure({ ...measure, metric });
              }}
            />
          )}
          <Segments
            label="Mode"
            value={measure.mode}
            options={MODES}
            onChange={(mode) => {
              onMeasure({ ...measure, mode });
            }}
          />
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
        </div>
      </header>
      <div ref={host}>
        <PlotFigure label={inWords(lines, measure)} height={HEIGHT} draw={draw} />
      </div>
      <footer>
        <ul className="overlay-legend" aria-label="Lines">
          {lines.map(({ id, title, series, dash }) => (
            <li key={id}>
              <svg width="30" height="12" viewBox="0 -6 30 12" aria-hidden="true">
                <line
                  x2="30"
                  stroke={lookOf(series.method).colour}
                  strokeWidth="2.5"
                  strokeDasharray={dash}
                />
              </svg>
              <span>{title}</span>
            </li>
          ))}
        </ul>
        <Downloads
          lines={lines}
          measure={measure}
          figure={() => host.current?.querySelector('svg') ?? null}
        />
      </footer>
    </section>
  );
}
