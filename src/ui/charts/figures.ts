/** @file From a run on the page to the rows that charts are drawn from; computed once per state. */
import type { EvaluatedSplit, Mode } from '../../words/events.ts';
import { floorsOfRun, meanFloors } from '../../analysis/floors.ts';
import type { MetricName } from '../../analysis/metrics.ts';
import type { Floors } from '../../metrics/metric.ts';
import type { ResultRow } from '../../analysis/result-row.ts';
import { tidyRows } from '../../analysis/results.ts';
import type { Side } from '../../analysis/paired.ts';
import { rowsOf, sameEvaluation } from '../../analysis/watch.ts';
import { NO_SHOTS, saidMode } from '../../method/room.ts';
import type { RunState } from '../../method/state.ts';
import { interval } from '../../metrics/statistics.ts';
import { itemValues } from '../../metrics/summarise.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { Looked } from '../words/arms.ts';
import { lookedArms } from '../words/arms.ts';

const known = new WeakMap<RunState, readonly ResultRow[]>();

function rowsOfCell({ model, task }: RunView, { arm, seed, state }: Cell): readonly ResultRow[] {
  const found = known.get(state);
  if (found !== undefined) return found;
  const rows = tidyRows(model.name, { task, arm, seed }, state);
  known.set(state, rows);
  return rows;
}

/** Which figure of each round. */
export interface Wanted {
  readonly metric: MetricName;
  readonly split: EvaluatedSplit;
  readonly mode: Mode | null;
}

export interface ReferenceLine {
  readonly title: string;
  readonly value: number;
  /** Measured when the page was built, not in this run. */
  readonly isBuilt: boolean;
}

export interface Point extends Looked {
  readonly arm: string;
  readonly seed: number;
  readonly round: number;
  readonly value: number;
  readonly n: number;
}

export interface MeanPoint extends Looked {
  readonly arm: string;
  readonly round: number;
  readonly mean: number;
  /** Student's 95% interval over seeds; null of one seed. */
  readonly halfWidth: number | null;
  readonly seeds: number;
}

export interface ArmSeries extends Looked {
  readonly arm: string;
  readonly points: readonly Point[];
  readonly means: readonly MeanPoint[];
  /** Where validation chose, by seed; only of cells that have ended. */
  readonly best: readonly Point[];
}

const isWanted = (row: ResultRow, { metric, split, mode }: Wanted): boolean =>
  row.metric === metric && row.split === split && row.mode === mode;

/** One series per arm, in the arms' order; arms without any such figure yet have no points. */
export function seriesOf(run: RunView, wanted: Wanted): readonly ArmSeries[] {
  return lookedArms(run.cells.map((cell) => cell.arm)).map(({ name: arm, method, nth }) => {
    const cells = run.cells.filter((cell) => cell.arm.name === arm);
    const points = cells
      .flatMap((cell) =>
        rowsOfCell(run, cell)
          .filter((row) => isWanted(row, wanted))
          .map(({ seed, round, value, n }) => ({ arm, method, nth, seed, round, value, n })),
      )
      .sort((a, b) => a.seed - b.seed || a.round - b.round);
    const rounds = [...new Set(points.map(({ round }) => round))].sort((a, b) => a - b);
    const means = rounds.map((round) => {
      const { mean, halfWidth, n } = interval(
        points.filter((point) => point.round === round).map(({ value }) => value),
      );
      return { arm, method, nth, round, mean: mean ?? NaN, halfWidth, seeds: n };
    });
    const best = cells.flatMap(({ seed, state: { end, rounds: all } }) =>
      end === null || !all.some(({ end: closed }) => closed?.validation != null)
        ? []
        : points.filter((point) => point.seed === seed && point.round === end.bestRound),
    );
    return { arm, method, nth, points, means, best };
  });
}

/** One side of a paired difference: an arm's scores in a round, with each test item's. */
export function sideOf(
  { cells, task }: RunView,
  { arm, points }: ArmSeries,
  round: number,
  { metric, mode }: { readonly metric: MetricName; readonly mode: Mode },
): Side {
  const rows = rowsOf(task, 'test');
  return {
    scores: new Map(points.filter((point) => point.round === round).map(({ seed, value }) => [seed, value])),
    itemsOf: (wanted) => {
      const rounds = cells.find((cell) => cell.arm.name === arm && cell.seed === wanted)?.state.rounds;
      const found = rounds?.find((candidate) => candidate.round === round) ?? null;
      const evaluation = sameEvaluation(found, { split: 'test', mode });
      return evaluation === undefined ? new Map() : itemValues(metric, task.definition, rows, evaluation);
    },
  };
}

/** Whether the run's few-shot scores are zero-shot ones, since no demonstration had room before any test item. */
export const hasNoShots = ({ cells }: RunView): boolean =>
  cells.some(({ state }) =>
    state.rounds.some(({ evaluations }) =>
      evaluations.some(({ split, mode, shots }) => split === 'test' && saidMode(mode, shots) === NO_SHOTS),
    ),
  );

/** The floors of the test items that the run's cells scored, as a mean over them; null before any was scored. */
export function runFloors({ task, cells }: RunView, metric: MetricName): Floors | null {
  const each = cells.flatMap(({ state }) => floorsOfRun(task, state, metric) ?? []);
  return each.length === 0 ? null : meanFloors(each);
}

/** Floors as lines of a chart. */
export const floorLines = ({ chance, majority }: Floors): readonly ReferenceLine[] => [
  ...(chance === null ? [] : [{ title: 'chance', value: chance, isBuilt: false }]),
  ...(majority === null ? [] : [{ title: 'majority', value: majority, isBuilt: false }]),
];

/** The mean over seeds in the last round that an arm has; null without any. */
export const lastMean = ({ means }: ArmSeries): MeanPoint | null => means.at(-1) ?? null;

/** Points, each with the stretch of successive rounds that it belongs to: a line is drawn through those, and not over
 * rounds that a seed never had. In order of rounds within a seed. */
export function inStretches<T extends { readonly round: number; readonly seed?: number }>(
  points: readonly T[],
): readonly (T & { readonly stretch: number })[] {
  let stretch = 0;
  return points.map((point, i) => {
    const before = points[i - 1];
    if (before !== undefined && (before.seed !== point.seed || point.round - before.round > 1)) stretch++;
    return { ...point, stretch };
  });
}
