/**
 * @file A run as tidy rows, one figure each, for results.jsonl. They hold nothing but what was measured: no
 * timings, in a total order, so that the same run gives the same bytes. arm-table.ts compares arms by them.
 */
import type { Plan } from '../words/plan.ts';
import { saidMode } from '../method/room.ts';
import type { ResultRow } from './result-row.ts';
import type { RunState } from '../method/state.ts';
import { summarise } from '../metrics/summarise.ts';
import { rowsOf, sameEvaluation, watchAnswers, watchSamples, watchTraining } from './watch.ts';

/** The order by which rows are sorted: that of a row's fields. The page sorts too, and does not load the shape. */
export const FIELDS = [
  ...(['model', 'task', 'arm', 'method', 'seed', 'round', 'split', 'mode', 'metric', 'value', 'n'] as const),
] as const satisfies readonly (keyof ResultRow)[];

/** A total order: field by field as they stand in a row, texts by code unit, null first. */
export function compareRows(a: ResultRow, b: ResultRow): number {
  for (const field of FIELDS) {
    const x = a[field];
    const y = b[field];
    if (x === y) continue;
    if (x === null || y === null) return x === null ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** Every figure of a run so far, sorted; values that are not finite are left out, as JSON has none.
 * @throws LabError `internal` for a prediction whose item is not the task's. */
export function tidyRows(model: string, plan: Plan, state: RunState): readonly ResultRow[] {
  const { task, arm, seed } = plan;
  const { definition } = task;
  const head = { model, task: definition.id, arm: arm.name, method: arm.method, seed };
  const rows = state.rounds.flatMap((round, i): ResultRow[] => {
    const previous = state.rounds[i - 1] ?? null;
    const own = [...watchSamples(task, round.samples, state.ranking), ...watchTraining(round.curve)];
    return [
      ...own.map((figure) => ({
        ...head,
        round: round.round,
        split: 'prompts' as const,
        mode: null,
        ...figure,
      })),
      ...round.evaluations.flatMap((evaluation) => {
        const { split, shots } = evaluation;
        const mode = saidMode(evaluation.mode, shots);
        const figures = [
          ...summarise(definition, rowsOf(task, split), evaluation),
          ...watchAnswers(task, evaluation, sameEvaluation(previous, evaluation), round.samples),
        ];
        return figures.map((figure) => ({ ...head, round: round.round, split, mode, ...figure }));
      }),
    ];
  });
  return rows.filter(({ value }) => Number.isFinite(value)).sort(compareRows);
}
