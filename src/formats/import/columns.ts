/** @file Which column is input, answer, choices: by name, then by content; a person's word goes before both. */
import type { ColumnRoles } from '../../words/importing.ts';
import { COLUMN_ROLES } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import {
  CHOICES_NAMES,
  CORRECT_NAMES,
  GROUP_NAMES,
  INCORRECT_NAMES,
  INPUT_NAMES,
  INPUT_PAIRS,
  OUTPUT_NAMES,
  plainName,
  REFERENCE_NAMES,
} from './column-names.ts';
import type { Cell, Table } from './table.ts';

/** Most different values of a column that is taken for labels without being called so. */
const MOST_LABELS = 20;

/** A cell as one text: of a list its first entry; '' where there is none. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  const first: unknown = typeof cell === 'string' ? cell : cell[0];
  return typeof first === 'string' || typeof first === 'number' ? String(first).trim() : '';
}

/** A cell's texts; a plain text is split at `separator`. */
export function cellTexts(cell: Cell | undefined, separator: RegExp): readonly string[] {
  const parts = typeof cell === 'string' ? cell.split(separator) : (cell ?? []);
  return parts.flatMap((part) => {
    const text = typeof part === 'string' || typeof part === 'number' ? String(part).trim() : '';
    return text === '' ? [] : [text];
  });
}

function findByName(columns: readonly string[], names: readonly string[]): string | null {
  for (const name of names) {
    const found = columns.find((column) => plainName(column) === name);
    if (found !== undefined) return found;
  }
  return null;
}

function inputByName(columns: readonly string[]): readonly string[] {
  for (const pair of INPUT_PAIRS) {
    const found = pair.map((name) => findByName(columns, [name]));
    if (found.every((column) => column !== null)) return found;
  }
  const single = findByName(columns, INPUT_NAMES);
  return single === null ? [] : [single];
}

/** Different values, and mean length in characters. */
export function columnFigures({ rows }: Table, column: string): { distinct: number; meanChars: number } {
  const values = rows.map(({ cells }) => cellText(cells.get(column)));
  const chars = values.reduce((sum, value) => sum + value.length, 0);
  return { distinct: new Set(values).size, meanChars: chars / Math.max(1, values.length) };
}

function isLabelLike(table: Table, column: string): boolean {
  const { distinct, meanChars } = columnFigures(table, column);
  return distinct > 1 && distinct <= MOST_LABELS && distinct * 3 <= table.rows.length && meanChars <= 40;
}

function guess(table: Table): ColumnRoles {
  const { columns } = table;
  const named = (names: readonly string[]) => findByName(columns, names);
  const correct = named(CORRECT_NAMES);
  const found = {
    choices: named(CHOICES_NAMES),
    correct,
    incorrect: named(INCORRECT_NAMES),
    references: named(REFERENCE_NAMES),
    group: named(GROUP_NAMES),
  };
  let input = inputByName(columns);
  let output = named(OUTPUT_NAMES);
  const taken = [...Object.values(found), ...input, output];
  const free = columns.filter((column) => !taken.includes(column) && !plainName(column).endsWith('id'));
  if (output === null && correct === null) {
    const labels = free.filter((column) => isLabelLike(table, column));
    // Two such columns could be anything: then a person has to say.
    if (labels.length === 1) output = labels[0] ?? null;
  }
  const rest = free.filter((column) => column !== output);
  if (input.length === 0 && output === null && rest.length === 2) {
    input = rest.slice(0, 1);
    output = rest[1] ?? null;
  } else if (input.length === 0) {
    const byLength = rest
      .map((column) => ({ column, ...columnFigures(table, column) }))
      .sort((a, b) => b.meanChars - a.meanChars);
    input = byLength.slice(0, 1).map(({ column }) => column);
  }
  return { ...found, input, output };
}

/** The mapping of a table. Roles that a person gave hold for the tables that have these columns.
 * @throws LabError `import-refused` where no column can be the input. */
export function mapColumns(table: Table, given: Partial<ColumnRoles> = {}): ColumnRoles {
  const has = (name: string | null) => name === null || table.columns.includes(name);
  const guessed = guess(table);
  let mapping = guessed;
  for (const role of COLUMN_ROLES) {
    if (role === 'input') {
      if (given.input?.every(has) === true) mapping = { ...mapping, input: given.input };
      continue;
    }
    const column = given[role];
    if (column !== undefined && has(column)) mapping = { ...mapping, [role]: column };
  }
  // A column is one thing: what a person took for something else is no longer what it was guessed to be.
  for (const role of COLUMN_ROLES) {
    if (role === 'input' || given[role] !== undefined) continue;
    const column = mapping[role];
    if (column !== null && Object.values(given).flat().includes(column)) {
      mapping = { ...mapping, [role]: null };
    }
  }
  if (given.input === undefined) {
    const others = Object.entries(given).map(([, column]) => column);
    const input = mapping.input.filter((column) => !others.includes(column));
    mapping = { ...mapping, input };
  }
  if (mapping.input.length === 0) {
    throw new LabError('import-refused', `${table.file}: no column could be the input.`, {
      remedy: `Name it, as in input=...; its columns are ${table.columns.join(', ')}.`,
    });
  }
  return mapping;
}

/** @throws LabError `import-refused` for a column that no file has. */
export function checkGivenColumns(tables: readonly Table[], given: Partial<ColumnRoles> = {}): void {
  for (const column of Object.values(given).flat()) {
    if (column === null || tables.some(({ columns }) => columns.includes(column))) continue;
    const all = [...new Set(tables.flatMap(({ columns }) => columns))];
    throw new LabError('import-refused', `No file has the column "${column}".`, {
      remedy: `The columns are ${all.join(', ')}.`,
    });
  }
}
