/** @file A run whose task's texts are not ours to hand on: what was answered and scored stays, item by item. */
import { LabError } from '../../core/errors.ts';
import type { LastingEvent } from '../../words/events.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import type { RunFile } from './run-file.ts';

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
  const told = (event: LastingEvent): LastingEvent =>
    event.type === 'labelled'
      ? {
          ...event,
          // Questions that a model wrote are its own.
          samples: event.samples.map((sample) =>
            drawn.has(sample.id) ? { ...sample, input: nameOf(sample.id) } : sample,
          ),
        }
      : event;
  return { ...run, task, events: new Map([...run.events].map(([key, events]) => [key, events.map(told)])) };
}
