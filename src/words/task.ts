/**
 * @file A task: rows of input and answer in five splits. The words are those of task.json
 * (public/icl-pool/task.schema.json); formats/task-folder.ts reads one, method/prompt-text.ts makes text of a row.
 */

export type TaskKind = 'classification' | 'generation' | 'multiple-choice';
export type Difficulty = 'easy' | 'medium' | 'hard';
export type SplitName = 'pool' | 'prompts' | 'validation' | 'probe' | 'test';
export const SPLITS: readonly SplitName[] = ['pool', 'prompts', 'validation', 'probe', 'test'];

export interface Choice {
  readonly text: string;
  readonly correct: boolean;
  /** The one that MC1 asks for; absent: the first correct one. */
  readonly best?: boolean;
}

export interface TaskRow {
  readonly id: string;
  readonly input: string;
  /** The answer; for prompts it is the hidden key. '' where none is known (prompts only). */
  readonly output: string;
  /** Further right answers of a generation task. */
  readonly references?: readonly string[];
  readonly difficulty?: Difficulty;
  readonly choices?: readonly Choice[];
}

export interface TaskDefinition {
  readonly id: string;
  /** One sentence for the person who chooses a task. */
  readonly description: string;
  readonly kind: TaskKind;
  readonly role: 'development' | 'confirmation' | 'imported';
  /** Empty unless the kind is classification. */
  readonly labels: readonly string[];
  /** The prompt; `{input}` is replaced. */
  readonly template: string;
  /** Ends an answer. */
  readonly stop: string;
  /** Default number of demonstrations. */
  readonly k: number;
  readonly metric: 'exact_match' | 'token_f1' | 'rouge_l' | 'mc1';
  readonly licence: string;
}

export interface Task {
  readonly definition: TaskDefinition;
  readonly splits: Readonly<Record<SplitName, readonly TaskRow[]>>;
}

/** The answers that count as right: the output and its further references. */
export function rightAnswers({ output, references = [] }: TaskRow): readonly string[] {
  return output === '' ? references : [output, ...references.filter((text) => text !== output)];
}
