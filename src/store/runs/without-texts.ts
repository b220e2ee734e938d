/** @file A run whose task's texts are not ours to hand on: what was answered and scored stays, item by item. */
import { LabError } from '../../core/errors.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { LastingEvent, Sample } from '../../words/events.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import type { RunFile } from './run-file.ts';

/** A model that has no answer may say its prompt again. */
const NO_LABEL = '(no label)';
const nameOf = (id: string): string => `(${id}: its text is not shipped)`;

const nameless = (rows: readonly TaskRow[]): TaskRow[] =>
  rows.map((row) => ({ ...row, input: nameOf(row.id) }));

/** @throws LabError `invalid-request` unless every answer is one of the task's labels: others are texts too */
export function withoutTexts(run: RunFile): RunFile {
  const { definition, splits } = run.task;
  if (definition.kind !== 'classification')
    throw new LabError(
      'invalid-request',
      `${definition.id} is no classification task: its answers are texts that cannot be left out.`,
    );
  const labels = new Set(definition.labels.map(normaliseLabel));
  const isLabel = (answer: string): boolean => answer === '' || labels.has(normaliseLabel(answer));
  const saidOf = <Said extends { readonly answer: string }>(one: Said): Said =>
    isLabel(one.answer) ? one : { ...one, answer: NO_LABEL };
  const { pool, prompts, validation, probe, test } = splits;
  const task: Task = {
    definition,
    splits: {
      ...{ pool: nameless(pool), prompts: nameless(prompts), validation: nameless(validation) },
      ...{ probe: nameless(probe), test: nameless(test) },
    },
    areTextsLeftOut: true,
  };
  const drawn = new Set(prompts.map(({ id }) => id));
  const sampleOf = (sample: Sample): Sample => {
    const { said, ...own } = sample;
    const named = {
      // Questions that a model wrote are its own.
      ...saidOf(drawn.has(sample.id) ? { ...own, input: nameOf(sample.id) } : own),
      ...(said === undefined ? {} : { said: isLabel(said) ? said : NO_LABEL }),
    };
    // Its tokens are the text too.
    return isLabel(sample.answer) && (said === undefined || isLabel(said))
      ? named
      : { ...named, ids: [], logprobs: [] };
  };
  const told = (event: LastingEvent): LastingEvent => {
    if (event.type === 'labelled') return { ...event, samples: event.samples.map(sampleOf) };
    if (event.type === 'answered') return { ...event, predictions: event.predictions.map(saidOf) };
    if (event.type !== 'evaluated') return event;
    const { evaluation } = event;
    return { ...event, evaluation: { ...evaluation, predictions: evaluation.predictions.map(saidOf) } };
  };
  return { ...run, task, events: new Map([...run.events].map(([key, events]) => [key, events.map(told)])) };
}
