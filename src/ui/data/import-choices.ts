/** @file What the import form makes of a person's clicks: column roles and label names. Pure. */
import type { ColumnRoles, RejectedRow } from '../../words/importing.ts';

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

const SINGLE = ['output', 'choices', 'correct', 'incorrect', 'references', 'group'] as const;

export function roleOf(mapping: ColumnRoles, column: string): Role {
  if (mapping.input.includes(column)) return 'input';
  return SINGLE.find((role) => mapping[role] === column) ?? 'none';
}

/** The mapping with a column in another role. A role of one column takes it from the one that had it; several columns
 * may be the input, joined in the file's order. */
export function withRole(
  mapping: ColumnRoles,
  columns: readonly string[],
  column: string,
  role: Role,
): ColumnRoles {
  const without = (name: string | null) => (name === column ? null : name);
  const input = mapping.input.filter((name) => name !== column);
  const single = {
    output: without(mapping.output),
    choices: without(mapping.choices),
    correct: without(mapping.correct),
    incorrect: without(mapping.incorrect),
    references: without(mapping.references),
    group: without(mapping.group),
  };
  if (role === 'none') return { input, ...single };
  if (role === 'input')
    return { input: columns.filter((name) => name === column || input.includes(name)), ...single };
  return { input, ...single, [role]: column };
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

/** SPORTS is a worse name than Sports, and sports than either. */
const shouting = (label: string): number =>
  label === label.toUpperCase() ? 1 : label === label.toLowerCase() ? 2 : 0;

/** One name for labels that differ only in case, spaces, hyphens or a full stop; those that have it already are left out. */
export function tidyNames(raw: readonly string[]): ReadonlyMap<string, string> {
  const plain = (label: string) =>
    label
      .toLowerCase()
      .replace(/[\s._-]+/g, ' ')
      .trim();
  const best = new Map<string, string>();
  for (const label of raw) {
    const known = best.get(plain(label));
    if (known === undefined || shouting(label) < shouting(known)) best.set(plain(label), label);
  }
  return new Map(
    raw.flatMap((label) => {
      const name = best.get(plain(label)) ?? label;
      return name === label ? [] : [[label, name] as const];
    }),
  );
}

const REASONS: Readonly<Record<string, string>> = {
  empty: 'empty',
  malformed: 'malformed line',
  duplicate: 'stands twice',
  'label-unknown': 'unknown label',
  'no-answer': 'no answer',
  'too-long': 'too long',
  choices: 'choices do not fit',
};
export const reasonTitle = (reason: string): string => REASONS[reason] ?? reason;

/** Counts by reason, the most frequent first. */
export function countReasons(
  rejected: readonly RejectedRow[],
): readonly { readonly reason: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { reason } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
