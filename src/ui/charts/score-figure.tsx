/** @file A chart of scores by round with its frame: which metric and mode, the drawing, its legend, its downloads. */
import type { ReactNode } from 'react';
import { useRef } from 'react';
import type { TaskDefinition } from '../../words/task.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import type { Measure } from '../words/metrics.ts';
import { metricTitle } from '../../analysis/metrics.ts';
import { MODES, chartedScores } from '../words/metrics.ts';
import { saveCsv } from './download.ts';
import type { PlotFigureProps } from './plot-figure.tsx';
import { PlotFigure } from './plot-figure.tsx';
import './score-figure.css';

export interface ScoreFigureProps extends PlotFigureProps {
  /** Names the section, and its heading by id. */
  readonly className: string;
  readonly title: string;
  /** Whose metrics can be chosen; null: no task yet. */
  readonly definition: TaskDefinition | null;
  readonly measure: Measure;
  readonly onMeasure: (measure: Measure) => void;
  /** More switches, behind metric and mode. */
  readonly switches?: ReactNode;
  readonly legend: ReactNode;
  /** Begins the names of downloaded files. */
  readonly name: string;
  /** The figures as CSV. */
  readonly figures: () => string;
  /** There are no figures yet. */
  readonly isEmpty: boolean;
  readonly note?: ReactNode;
}

function Downloads({
  name,
  figures,
  isEmpty,
  figure,
}: Pick<ScoreFigureProps, 'name' | 'figures' | 'isEmpty'> & {
  readonly figure: () => SVGSVGElement | null;
}): ReactNode {
  const withFigure = (then: (svg: SVGSVGElement) => Promise<void>) => () => {
    const svg = figure();
    if (svg !== null) void then(svg);
  };
  return (
    <div className="downloads" role="group" aria-label="Download the chart">
      <Button
        look="quiet"
        onPress={withFigure(async (svg) => {
          (await import('./picture.ts')).saveSvg(svg, name);
        })}
      >
        SVG
      </Button>
      <Button
        look="quiet"
        onPress={withFigure(async (svg) => {
          await (await import('./picture.ts')).savePng(svg, name);
        })}
      >
        PNG
      </Button>
      <Button
        look="quiet"
        isDisabled={isEmpty}
        onPress={() => {
          saveCsv(figures(), name);
        }}
      >
        CSV
      </Button>
    </div>
  );
}

export function ScoreFigure(props: ScoreFigureProps): ReactNode {
  const { className, title, definition, measure, onMeasure, switches, legend, note } = props;
  const { name, figures, isEmpty, label, height, draw } = props;
  const host = useRef<HTMLDivElement>(null);
  return (
    <section className={`score-figure ${className}`} aria-labelledby={className}>
      <header>
        <h2 id={className}>{title}</h2>
        <div className="chart-switches">
          {definition !== null && (
            <Choice
              label="Metric"
              isLabelHidden
              value={measure.metric}
              options={chartedScores(definition).map((id) => ({ id, title: metricTitle(id) }))}
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
          {switches}
        </div>
      </header>
      <div ref={host}>
        <PlotFigure label={label} height={height} draw={draw} />
      </div>
      <footer>
        {legend}
        <Downloads
          name={`${name}-${measure.metric}-${measure.mode}`}
          figures={figures}
          isEmpty={isEmpty}
          figure={() => host.current?.querySelector('svg') ?? null}
        />
      </footer>
      {note}
    </section>
  );
}
