/** @file A chart of scores by round with its frame: which metric and mode, the drawing, its legend, its downloads. */
import type { ReactNode } from 'react';
import type { TaskDefinition } from '../../words/task.ts';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import type { Measure } from '../words/metrics.ts';
import { metricTitle } from '../../analysis/metrics.ts';
import { MODES, chartedScores } from '../words/metrics.ts';
import type { FigureFrameProps } from './figure-frame.tsx';
import { FigureFrame } from './figure-frame.tsx';
import type { PlotFigureProps } from './plot-figure.tsx';
import { PlotFigure } from './plot-figure.tsx';

export interface ScoreFigureProps extends PlotFigureProps, Omit<FigureFrameProps, 'children'> {
  /** Whose metrics can be chosen; null: no task yet. */
  readonly definition: TaskDefinition | null;
  readonly measure: Measure;
  readonly onMeasure: (measure: Measure) => void;
}

export function ScoreFigure(props: ScoreFigureProps): ReactNode {
  const { definition, measure, onMeasure, label, height, draw, ...frame } = props;
  return (
    <FigureFrame
      {...frame}
      subject={`${metricTitle(measure.metric)}, ${measure.mode}`}
      name={`${frame.name}-${measure.metric}-${measure.mode}`}
      switches={
        <>
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
          {frame.switches}
        </>
      }
    >
      <PlotFigure label={label} height={height} draw={draw} />
    </FigureFrame>
  );
}
