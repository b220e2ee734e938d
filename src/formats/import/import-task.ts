/**
 * @file From files to a task: tables read, columns mapped, kind and labels found, doubles taken out, splits drawn.
 * The page's import form and `npm run import-task` both stand on `openFiles` and `previewImport`. Plain functions of
 * bytes: no file system, no DOM, and the same files with the same options give the same task.
 */
import type { FilePreview, ImportSummary, Origin, RejectedRow } from '../../words/importing.ts';
import { LabError, toLabError } from '../../core/errors.ts';
import type { SplitName, Task, TaskKind, TaskRow } from '../../words/task.ts';
import type { TaskExtra } from '../task-folder.ts';
import { guessKind } from './answers.ts';
import { cellText } from './cells.ts';
import { hasChoices } from './choices.ts';
import { breakNotes } from './decode.ts';
import { defaultK, defineTask, fieldNames, sizeNotes } from './definition.ts';
import { doubleNotes, markNotes, rejectedWords, spellingNotes, warningsOf } from './doctor.ts';
import { distinctUnits } from './doubles.ts';
import { readItems, type Item, type ItemSource } from './items.ts';
import { labelNotes, labelsOf, refuseSpans } from './labels.ts';
import type { OpenedFile } from './open.ts';
import { mendTemplate, type ImportOptions } from './options.ts';
import { originOf, taskId } from './origin.ts';
import { mapTables, saidRoles, unclearAnswer, usedColumns } from './roles.ts';
import { splitUnits } from './splits.ts';
import { excerpt, refuseFile, type Cell, type Table } from './table.ts';
import { readTables } from './tables.ts';

export interface ImportReport extends ImportSummary {
  readonly files: readonly FilePreview[];
  readonly kind: TaskKind;
  readonly rejected: readonly RejectedRow[];
}

export interface ImportedTask {
  readonly task: Task;
  /** What writeTaskFiles needs beside the task. */
  readonly extra: TaskExtra;
  readonly report: ImportReport;
}

/** What a form shows before anything is written: the files as read, and the task or why there is none. */
export interface ImportPreview {
  readonly files: readonly FilePreview[];
  readonly imported: ImportedTask | null;
  readonly problem: LabError | null;
}

interface Read extends ItemSource {
  readonly path: string;
}

interface Unmapped {
  readonly path: string;
  readonly origin: Origin | null;
  readonly table: Table;
}

/** @throws LabError `import-refused` for a file that is no table */
function readFiles(files: readonly OpenedFile[], options: ImportOptions): readonly Unmapped[] {
  if (files.length === 0) {
    throw new LabError('import-refused', 'There is no file to import.', { remedy: 'Choose at least one.' });
  }
  return [
    ...readTables(files, options).map((read) => ({ ...read, origin: originOf(read.path) })),
    ...readTables(options.pool ?? [], options).map((read) => ({ ...read, origin: 'pool' as const })),
  ];
}

/** @throws LabError `import-refused` where the columns do not tell what they mean */
function mapFiles(tables: readonly Unmapped[], options: ImportOptions): readonly Read[] {
  const mapped = mapTables(
    tables.map(({ table }) => table),
    options.columns,
  );
  checkTogether(tables, options.keepTogether);
  return tables.flatMap(({ path, origin }, i) => {
    const own = mapped[i];
    return own === undefined ? [] : [{ ...own, path, origin }];
  });
}

/** @throws LabError `import-refused` for a column that no file has. */
function checkTogether(tables: readonly Pick<Read, 'table'>[], column: string | undefined): void {
  if (column === undefined || tables.some(({ table }) => table.columns.includes(column))) return;
  const all = [...new Set(tables.flatMap(({ table }) => table.columns))];
  throw new LabError('import-refused', `No file has the column "${column}" to keep together.`, {
    remedy: `The columns are ${all.join(', ')}.`,
  });
}

function previewOf({ table, mapping, origin, layout }: Read, { keepTogether }: ImportOptions): FilePreview {
  const columns = table.columns.map((name) => {
    const values = new Set(table.rows.map(({ cells }) => shownCell(cells.get(name))));
    const samples = table.rows.slice(0, 3).map(({ cells }) => excerpt(shownCell(cells.get(name)), 80));
    // An empty cell is no value, as where a layout counts them.
    values.delete('');
    return { name, samples, distinct: values.size };
  });
  const { file, format, encoding, notes } = table;
  const used = usedColumns(mapping);
  const unused = table.columns.filter((name) => !used.includes(name) && name !== keepTogether);
  return {
    ...{ file, format, ...(encoding === undefined ? {} : { encoding }), origin, rows: rowsIn(table) },
    ...{ columns, mapping, layout, unused, notes },
  };
}

/** Broken ones too. */
const rowsIn = ({ rows, rejected }: Table): number => rows.length + rejected.length;

/** A cell as a form shows it: lists and maps as they stand. */
function shownCell(cell: Cell | undefined): string {
  const text = cellText(cell);
  return text !== '' || cell === undefined || typeof cell === 'string' ? text : JSON.stringify(cell);
}

