/**
 * @file What a score reads: a few fields of a task, of its rows and of the model's answers. words/task.ts and
 * words/events.ts add to these shapes what the other rooms need.
 */
import {
  LONGEST_LABEL,
  LONGEST_NAME,
  LONGEST_TEXT,
  MOST_CHOICES,
  MOST_LABELS,
  float,
} from '../core/bounds.ts';
import type { Infer } from '../core/shape.ts';
import { array, flag, object, optional, textWithin, word } from '../core/shape.ts';

const id = textWithin(LONGEST_NAME, 1);
const text = textWithin(LONGEST_TEXT);

export const taskKind = word(['classification', 'generation', 'multiple-choice']);
export type TaskKind = Infer<typeof taskKind>;
/** Empty unless the kind is classification. */
export const labels = array(textWithin(LONGEST_LABEL), MOST_LABELS);

const difficulty = word(['easy', 'medium', 'hard']);
export type Difficulty = Infer<typeof difficulty>;

const choice = object({
  text,
  correct: flag,
  /** The one that MC1 asks for; absent: the first correct one. */
  best: optional(flag),
});
export type Choice = Infer<typeof choice>;

export const keyedRow = object({
  id,
  /** The answer; for prompts it is the hidden key. '' where none is known (prompts only). */
  output: text,
  /** Further right answers of a generation task. */
  references: optional(array(text, MOST_CHOICES)),
  difficulty: optional(difficulty),
  choices: optional(array(choice, MOST_CHOICES)),
});
export type KeyedRow = Infer<typeof keyedRow>;

/** One item's answer in an evaluation. */
export const prediction = object({
  id,
  /** Greedy, cut at the stop and trimmed. */
  answer: text,
  isFinished: flag,
  /** By the task's rule for exact match. */
  isExact: flag,
  /** Summed log-probability of each label (classification) or choice (multiple choice) with its stop, nats, in the
   * task's or the row's order; absent where not asked for. */
  labelLogprobs: optional(array(float, MOST_LABELS)),
});
export type Prediction = Infer<typeof prediction>;

/** Log-probability of each label after a content-free prompt, for calibration; absent where not asked for. */
export const contentFree = optional(array(float, MOST_LABELS));

/** What was asked of all items alike. */
export interface Asked {
  readonly kind: TaskKind;
  readonly labels: Infer<typeof labels>;
  readonly contentFree?: NonNullable<Infer<typeof contentFree>>;
}

export interface Item {
  readonly row: KeyedRow;
  readonly prediction: Prediction;
}

/** The answers that count as right: the output and its further references. */
export function rightAnswers({ output, references = [] }: KeyedRow): readonly string[] {
  return output === '' ? references : [output, ...references.filter((text) => text !== output)];
}

/** Whether the row says what a right answer is; prompts of imported tasks may not. */
export const hasKey = (row: KeyedRow): boolean => rightAnswers(row).length > 0;

/** Index of the choice that MC1 asks for: the one marked best, else the first correct one; -1 where none is. */
export function bestChoice(choices: readonly Choice[]): number {
  const marked = choices.findIndex(({ correct, best }) => correct && best === true);
  return marked >= 0 ? marked : choices.findIndex(({ correct }) => correct);
}
