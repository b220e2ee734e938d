/** @file Runs laid over each other: a letter for each run, a line for each of their arms. */
import { earlyEnding } from '../../analysis/endings.ts';
import { meanFloors } from '../../analysis/floors.ts';
import type { EvaluatedSplit } from '../../words/events.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { ArmSeries, ReferenceLine } from '../charts/figures.ts';
import { floorLines, runFloors, seriesOf } from '../charts/figures.ts';
import { armTitle } from '../../words/arm-title.ts';
import { lookOf } from '../words/arms.ts';
import type { Measure } from '../words/metrics.ts';
import { runTitle } from '../words/picture-facts.ts';

/** What is compared. */
const SPLIT: EvaluatedSplit = 'test';

export interface Lettered {
  /** "A", "B", ...; told apart by letters, since colours belong to arms. */
  readonly letter: string;
  readonly run: RunView;
}

/** "A: topic-4 on nano, seed 1: SOFT and frozen teacher; B: ..." */
export const factsOf = (runs: readonly Lettered[]): string =>
  runs
    .map(({ letter, run: { task, model, setup } }) => {
      const { seeds, arms } = setup;
      return `${letter}: ${runTitle({ taskId: task.definition.id, model: model.name, seeds, arms })}`;
    })
    .join('; ');

/** 0 -> "A", 25 -> "Z", 26 -> "AA". */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

export interface OverlayLine {
  readonly id: string;
  readonly letter: string;
  /** "A SOFT". */
  readonly title: string;
  readonly run: RunView;
  readonly series: ArmSeries;
  /** "ended in round 2", of the first seed that ended early; null where none did. */
  readonly ending: string | null;
  /** stroke-dasharray: of several runs it tells the run, of one the arm as everywhere. */
  readonly dash: string;
}

function endingOf({ cells }: RunView, arm: string): string | null {
  const early = cells.flatMap((cell) => (cell.arm.name === arm ? (earlyEnding(cell.state) ?? []) : []));
  const [first] = early;
  return first === undefined ? null : `ended in round ${Math.min(...early.map(({ round }) => round))}`;
}

const RUN_DASHES: readonly string[] = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2 1 2'];

/** @param isFirstOnly each run's first arm alone: the method itself, without its controls. */
export function linesOf(
  runs: readonly Lettered[],
  { metric, mode }: Measure,
  isFirstOnly: boolean,
): readonly OverlayLine[] {
  return runs.flatMap(({ letter, run }, i) => {
    const all = seriesOf(run, { metric, split: SPLIT, mode });
    return (isFirstOnly ? all.slice(0, 1) : all).map((series) => ({
      ...{ id: `${run.id} ${series.arm}`, letter, run, series },
      title: `${letter} ${armTitle(series.arm, series.method)}`,
      ending: endingOf(run, series.arm),
      dash: (runs.length > 1 ? RUN_DASHES[i % RUN_DASHES.length] : lookOf(series).dash) ?? '',
    }));
  });
}

/** What all of them are to be seen beside; none where they are of several tasks. */
export function floorsUnder(runs: readonly Lettered[], { metric }: Measure): readonly ReferenceLine[] {
  const tasks = new Set(runs.map(({ run }) => run.task.definition.id));
  return tasks.size === 1
    ? floorLines(meanFloors(runs.flatMap(({ run }) => runFloors(run, metric) ?? [])))
    : [];
}

/** The run that is going on in place of what was read of it when it was laid over. */
export const upToDate = (overlays: readonly RunView[], run: RunView | null): readonly RunView[] =>
  overlays.map((overlay) => (run !== null && run.id === overlay.id && run.kind === 'live' ? run : overlay));
