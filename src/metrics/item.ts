/**
 * @file What a score reads: a few fields of a task, of its rows and of the model's answers. words/task.ts and
 * words/events.ts extend these by what the other rooms need.
 */

export type TaskKind = 'classification' | 'generation' | 'multiple-choice';
export type Difficulty = 'easy' | 'medium' | 'hard';

export interface Choice {
  readonly text: string;
  readonly correct: boolean;
  /** The one that MC1 asks for; absent: the first correct one. */
  readonly best?: boolean;
}

export interface KeyedRow {
  readonly id: string;
  /** The answer; for prompts it is the hidden key. '' where none is known (prompts only). */
  readonly output: string;
  /** Further right answers of a generation task. */
  readonly references?: readonly string[];
  readonly difficulty?: Difficulty;
  readonly choices?: readonly Choice[];
}

/** One item's answer in an evaluation. */
export interface Prediction {
  readonly id: string;
  /** Greedy, cut at the stop and trimmed. */
  readonly answer: string;
  readonly isFinished: boolean;
  /** By the task's rule for exact match. */
  readonly isExact: boolean;
  /** Summed log-probability of each label (classification) or choice (multiple choice) with its stop, nats, in the
   * task's or the row's order; absent where not asked for. */
  readonly labelLogprobs?: readonly number[];
}

/** What was asked of all items alike. */
export interface Asked {
  readonly kind: TaskKind;
  /** Empty unless the kind is classification. */
  readonly labels: readonly string[];
  /** Log-probability of each label after a content-free prompt, for calibration; absent where not asked for. */
  readonly contentFree?: readonly number[];
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
