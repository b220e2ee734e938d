/** @file The definition of an imported task, and what a person should know of its sizes. */
import { plural } from '../../core/plural.ts';
import type { Task, TaskDefinition, TaskKind } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { TaskExtra } from '../task-folder.ts';
import { metricOf } from './answers.ts';
import type { Item, ItemSource } from './items.ts';
import { mendTemplate, type ImportOptions } from './options.ts';
import { feasibleText } from './sizes.ts';

/** Demonstrations by default: one per label within reason, else four. */
export function defaultK(labels: readonly string[]): number {
  return labels.length === 0 ? 4 : Math.min(8, Math.max(2, labels.length));
}

export function defineTask(made: {
  readonly id: string;
  readonly kind: TaskKind;
  readonly labels: readonly string[];
  readonly k: number;
  readonly fields: TaskExtra['fields'];
  readonly read: readonly ItemSource[];
  readonly items: readonly Item[];
  readonly options: ImportOptions;
}): TaskDefinition {
  const { id, kind, labels, k, fields, options } = made;
  const files = [...new Set(made.read.map(({ table }) => table.file))];
  const answers = made.items.map(({ row }) => row.output).filter((output) => output !== '');
  const { template, answerAfter } = options;
  return {
    id,
    description: options.description ?? `Imported from ${files.join(', ')}.`,
    kind,
    role: 'imported',
    labels,
    template:
      template === undefined
        ? `${fields.input}: {input}\n${fields.output}:`
        : mendTemplate(template).template,
    stop: '\n',
    k,
    metric: metricOf(kind, answers, answerAfter !== undefined),
    ...(answerAfter === undefined ? {} : { answerAfter }),
    licence: options.licence ?? 'unknown',
  };
}

/** Columns whose names say how they are stored, not what a person would call what stands in them. */
const CALLED: Readonly<Record<string, string>> = {
  messages: 'Question',
  conversations: 'Question',
  conversation: 'Question',
  turns: 'Input',
  stem: 'Question',
  'question stem': 'Question',
  chosen: 'Answer',
  'chosen label': 'Label',
  'accepted label': 'Label',
  'approved answer': 'Answer',
  'flagged label': 'Label',
};

/** What the template calls input and output: the columns' names where they are words. */
export function fieldNames(read: readonly ItemSource[], kind: TaskKind): TaskExtra['fields'] {
  const answered = read.find(({ mapping }) => mapping.output !== null) ?? read[0];
  const word = (column: string | null | undefined, otherwise: string) => {
    const whole = column ?? '';
    const plain = whole
      .slice(whole.lastIndexOf('.') + 1)
      .replace(/[\s_-]+/g, ' ')
      .trim();
    const called = CALLED[plain.toLowerCase()];
    if (called !== undefined) return called;
    if (!/^[A-Za-z][A-Za-z ]{1,24}$/.test(plain)) return otherwise;
    return `${plain.charAt(0).toUpperCase()}${plain.slice(1).toLowerCase()}`;
  };
  const { input = [], output = null } = answered?.mapping ?? {};
  const isTalk = output !== null && input.includes(output);
  return {
    input: word(input.length === 1 ? input[0] : null, 'Input'),
    output: kind === 'multiple-choice' || isTalk ? 'Answer' : word(output, 'Output'),
  };
}

/** METHOD's default run, for the note on what these rows allow. */
const DEFAULT_PROMPTS = 3 * 64;

export function sizeNotes({ splits }: Task): readonly string[] {
  const notes: string[] = [];
  const prompts = splits.prompts.length;
  if (prompts < DEFAULT_PROMPTS) {
    notes.push(
      `${plural(prompts, 'prompt')} allow ${feasibleText(prompts)} (rounds x prompts); the default 3 x 64 needs ${DEFAULT_PROMPTS}.`,
    );
  }
  if (splits.pool.length < 64) notes.push(`The pool has ${splits.pool.length} rows; 64 or more are usual.`);
  const empty = SPLITS.filter((split) => splits[split].length === 0);
  if (empty.length > 0) notes.push(`Too few rows for ${empty.join(' and ')}: left empty.`);
  const keyless = splits.prompts.filter(({ output }) => output === '').length;
  if (keyless > 0) {
    notes.push(
      `${plural(keyless, 'prompt')} ${keyless === 1 ? 'has' : 'have'} no answer: what needs the key (the gold arm) cannot run.`,
    );
  }
  return notes;
}