/** Files as read, and the task where it can be made; never throws a LabError. */
export function previewImport(files: readonly OpenedFile[], options: ImportOptions = {}): ImportPreview {
  let tables: readonly Unmapped[] = [];
  let shown: readonly FilePreview[] = [];
  try {
    tables = readFiles(files, options);
    const read = mapFiles(tables, options);
    shown = read.map((one) => previewOf(one, options));
    return { files: shown, imported: build(read, shown, options), problem: null };
  } catch (thrown) {
    // Columns that tell nothing are shown, so that a person can.
    if (shown.length === 0)
      shown = tables.map((own) =>
        previewOf({ ...own, mapping: saidRoles(own.table, options.columns), layout: null }, options),
      );
    return { files: shown, imported: null, problem: toLabError(thrown) };
  }
}

/** @throws LabError `import-refused` naming the file, the fault and the remedy. */
export function importTask(files: readonly OpenedFile[], options: ImportOptions = {}): ImportedTask {
  const read = mapFiles(readFiles(files, options), options);
  return build(
    read,
    read.map((one) => previewOf(one, options)),
    options,
  );
}

function build(read: readonly Read[], files: readonly FilePreview[], options: ImportOptions): ImportedTask {
  const [first] = read;
  refuseSpans(read);
  const guessed = guessKind(read);
  const unread = read.find(({ mapping }) => mapping.output === null && !hasChoices(mapping));
  if (
    guessed === null &&
    unread !== undefined &&
    options.pool === undefined &&
    options.columns?.output !== null &&
    unread.table.columns.length > 1
  )
    throw unclearAnswer(unread.table);
  const kind = options.kind ?? guessed ?? 'generation';
  const set = kind === 'classification' ? labelsOf(read, options) : null;
  const labels = set?.labels ?? [];
  const found = readItems(read, { kind, labels: set, options });
  const { units, rejected: repeated, doubles, notes: unitNotes } = distinctUnits(found.items);
  const items = units.flatMap((unit) => unit.items);
  const rejected = [...found.rejected, ...repeated];
  const allIn = read.reduce((sum, { table }) => sum + rowsIn(table), 0);
  if (items.length === 0 || first === undefined) {
    throw refuseFile(
      first?.table.file ?? 'The import',
      `gave no usable row.${rejectedWords(rejected, allIn)}`,
      `Check the columns, the label names and the kind, as in: --columns ${linesOf(first)}`,
    );
  }
  const k = defaultK(labels);
  const { splits, notes, leftOver } = explained(rejectedWords(rejected, allIn), () =>
    splitUnits(units, k, options.seed ?? 1, options),
  );
  const id = taskId(
    options.name,
    read.map(({ path }) => path),
  );
  const fields = fieldNames(read, kind);
  const definition = defineTask({ id, kind, labels, k, fields, read, items, options });
  const task: Task = {
    definition,
    splits: mapSplits((split) =>
      splits[split].map(({ row }, i): TaskRow => ({
        id: `${id}-${split}-${String(i).padStart(4, '0')}`,
        ...row,
      })),
    ),
  };
  const spellings = set?.spellings ?? [];
  const report: ImportReport = {
    files,
    kind,
    splits: mapSplits((split) => ({
      rows: splits[split].length,
      labels: countLabels(splits[split], labels),
    })),
    rejected,
    leftOver,
    rowsIn: allIn,
    spellings,
    doubles,
    warnings: warningsOf(task, rejected, { rowsIn: allIn, doubles }),
    notes: [
      ...(set?.notes ?? []),
      ...spellingNotes(spellings),
      ...breakNotes(found.broken),
      ...labelNotes(labels),
      ...(options.template === undefined ? [] : mendTemplate(options.template).notes),
      ...doubleNotes(doubles),
      ...unitNotes,
      ...markNotes(task),
      ...notes,
      ...sizeNotes(task),
    ],
  };
  return { task, extra: { fields }, report };
}

/** A refusal of what is left says where the rest went. */
function explained<T>(why: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof LabError) || thrown.code !== 'import-refused') throw thrown;
    throw new LabError(thrown.code, `${thrown.what}${why}`, { remedy: thrown.remedy, cause: thrown });
  }
}

/** The roles of a file as they would be written by hand. */
function linesOf(read: Read | undefined): string {
  const roles = Object.entries(read?.mapping ?? {}).flatMap(([role, column]) => {
    const names = [column ?? []].flat();
    return names.length === 0 ? [] : [`${role}=${names.join('+')}`];
  });
  return roles.join(',');
}

function mapSplits<T>(make: (split: SplitName) => T): Record<SplitName, T> {
  return {
    pool: make('pool'),
    prompts: make('prompts'),
    validation: make('validation'),
    probe: make('probe'),
    test: make('test'),
  };
}

function countLabels(items: readonly Item[], labels: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { row } of items) {
    const before = counts.get(row.output);
    if (before !== undefined) counts.set(row.output, before + 1);
  }
  return Object.fromEntries(counts);
}
