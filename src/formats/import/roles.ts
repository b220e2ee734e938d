/** @file What columns mean: as the layout has it, unless a person said otherwise. */
import { plural } from '../../core/plural.ts';
import type { ColumnRoles, LayoutFound } from '../../words/importing.ts';
import { COLUMN_ROLES } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import type { TaskKind } from '../../words/task.ts';
import { isBookkeeping } from './column-names.ts';
import { TableFacts } from './facts.ts';
import { NO_ROLES } from './layouts/layout.ts';
import { layOut, type Laid } from './layouts.ts';
import { excerpt, type Table } from './table.ts';
import { cellText } from './cells.ts';

export interface MappedTable {
  readonly table: Table;
  readonly mapping: ColumnRoles;
  /** Where the layout decides it. */
  readonly kind?: TaskKind;
  /** null where a person said all of it. */
  readonly layout: LayoutFound | null;
}

/** Every column that has a role. */
export const usedColumns = (roles: Partial<ColumnRoles>): readonly string[] =>
  Object.values(roles).flatMap((column) => column ?? []);

/** As a shell takes it. */
const quoted = (name: string): string => (/^[\w.#-]+$/.test(name) ? name : `'${name}'`);

/** A line to paste: the columns as they seem to be, for a table that no layout fits. */
function guessLine(table: Table): string {
  const { columns, rows } = new TableFacts(table);
  const free = columns.filter(({ name, filled }) => filled > 0 && !isBookkeeping(name));
  const byLength = [...free].sort((a, b) => b.meanChars - a.meanChars);
  const input = byLength[0]?.name ?? columns[0]?.name ?? 'COLUMN';
  const fewest = [...free].sort((a, b) => a.distinct - b.distinct).find(({ name }) => name !== input);
  const output = fewest?.name ?? columns.find(({ name }) => name !== input)?.name ?? 'COLUMN';
  return rows.length === 0
    ? '--columns input=COLUMN,output=COLUMN'
    : `--columns input=${quoted(input)},output=${quoted(output)}`;
}

/** What stands in the columns, for a person who has to say what they are. */
const seenIn = (table: Table): string =>
  table.columns
    .map(
      (name) =>
        `${name} ("${excerpt(cellText(table.rows.find(({ cells }) => cellText(cells.get(name)) !== '')?.cells.get(name)), 30)}")`,
    )
    .join(', ');

function unclear(table: Table, what: string, otherwise?: string): LabError {
  return new LabError('import-refused', `${table.file}: ${what}. Its columns: ${seenIn(table)}.`, {
    remedy: `${otherwise === undefined ? 'Say' : `${otherwise}; else say`} which column is what, as in: ${guessLine(table)}`,
  });
}

export const unclearAnswer = (table: Table): LabError =>
  unclear(
    table,
    `no column was recognised as the answer of its ${plural(table.rows.length, 'row')}`,
    'Where nothing is answered, give answered rows of the same task with --pool FILE',
  );

/** The roles of a table. Roles that a person gave hold for the tables that have these columns. */
function rolesOf({ table, match }: Laid, given: Partial<ColumnRoles>): ColumnRoles {
  const has = (name: string) => table.columns.includes(name);
  let roles = match?.roles ?? NO_ROLES;
  const said: Partial<ColumnRoles> = Object.fromEntries(
    COLUMN_ROLES.flatMap((role) => {
      const value = given[role];
      return value === undefined || ![value ?? []].flat().every(has) ? [] : [[role, value]];
    }),
  );
  const taken = usedColumns(said);
  // A column is one thing: what a person took for something else is no longer what the layout has it for.
  const isFree = (name: string) => !taken.includes(name);
  const one = (name: string | null) => (name !== null && isFree(name) ? name : null);
  const { input, output, choices, correct, incorrect, references, group } = roles;
  roles = {
    ...{ input: input.filter(isFree), output: one(output), choices: choices.filter(isFree) },
    ...{ correct: correct.filter(isFree), incorrect: incorrect.filter(isFree) },
    ...{ references: one(references), group: one(group), ...said },
  };
  // Who names input and answer has said what the choices are: none, unless named too.
  const isAnswered = said.input !== undefined && said.output !== undefined && said.output !== null;
  return isAnswered && said.choices === undefined && !choices.some(has) ? { ...roles, choices: [] } : roles;
}

/** What a person said of a table that no layout fits. */
export const saidRoles = (table: Table, given: Partial<ColumnRoles> = {}): ColumnRoles =>
  rolesOf({ table, match: null, found: null }, given);

/** The tables of one import with what their columns mean. A file without answers is read as the others are.
 * @throws LabError `import-refused` where no column can be the input, with a line to paste. */
export function mapTables(
  tables: readonly Table[],
  given: Partial<ColumnRoles> = {},
): readonly MappedTable[] {
  const laid = tables.map(layOut);
  checkGivenColumns(laid, given);
  const [empty] = tables;
  if (empty !== undefined && tables.every(({ rows, rejected }) => rows.length + rejected.length === 0))
    throw new LabError(
      'import-refused',
      `${empty.file}: it has no rows, only the names of its columns (${empty.columns.join(', ')}).`,
      { remedy: 'Give the rows below them, each with a text and its answer.' },
    );
  const isComplete = ({ match }: Laid) =>
    match !== null &&
    (match.roles.output !== null || match.roles.choices.length + match.roles.correct.length > 0);
  const [first] = laid.filter(isComplete).sort((a, b) => (b.match?.score ?? 0) - (a.match?.score ?? 0));
  return laid.map((own) => {
    const like =
      !isComplete(own) && first?.match?.roles.input.every((name) => own.table.columns.includes(name)) === true
        ? first.match
        : null;
    const lent: Laid =
      like !== null
        ? {
            ...own,
            match: { ...like, roles: held(like.roles, own.table) },
            found: {
              name: first?.found?.name ?? '',
              because: `as in ${first?.table.file ?? ''}, without answers`,
            },
          }
        : own;
    const mapping = rolesOf(lent, given);
    if (mapping.input.length === 0) throw unclear(lent.table, 'no layout was recognised');
    const { table, match, found } = lent;
    const isSaid = usedColumns(given).some((name) => table.columns.includes(name));
    const kind = isSaid ? undefined : match?.kind;
    return { table, mapping, layout: isSaid ? null : found, ...(kind === undefined ? {} : { kind }) };
  });
}

/** Roles without the columns that the table has not. */
function held(roles: ColumnRoles, { columns }: Table): ColumnRoles {
  const has = (name: string) => columns.includes(name);
  const { input, output, references, group } = roles;
  const one = (name: string | null) => (name !== null && has(name) ? name : null);
  return {
    ...NO_ROLES,
    input: input.filter(has),
    output: one(output),
    references: one(references),
    group: one(group),
  };
}

/** @throws LabError `import-refused` for a column that no file has. */
function checkGivenColumns(laid: readonly Laid[], given: Partial<ColumnRoles>): void {
  for (const column of usedColumns(given)) {
    if (laid.some(({ table }) => table.columns.includes(column))) continue;
    const all = [...new Set(laid.flatMap(({ table }) => table.columns))];
    throw new LabError('import-refused', `No file has the column "${column}".`, {
      remedy: `The columns are ${all.join(', ')}.`,
    });
  }
}
