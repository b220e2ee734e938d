/** @file What the chart of scores shows now: the run's arms, and the lines that they are to climb past. */
import { plural } from '../../core/plural.ts';
import { methodOf } from '../../words/methods.ts';
import type { Mode } from '../../words/events.ts';
import type { MetricName } from '../../analysis/metrics.ts';
import type { Floors } from '../../metrics/metric.ts';
import { floors } from '../../metrics/scores.ts';
import type { Task } from '../../words/task.ts';
import type { ModelView } from '../../store/model/model-state.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { SetupView } from '../../store/setup/setup-state.ts';
import type { ArmSeries, ReferenceLine } from '../charts/figures.ts';
import { floorLines, hasNoShots, runFloors, seriesOf } from '../charts/figures.ts';
import type { Measure } from '../words/metrics.ts';
import { metricTitle } from '../../analysis/metrics.ts';
import type { Reference, TaskReference } from './reference.ts';
import { standing } from './reference.ts';
import { ofSharedBase } from './shared-base.ts';

/** Mean of the arms' base figures over all cells. */
function baseOf(run: RunView | null, metric: MetricName, mode: Mode): number | null {
  if (run === null) return null;
  const values = seriesOf(ofSharedBase(run), { metric, split: 'test', mode })
    .flatMap(({ points }) => points)
    .filter(({ round }) => round === 0)
    .map(({ value }) => value);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the items that the run scored; before any, of all test items. */
const floorsFor = (task: Task, run: RunView | null, metric: MetricName): Floors =>
  (run === null ? null : runFloors(run, metric)) ?? floors(task.definition, task.splits.test, metric);

function lines(
  task: Task,
  run: RunView | null,
  built: TaskReference | null,
  { metric }: Measure,
): readonly ReferenceLine[] {
  const isOwn = metric === task.definition.metric;
  const line = (title: string, value: number | null | undefined, isBuilt: boolean): ReferenceLine[] =>
    value == null ? [] : [{ title, value, isBuilt }];
  /** The run's own figure where it has one, else the built one. */
  const base = (mode: Mode, figure: number | null | undefined): ReferenceLine[] => {
    const own = baseOf(run, metric, mode);
    return line(`base ${mode}`, own ?? figure, own === null);
  };
  const hasGoldArm = run?.cells.some(({ arm }) => methodOf(arm.method).teacher === 'key') === true;
  const constrained = metric === 'constrained_accuracy' ? built?.constrained : null;
  return [
    ...floorLines(floorsFor(task, run, metric)),
    ...base('zero-shot', isOwn ? built?.zeroShot : constrained),
    ...base('few-shot', isOwn ? built?.fewShot : null),
    ...(isOwn && !hasGoldArm ? line('gold', built?.gold, true) : []),
  ];
}

/** How many items the points are scored on; '' before any is. */
function itemWords(series: readonly ArmSeries[]): string {
  const counts = series.flatMap(({ points }) => points.map(({ n }) => n));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return '';
  return least === most
    ? `${plural(most, 'test item')} a point. `
    : `${least} to ${most} test items a point. `;
}

export interface ChartData {
  readonly title: string;
  readonly series: readonly ArmSeries[];
  readonly references: readonly ReferenceLine[];
  readonly rounds: number;
  /** How many items stand behind the points, and what is to be said about the built lines; '' where there are neither. */
  readonly note: string;
}

export interface ChartSource {
  readonly run: RunView | null;
  readonly setup: SetupView;
  /** The run's own, or else the chosen one. */
  readonly task: Task | null;
  readonly modelStatus: ModelView['status'];
}

export function chartData(source: ChartSource, reference: Reference | null, choice: Measure): ChartData {
  const { run, setup, task, modelStatus } = source;
  const knobs = run?.cells[0]?.arm.knobs ?? setup.arms[0]?.knobs ?? null;
  const series =
    run === null ? [] : seriesOf(run, { metric: choice.metric, split: 'test', mode: choice.mode });
  const rounds = Math.max(
    knobs?.rounds ?? 1,
    ...series.flatMap(({ points }) => points.map(({ round }) => round)),
  );
  if (task === null || knobs === null) return { title: '', series, references: [], rounds, note: '' };
  // Until its weights are read, the bundled model is taken for the one that was measured.
  const isBundled = setup.setup.model.kind === 'bundled';
  const sha256 = run?.model.sha256 ?? (isBundled ? null : '');
  const built =
    modelStatus === 'failed' && run === null ? null : standing(reference, sha256, task.definition.id, knobs);
  const references = lines(task, run, built, choice);
  const measured = references.filter(({ isBuilt }) => isBuilt).map(({ title }) => title);
  const bareNote =
    choice.mode === 'few-shot' && run !== null && hasNoShots(run)
      ? 'No few-shot scores: no demonstration fitted, so what was asked is zero-shot. '
      : '';
  return {
    title: `${metricTitle(choice.metric)}, ${choice.mode}, on test`,
    series,
    references,
    rounds,
    note:
      itemWords(series) +
      bareNote +
      (measured.length === 0 || built === null
        ? ''
        : `${measured.join(', ')}: measured when the page was built (${plural(built.seeds, 'seed')}), not in this run.`),
  };
}
