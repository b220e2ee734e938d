/** @file The staircase of a run with its numbers, or why there is none. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { isOver } from '../headline.tsx';
import { useCallback, useMemo } from 'react';
import { metricTitle } from '../../../analysis/metrics.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { ArmKey } from '../../charts/arm-key.tsx';
import { csv } from '../../charts/download.ts';
import type { PictureFrame } from '../../charts/figure-frame.tsx';
import { FigureFrame } from '../../charts/figure-frame.tsx';
import type { PlotLibrary } from '../../charts/plot-figure.tsx';
import { PlotFigure } from '../../charts/plot-figure.tsx';
import type { Stair } from '../../charts/staircase-plot.ts';
import { drawStaircase } from '../../charts/staircase-plot.ts';
import { armTitle } from '../../../words/arm-title.ts';
import { formatScore } from '../../../core/figures.ts';
import type { StairRow, Staircase } from './staircase-data.ts';
import { agreementWords, rowsOfStairs, staircaseOf, stairsInWords } from './staircase-data.ts';
import './staircase.css';

export interface StaircasePanelProps extends PictureFrame {
  readonly run: RunView | null;
}

const HEIGHT = 330;
const NOTHING: Staircase = { stairs: [], whyNot: '', notes: [] };
const COLUMNS = ['arm', 'seed', 'round', 'teacher_round', 'metric', 'teacher', 'student', 'items'] as const;

const asCsv = (stairs: readonly Stair[], metric: string): string =>
  csv(
    COLUMNS,
    stairs.flatMap(({ arm, climbs }) =>
      climbs.flatMap(({ seed, steps, items }) =>
        steps.map(({ round, teacherRound, teacher, student }) => ({
          ...{ arm, seed, round, teacher_round: teacherRound, metric, teacher, student, items },
        })),
      ),
    ),
  );

function Numbers({
  stairs,
  rows,
}: {
  readonly stairs: readonly Stair[];
  readonly rows: readonly StairRow[];
}): ReactNode {
  return (
    <table className="stair-table">
      <thead>
        <tr>
          <th scope="col">round</th>
          <th scope="col">teacher</th>
          <th scope="col">student</th>
          <th scope="col" className="is-aside">
            labels right, on prompts
          </th>
        </tr>
      </thead>
      {stairs.map(({ arm, method, nth }) => (
        <tbody key={arm}>
          <tr>
            <th scope="rowgroup" colSpan={4}>
              <ArmKey {...{ method, nth }} /> {armTitle(arm, method)}
            </th>
          </tr>
          {rows
            .filter((row) => row.arm === arm)
            .map(({ round, teacher, student, labelsRight }) => (
              <tr key={round}>
                <td>{round}</td>
                <td>{formatScore(teacher)}</td>
                <td>{formatScore(student)}</td>
                <td className="is-aside">{labelsRight === null ? '–' : formatScore(labelsRight)}</td>
              </tr>
            ))}
          {!rows.some((row) => row.arm === arm) && (
            <tr>
              <td colSpan={4} className="is-waiting">
                not yet
              </td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  );
}

function noteOf(stairs: readonly Stair[], notes: readonly string[], metric: string): string {
  const items = [...new Set(stairs.flatMap(({ climbs }) => climbs.map((climb) => climb.items)))].filter(
    (count) => count > 0,
  );
  const of = items.length === 0 ? 'the same test items' : `the same ${items.join(' or ')} test items`;
  const seeds = stairs.some(({ climbs }) => climbs.length > 1)
    ? ' Thin: one seed; thick: the mean of those that have begun, as far as all of them have come.'
    : '';
  return [
    `A mark is a round. Across: the model that labelled it, few-shot; up: the model trained on these labels, zero-shot. Both are ${metric} on ${of}. An open circle: the last student, few-shot.${seeds}`,
    ...notes,
  ].join(' ');
}

const FIRST_STEP = 'The first step stands here when round 1 has been scored.';
const NO_STEP =
  'This run ended before a round was scored both zero-shot and few-shot: there is no step to draw.';

export function StaircasePanel({ run, ...frame }: StaircasePanelProps): ReactNode {
  const { stairs, whyNot, notes } = useMemo(() => (run === null ? NOTHING : staircaseOf(run)), [run]);
  const rows = useMemo(() => (run === null ? [] : rowsOfStairs(run, stairs)), [run, stairs]);
  const metric = run === null ? '' : metricTitle(run.task.definition.metric);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawStaircase(stairs, metric, plot, width, height),
    [stairs, metric],
  );
  const agreed = whyNot === '' || run === null ? [] : agreementWords(run);
  return (
    <FigureFrame
      className="staircase"
      title="The staircase"
      subject={`teacher and student, ${metric}`}
      {...frame}
      name={`${frame.name}-staircase`}
      figures={() => asCsv(stairs, run?.task.definition.metric ?? '')}
      isEmpty={rows.length === 0}
      legend={null}
      note={whyNot === '' && <p className="chart-note">{noteOf(stairs, notes, metric)}</p>}
    >
      {rows.length > 0 && run !== null ? (
        <div className="stairs">
          <PlotFigure label={stairsInWords(stairs, run)} height={HEIGHT} draw={draw} />
          <Numbers stairs={stairs} rows={rows} />
        </div>
      ) : (
        <div className="stairs-empty">
          <p className={whyNot === '' ? 'faint' : ''}>
            {whyNot !== '' ? whyNot : run !== null && isOver(run) ? NO_STEP : FIRST_STEP}
          </p>
          {whyNot !== '' &&
            (agreed.length > 0 ? (
              <ul>
                {agreed.map((words) => (
                  <li key={words}>{words}</li>
                ))}
              </ul>
            ) : (
              <p className="soft">
                No prompt was labelled in two rounds either, and no student was asked again what it was
                trained on, so agreement is not known. “Trained prompts asked again”, of the knobs for
                evaluation, asks that without a key.
              </p>
            ))}
        </div>
      )}
    </FigureFrame>
  );
}
