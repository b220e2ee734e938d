/** @file What the import form makes of a person's clicks: column roles and label names. Pure. */
import type { ColumnRoles, RejectReason, RejectedRow } from '../../words/importing.ts';
import { LIST_ROLES } from '../../words/importing.ts';

export const ROLES = [
  { id: 'none', title: 'not used' },
  { id: 'input', title: 'input' },
  { id: 'output', title: 'answer' },
  { id: 'choices', title: 'choices' },
  { id: 'correct', title: 'right answers' },
  { id: 'incorrect', title: 'wrong answers' },
  { id: 'references', title: 'further right answers' },
  { id: 'group', title: 'group (splits alike)' },
] as const;
export type Role = (typeof ROLES)[number]['id'];

const SINGLE = ['output', 'references', 'group'] as const;

export function roleOf(mapping: ColumnRoles, column: string): Role {
  const list = LIST_ROLES.find((role) => mapping[role].includes(column));
  return list ?? SINGLE.find((role) => mapping[role] === column) ?? 'none';
}

/** Whether a mapping speaks of these columns alone. */
export const isOf = (mapping: ColumnRoles, columns: readonly string[]): boolean =>
  Object.values(mapping)
    .flatMap((names: string | readonly string[] | null) => names ?? [])
    .every((name) => columns.includes(name));

/** The mapping with a column in another role. A role of one column takes it from the one that had it; several columns
 * may be the input or the choices, in the file's order. */
export function withRole(
  mapping: ColumnRoles,
  columns: readonly string[],
  column: string,
  role: Role,
): ColumnRoles {
  const others = (names: readonly string[]) => names.filter((name) => name !== column);
  const without = (name: string | null) => (name === column ? null : name);
  const rest: ColumnRoles = {
    input: others(mapping.input),
    output: without(mapping.output),
    choices: others(mapping.choices),
    correct: others(mapping.correct),
    incorrect: others(mapping.incorrect),
    references: without(mapping.references),
    group: without(mapping.group),
  };
  if (role === 'none') return rest;
  const list = LIST_ROLES.find((each) => each === role);
  if (list === undefined) return { ...rest, [role]: column };
  return { ...rest, [list]: columns.filter((name) => name === column || rest[list].includes(name)) };
}

/** Names as typed, for the importer: a label without a name is left out, and its rows are rejected. undefined: nobody
 * named anything. */
export function labelNamesOf(
  raw: readonly string[],
  typed: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> | undefined {
  if (typed.size === 0) return undefined;
  return new Map(
    raw.flatMap((label) => {
      const name = (typed.get(label) ?? label).trim();
      return name === '' ? [] : [[label, name] as const];
    }),
  );
}

/** Counts by reason, the most frequent first. */
export function countReasons(
  rejected: readonly RejectedRow[],
): readonly { readonly reason: RejectReason; readonly count: number }[] {
  const counts = new Map<RejectReason, number>();
  for (const { reason } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
