/**
 * @file From files to a task: tables read, columns mapped, kind and labels found, doubles taken out, splits drawn.
 * The page's import form and `npm run import-task` both stand on `openFiles` and `previewImport`. Plain functions of
 * bytes: no file system, no DOM, and the same files with the same options give the same task.
 */
import type { FilePreview, ImportSummary, RejectedRow } from '../../words/importing.ts';
import { LabError, toLabError } from '../../core/errors.ts';
import type { SplitName, Task, TaskKind, TaskRow } from '../../words/task.ts';
import type { TaskExtra } from '../task-folder.ts';
import { checkGivenColumns, columnFigures, mapColumns, cellText } from './columns.ts';
import { breakNotes } from './decode.ts';
import { defaultK, defineTask, fieldNames, sizeNotes } from './definition.ts';
import { deduplicate, readItems, type Item, type ItemSource } from './items.ts';
import { guessKind, labelNotes, labelsOf } from './kind.ts';
import type { OpenedFile } from './open.ts';
import type { ImportOptions } from './options.ts';
import { originOf, taskId } from './origin.ts';
import { splitItems } from './splits.ts';
import { excerpt, refuseFile } from './table.ts';
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

function readFiles(files: readonly OpenedFile[], options: ImportOptions): readonly Read[] {
  if (files.length === 0) {
    throw new LabError('import-refused', 'There is no file to import.', { remedy: 'Choose at least one.' });
  }
  const tables = [
    ...readTables(files, options).map((read) => ({ ...read, origin: originOf(read.path) })),
    ...readTables(options.pool ?? [], options).map((read) => ({ ...read, origin: 'pool' as const })),
  ];
  checkGivenColumns(
    tables.map(({ table }) => table),
    options.columns,
  );
  return tables.map((read) => ({ ...read, mapping: mapColumns(read.table, options.columns) }));
}

function previewOf({ table, mapping, origin }: Read): FilePreview {
  const columns = table.columns.map((name) => ({
    name,
    samples: table.rows.slice(0, 3).map(({ cells }) => excerpt(cellText(cells.get(name)), 80)),
    distinct: columnFigures(table, name).distinct,
  }));
  const { file, format, notes } = table;
  return { file, format, origin, rows: table.rows.length, columns, mapping, notes };
}

/** Files as read, and the task where it can be made; never throws a LabError. */
export function previewImport(files: readonly OpenedFile[], options: ImportOptions = {}): ImportPreview {
  let read: readonly Read[] = [];
  try {
    read = readFiles(files, options);
    return { files: read.map(previewOf), imported: build(read, options), problem: null };
  } catch (thrown) {
    return { files: read.map(previewOf), imported: null, problem: toLabError(thrown) };
  }
}

/** @throws LabError `import-refused` naming the file, the fault and the remedy. */
export function importTask(files: readonly OpenedFile[], options: ImportOptions = {}): ImportedTask {
  return build(readFiles(files, options), options);
}

function build(read: readonly Read[], options: ImportOptions): ImportedTask {
  const kind = options.kind ?? guessKind(read) ?? 'generation';
  const labels = kind === 'classification' ? labelsOf(read, options.labelNames) : [];
  const found = readItems(read, { kind, labels, options });
  const { items, rejected: doubles } = deduplicate(found.items);
  const rejected = [...found.rejected, ...doubles];
  const [first] = read;
  if (items.length === 0 || first === undefined) {
    const [why] = rejected;
    throw refuseFile(
      first?.table.file ?? 'The import',
      `gave no usable row: ${why === undefined ? 'there are none' : `line ${why.line}: ${why.detail}`}.`,
      'Check the columns, the label names and the kind.',
    );
  }
  const k = defaultK(labels);
  const { splits, notes, leftOver } = splitItems(items, k, options.seed ?? 1, options);
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
  const report: ImportReport = {
    files: read.map(previewOf),
    kind,
    splits: mapSplits((split) => ({
      rows: splits[split].length,
      labels: countLabels(splits[split], labels),
    })),
    rejected,
    leftOver,
    notes: [...breakNotes(found.broken), ...labelNotes(labels), ...notes, ...sizeNotes(task)],
  };
  return { task, extra: { fields }, report };
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
  return Object.fromEntries(
    labels.map((label) => [label, items.filter(({ row }) => row.output === label).length]),
  );
}
