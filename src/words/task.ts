/**
 * @file A task: rows of input and answer in five splits. The words are those of task.json
 * (public/icl-pool/task.schema.json); formats/task-folder.ts reads one, method/prompt-text.ts makes text of a row.
 */
import type { Infer } from '../core/shape.ts';
import { array, flag, object, optional, textWithin, wholeWithin, word } from '../core/shape.ts';
import { OWN_METRICS } from '../metrics/scores.ts';
import {
  LONGEST_LABEL,
  LONGEST_NAME,
  LONGEST_TEXT,
  MOST_CHOICES,
  MOST_DEMONSTRATIONS,
  MOST_LABELS,
  MOST_ROWS,
} from './run-limits.ts';

export { OWN_METRICS };

const id = textWithin(LONGEST_NAME, 1);
const text = textWithin(LONGEST_TEXT);

export const SPLITS = ['pool', 'prompts', 'validation', 'probe', 'test'] as const;
export const splitName = word(SPLITS);
export type SplitName = Infer<typeof splitName>;

const choice = object({
  text,
  correct: flag,
  /** The one that MC1 asks for; absent: the first correct one. */
  best: optional(flag),
});
export type Choice = Infer<typeof choice>;

const difficulty = word(['easy', 'medium', 'hard']);
export type Difficulty = Infer<typeof difficulty>;

export const taskRow = object({
  id,
  input: text,
  /** The answer; for prompts it is the hidden key. '' where none is known (prompts only). */
  output: text,
  /** Further right answers of a generation task. */
  references: optional(array(text, MOST_CHOICES)),
  difficulty: optional(difficulty),
  choices: optional(array(choice, MOST_CHOICES)),
});
export type TaskRow = Infer<typeof taskRow>;

export const taskKind = word(['classification', 'generation', 'multiple-choice']);
export type TaskKind = Infer<typeof taskKind>;

export const taskDefinition = object({
  id,
  /** One sentence for the person who chooses a task. */
  description: text,
  kind: taskKind,
  role: word(['development', 'confirmation', 'imported']),
  /** Empty unless the kind is classification. */
  labels: array(textWithin(LONGEST_LABEL), MOST_LABELS),
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

const rows = array(taskRow, MOST_ROWS);
export const taskShape = object({
  definition: taskDefinition,
  splits: object({ pool: rows, prompts: rows, validation: rows, probe: rows, test: rows }),
});
export type Task = Infer<typeof taskShape>;
