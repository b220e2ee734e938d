/**
 * @file A task: rows of input and answer in five splits, and how a row becomes text. The words are those of task.json
 * (public/icl-pool/task.schema.json); formats/task-folder.ts reads one.
 */
import type { Choice, Difficulty, KeyedRow, TaskKind } from '../metrics/item.ts';
import type { OwnMetric } from '../metrics/scores.ts';
import { OWN_METRICS } from '../metrics/scores.ts';

export type { Choice, Difficulty, TaskKind };
export { OWN_METRICS };
export type SplitName = 'pool' | 'prompts' | 'validation' | 'probe' | 'test';
export const SPLITS: readonly SplitName[] = ['pool', 'prompts', 'validation', 'probe', 'test'];

export interface TaskRow extends KeyedRow {
  readonly input: string;
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
  readonly metric: OwnMetric;
  readonly licence: string;
}

export interface Task {
  readonly definition: TaskDefinition;
  readonly splits: Readonly<Record<SplitName, readonly TaskRow[]>>;
}

type Wording = Pick<TaskDefinition, 'template' | 'stop'>;

/** The text of a prompt without demonstrations. */
export function promptText({ template }: Wording, input: string): string {
  // A function, so that "$&" in an input is text.
  return template.replace('{input}', () => input);
}

/** What follows a prompt: a leading space, the answer, the stop string. */
export function completionText({ stop }: Wording, answer: string): string {
  return ` ${answer}${stop}`;
}
