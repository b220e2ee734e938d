/** @file Editing a pool: a draft of rows, what is wrong with it, and the task it becomes. Pure. */
import type { Task, TaskRow } from '../../words/task.ts';

/** Enough rows to draw a demonstration from at all; a task's own k asks for more. */
const FEWEST = 1;

/** A row as it is edited; `isNew` rows have no id of the task yet. */
export interface DraftRow {
  readonly key: string;
  readonly row: TaskRow;
  readonly isNew: boolean;
}

export const draftOf = ({ splits }: Task): readonly DraftRow[] =>
  splits.pool.map((row) => ({ key: row.id, row, isNew: false }));

const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();

/** Faults by the row's key. A pool row that also stands among validation, probe or test would give the answer away. */
export function draftFaults(task: Task, draft: readonly DraftRow[]): ReadonlyMap<string, string> {
  const { labels, kind } = task.definition;
  const elsewhere = new Map<string, string>();
  for (const split of ['validation', 'probe', 'test'] as const)
    for (const { input } of task.splits[split]) elsewhere.set(plain(input), split);
  const seen = new Set<string>();
  const faults = new Map<string, string>();
  const before = new Map(task.splits.pool.map((row) => [row.id, row]));
  for (const { key, row } of draft) {
    const input = plain(row.input);
    const other = elsewhere.get(input);
    const isAsItWas = before.get(key)?.input === row.input;
    if (input === '') faults.set(key, 'The input is empty.');
    else if (row.output.trim() === '') faults.set(key, 'The answer is empty.');
    else if (kind === 'classification' && !labels.includes(row.output))
      faults.set(key, `“${row.output}” is no label of the task.`);
    else if (seen.has(input) && !isAsItWas) faults.set(key, 'This input stands in the pool already.');
    else if (other !== undefined && !isAsItWas)
      faults.set(key, `This input stands in ${other}: it would give the answer away.`);
    seen.add(input);
  }
  return faults;
}

/** What is wrong with the whole; null where nothing is. */
export function poolFault({ definition }: Task, draft: readonly DraftRow[]): string | null {
  const needed = Math.max(FEWEST, definition.k);
  if (draft.length >= needed) return null;
  return `The pool has ${draft.length} rows; ${definition.id} shows ${needed} demonstrations.`;
}

/** How many rows of the draft are changed, new and gone. */
export function draftChanges({ splits }: Task, draft: readonly DraftRow[]) {
  const before = new Map(splits.pool.map((row) => [row.id, row]));
  const kept = new Set(draft.map(({ key }) => key));
  return {
    changed: draft.filter(({ key, row, isNew }) => {
      const old = before.get(key);
      return !isNew && (old?.input !== row.input || old.output !== row.output);
    }).length,
    added: draft.filter(({ isNew }) => isNew).length,
    removed: splits.pool.filter(({ id }) => !kept.has(id)).length,
  };
}

/** With the answer changed. Multiple choice: the answer becomes the one right choice. */
export function withAnswer(row: TaskRow, output: string): TaskRow {
  if (row.choices === undefined) return { ...row, output };
  const choices = row.choices.map(({ text }) =>
    text === output ? { text, correct: true, best: true } : { text, correct: false },
  );
  return { ...row, output, choices };
}

/** The task with the draft as its pool, under a name of its own. Other splits are as they were. */
export function withPool(task: Task, draft: readonly DraftRow[], id: string): Task {
  const { definition, splits } = task;
  let next = 1;
  const ids = new Set(draft.filter(({ isNew }) => !isNew).map(({ key }) => key));
  const freeId = (): string => {
    for (;;) {
      const name = `${definition.id}-pool-new-${String(next++).padStart(4, '0')}`;
      if (!ids.has(name)) return name;
    }
  };
  const pool = draft.map(({ row, isNew }) => ({
    ...row,
    id: isNew ? freeId() : row.id,
    input: row.input.trim(),
    output: row.output.trim(),
  }));
  const description =
    id === definition.id
      ? definition.description
      : `${definition.description} (${definition.id} with an edited pool.)`;
  return { definition: { ...definition, id, description, role: 'imported' }, splits: { ...splits, pool } };
}
