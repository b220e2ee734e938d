/**
 * @file What is watched every round (METHOD), as figures under their metrics' names: of a round's samples, of its training,
 * and of the answers of its evaluations. diagnose.ts reads trouble out of them.
 */
import type { RoundState } from '../method/state.ts';
import type { TrainStep } from '../words/engine.ts';
import type { Evaluation, Ranked, Sample } from '../words/events.ts';
import type { SplitName, Task, TaskRow } from '../words/task.ts';
import { OF_ANSWERS } from './diagnostics/answers.ts';
import { figuresOf } from './diagnostics/diagnostic.ts';
import { OF_SAMPLES } from './diagnostics/samples.ts';
import { OF_TAUGHT } from './diagnostics/taught.ts';
import { OF_TRAINING } from './diagnostics/training.ts';
import type { Figure } from './metrics.ts';

export const watchSamples = (
  task: Task,
  samples: readonly Sample[],
  ranking: readonly Ranked[] | null = null,
): readonly Figure[] => (samples.length === 0 ? [] : figuresOf(OF_SAMPLES, { task, samples, ranking }));

export const watchTraining = (curve: readonly TrainStep[]): readonly Figure[] =>
  figuresOf(OF_TRAINING, curve);

export const rowsOf = (task: Task, split: SplitName): ReadonlyMap<string, TaskRow> =>
  new Map(task.splits[split].map((row) => [row.id, row]));

/** The evaluation of the same split and mode. */
export const sameEvaluation = (
  round: RoundState | null,
  { split, mode }: Pick<Evaluation, 'split' | 'mode'>,
): Evaluation | undefined =>
  round?.evaluations.find((candidate) => candidate.split === split && candidate.mode === mode);

/** Diagnostics of an evaluation's answers; `before` is the same evaluation one round earlier, `samples` are the round's. */
export function watchAnswers(
  task: Task,
  evaluation: Evaluation,
  before: Evaluation | undefined,
  samples: readonly Sample[] = [],
): readonly Figure[] {
  const { predictions, split } = evaluation;
  if (predictions.length === 0) return [];
  return [
    ...figuresOf(OF_ANSWERS, { task, rows: rowsOf(task, split), evaluation, before }),
    ...(split === 'prompts' ? figuresOf(OF_TAUGHT, { samples, evaluation }) : []),
  ];
}
