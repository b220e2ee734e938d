/** @file Who is asked, and the text of a pinned prompt: small pure functions of the state. */
import type { Task, TaskDefinition } from '../../words/task.ts';
import { completionText, promptText } from '../../words/task.ts';
import type { Answerer, AskedAnswer, Cell, Pinned } from '../lab-model.ts';

export const waiting = (answerer: Answerer): AskedAnswer => ({
  answerer,
  status: 'waiting',
  text: '',
  tokens: [],
  fault: null,
});

export const isSameAnswerer = (a: Answerer, b: Answerer): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Base and the rounds of a cell that have an adapter. */
export function answerersOf(cell: Cell | null): readonly Answerer[] {
  const rounds = (cell?.state.rounds ?? []).filter(({ adapter }) => adapter !== null);
  return [
    { kind: 'base' },
    ...rounds.map(({ round }): Answerer => ({ kind: 'round', cell: cell?.key ?? '', round })),
  ];
}

/** What a pinned prompt is made of, in the order in which the model reads it. */
export function partsOf(
  task: Task,
  { input, mode, demonstrations }: Pinned,
  preamble: string,
): readonly string[] {
  const { definition, splits } = task;
  const rows = new Map(splits.pool.map((row) => [row.id, row]));
  const shown = mode === 'zero-shot' ? [] : demonstrations.flatMap((id) => rows.get(id) ?? []);
  const shots = shown.flatMap((row) => [
    promptText(definition, row.input),
    completionText(definition, row.output),
  ]);
  const before = mode === 'zero-shot' || preamble === '' ? [] : [preamble];
  return [...before, ...shots, promptText(definition, input)];
}

/** Whether a text ends like a prompt of the task, with or without demonstrations before it: it holds the template's words
 * around the input, the last of them at its end. A space typed behind them changes nothing of that. */
export function isPromptOf({ template }: Pick<TaskDefinition, 'template'>, text: string): boolean {
  const [head = '', tail = ''] = template.split('{input}').map((part) => part.trim());
  const asked = text.trimEnd();
  if (!asked.endsWith(tail)) return false;
  return asked.slice(0, asked.length - tail.length).includes(head);
}

/** With the answer in the place of its answerer's. */
export const replaced = (answers: readonly AskedAnswer[], answer: AskedAnswer): readonly AskedAnswer[] =>
  answers.map((other) => (isSameAnswerer(other.answerer, answer.answerer) ? answer : other));
