/**
 * @file A task: rows of input and answer in five splits. The words are those of task.json
 * (public/icl-pool/task.schema.json); formats/task-folder.ts reads one, method/prompt-text.ts makes text of a row.
 */
import { LONGEST_NAME, LONGEST_TEXT } from '../core/bounds.ts';
import type { Infer } from '../core/shape.ts';
import { array, flag, object, optional, told, textWithin, wholeWithin, word } from '../core/shape.ts';
import { keyedRow, labels, taskKind } from '../metrics/item.ts';
import { OWN_METRICS } from '../metrics/scores.ts';
import { MOST_DEMONSTRATIONS, MOST_ROWS } from './run-limits.ts';

export { OWN_METRICS };

const { id, ...keyed } = keyedRow.entries;
const text = textWithin(LONGEST_TEXT);

export const SPLITS = ['pool', 'prompts', 'validation', 'probe', 'test'] as const;
export const splitName = word(SPLITS);
export type SplitName = Infer<typeof splitName>;

/** In the order of rows that are written, by which a task's digest goes. */
export const taskRow = object({ id, input: text, ...keyed });
export type TaskRow = Infer<typeof taskRow>;
export type Choice = NonNullable<TaskRow['choices']>[number];
export type Difficulty = NonNullable<TaskRow['difficulty']>;

export const taskDefinition = object({
  id,
  /** One sentence for the person who chooses a task. */
  description: text,
  kind: taskKind,
  role: word(['development', 'confirmation', 'imported']),
  labels,
  /** The prompt; `{input}` is replaced. */
  template: text,
  /** Ends an answer. */
  stop: text,
  /** Default number of demonstrations. */
  k: wholeWithin(0, MOST_DEMONSTRATIONS),
  metric: word(OWN_METRICS),
  /** An answer is right by what stands after this mark, as #### in GSM8K; what is before it is its working. */
  answerAfter: optional(textWithin(LONGEST_NAME, 1)),
  licence: text,
});
export type TaskDefinition = Infer<typeof taskDefinition>;
export type TaskKind = TaskDefinition['kind'];

const rows = array(taskRow, MOST_ROWS);
export const taskShape = object({
  definition: taskDefinition,
  splits: object({ pool: rows, prompts: rows, validation: rows, probe: rows, test: rows }),
  areTextsLeftOut: optional(
    told(flag, 'Inputs are names only: what was answered can be looked at, and no model can be asked.'),
  ),
});
export type Task = Infer<typeof taskShape>;
