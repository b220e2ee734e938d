/**
 * @file A run as tidy rows, one figure each, for results.jsonl. They hold nothing but what was measured: no
 * timings, in a total order, so that the same run gives the same bytes. arm-table.ts compares arms by them.
 */
import type { Infer } from '../core/shape.ts';
import { count, finite, namesOf, nullable, object, text, told, word } from '../core/shape.ts';
import { EVALUATED_SPLITS } from '../words/events.ts';
import { methodName } from '../words/knobs-set.ts';
import { METRIC_NAMES } from './metrics.ts';
import type { Plan } from '../words/plan.ts';
import { NO_SHOTS, SAID_MODES, saidMode } from '../method/room.ts';
import type { RunState } from '../method/state.ts';
import { summarise } from '../metrics/summarise.ts';
import { rowsOf, sameEvaluation, watchAnswers, watchSamples, watchTraining } from './watch.ts';

/** A line of results.jsonl. */
export const resultRow = object({
  model: told(text, 'The bundled name, or the folder’s.'),
  task: told(text, 'The task’s id.'),
  arm: told(text, 'The arm’s name.'),
  method: methodName,
  seed: count,
  round: told(count, '0 is the base.'),
  split: told(
    word([...EVALUATED_SPLITS, 'prompts']),
    'prompts: figures of the labelled samples and of the training on them.',
  ),
  mode: told(
    nullable(word(SAID_MODES)),
    `null for prompts; "${NO_SHOTS}": asked few-shot, but nothing had room before any prompt.`,
  ),
  metric: word(METRIC_NAMES),
  value: finite,
  n: told(count, 'How many items (of a training loss: tokens) the value is a mean over.'),
});
export type ResultRow = Infer<typeof resultRow>;

const FIELDS = namesOf(resultRow);

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
          ...watchAnswers(task, evaluation, sameEvaluation(previous, evaluation)),
        ];
        return figures.map((figure) => ({ ...head, round: round.round, split, mode, ...figure }));
      }),
    ];
  });
  return rows.filter(({ value }) => Number.isFinite(value)).sort(compareRows);
}
