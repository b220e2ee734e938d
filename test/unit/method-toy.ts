/** @file Small tasks, samples and evaluations for the tests of the method's figures. */
import type { Evaluation, Prediction, Sample } from '../../src/words/events.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { Figure, MetricName } from '../../src/analysis/metrics.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { Weigh } from '../../src/method/work.ts';
import { armOf } from '../../src/words/plan.ts';
import type { RoundState } from '../../src/method/state.ts';
import type { Difficulty, Task, TaskDefinition, TaskRow } from '../../src/words/task.ts';

export const LABELS = ['food', 'music', 'travel'];

export const definitionOf = (kind: TaskDefinition['kind']): TaskDefinition => ({
  ...{ id: 'toy', description: 'A toy.', kind, role: 'development', template: 'In: {input}\nOut:' },
  ...{ labels: kind === 'classification' ? LABELS : [], stop: '\n', k: 2, licence: 'MIT' },
  metric: kind === 'generation' ? 'token_f1' : kind === 'multiple-choice' ? 'mc1' : 'exact_match',
});

export const rowOf = (id: string, output: string, difficulty?: Difficulty): TaskRow => ({
  ...{ id, input: `about ${id}`, output },
  ...(difficulty === undefined ? {} : { difficulty }),
});

export const taskOf = (
  splits: Partial<Task['splits']> = {},
  definition: TaskDefinition = definitionOf('classification'),
): Task => ({
  definition,
  splits: { pool: [], prompts: [], validation: [], probe: [], test: [], ...splits },
});

export const planOf = (
  task: Task,
  method: MethodName = 'soft',
  set: Readonly<Record<string, unknown>> = {},
): Plan => ({ task, arm: armOf(method, method, set), seed: 1 });

export const rowMap = (rows: readonly TaskRow[]) => new Map(rows.map((row) => [row.id, row]));

/** A prediction that is exact where the answer is the key. */
export const predict = (
  { id, output }: TaskRow,
  answer: string,
  more: Partial<Prediction> = {},
): Prediction => ({
  ...{ id, answer, isFinished: true, isExact: answer === output },
  ...more,
});

export const evaluationOf = (
  predictions: readonly Prediction[],
  more: Partial<Evaluation> = {},
): Evaluation => ({ split: 'test', mode: 'zero-shot', predictions, tokenEntropy: null, ...more });

export const sampleOf = (id: string, answer: string, key: string, more: Partial<Sample> = {}): Sample => ({
  ...{ id, input: `about ${id}`, demonstrations: [], answer, ids: [5, 1], logprobs: [-0.5, -0.1] },
  ...{ perplexity: Math.exp(0.3), finishReason: 'stop-string', verdict: 'kept', key },
  isRight: key === '' ? null : answer === key,
  ...more,
});

export const roundWith = (round: number, more: Partial<RoundState> = {}): RoundState => ({
  ...{ round, samples: [], adapter: null, curve: [], examples: 0, evaluations: [] },
  ...{ answering: null, end: null },
  ...more,
});

/** Losses as a training's curve. */
export const curveOf = (...losses: readonly number[]): RoundState['curve'] =>
  losses.map((loss, i) => ({
    ...{
      type: 'step',
      step: i + 1,
      maxSteps: losses.length,
      loss,
      gradNorm: 1,
      learningRate: 1e-3,
      tokens: 20,
    },
  }));

/** [value, n] of a metric, undefined where it is absent. */
export const figure = (
  figures: readonly Figure[],
  metric: MetricName,
): readonly [number, number] | undefined => {
  const found = figures.filter((candidate) => candidate.metric === metric);
  if (found.length > 1) throw new Error(`${metric} stands there ${found.length} times`);
  return found[0] === undefined ? undefined : [found[0].value, found[0].n];
};

/** Every answer and every step counts one; what is scored beside answers counts nothing. */
export const COUNTED: Weigh = ({ phase, kind }) => ({
  each: phase === 'evaluate' && kind === 'score' ? 0 : 1,
  together: 1,
});
