/** @file The report of an import as lines of text, for the terminal and wherever plain text is wanted. */
import { plural } from '../../core/plural.ts';
import type { FilePreview, RejectedRow } from '../../words/importing.ts';
import { COLUMN_ROLES } from '../../words/importing.ts';
import { SPLITS } from '../../words/task.ts';
import type { ImportedTask } from './import-task.ts';

/** Rejected rows that are shown of each reason; all are in the report itself. */
const SHOWN = 3;

function fileLines({
  file,
  format,
  encoding,
  origin,
  rows,
  columns,
  mapping,
  layout,
  unused,
  notes,
}: FilePreview): readonly string[] {
  const roles = COLUMN_ROLES.flatMap((role) => {
    const column = mapping[role];
    if (column === null || column.length === 0) return [];
    return [`${role} = ${typeof column === 'string' ? column : column.join(' + ')}`];
  });
  return [
    `${file}: ${plural(rows, 'row')} of ${format}${encoding === undefined ? '' : `, ${encoding.name}`}${origin === null ? '' : `, as ${origin}`}`,
    `  columns: ${columns.map(({ name }) => name).join(', ')}`,
    layout === null
      ? `  layout: ${roles.length === 0 ? 'none was recognised' : 'as it was said'}`
      : `  layout: ${layout.name}: ${layout.because}${layout.runnerUp === undefined ? '' : `; next: ${layout.runnerUp}`}`,
    `  read as: ${roles.join('; ')}`,
    `  not used: ${unused.length === 0 ? 'no column' : unused.join(', ')}`,
    ...notes.map((note) => `  ${note}`),
  ];
}

function rejectedLines(rejected: readonly RejectedRow[], shown = SHOWN): readonly string[] {
  const byReason = new Map<string, RejectedRow[]>();
  for (const row of rejected) {
    const alike = byReason.get(row.reason);
    if (alike === undefined) byReason.set(row.reason, [row]);
    else alike.push(row);
  }
  return [...byReason].flatMap(([reason, rows]) => [
    `  ${reason}: ${rows.length}`,
    ...rows.slice(0, shown).map(({ file, line, detail }) => `    ${file} line ${line}: ${detail}`),
    ...(rows.length > shown ? [`    and ${rows.length - shown} more`] : []),
  ]);
}

export function fileReportLines(files: readonly FilePreview[]): readonly string[] {
  return files.flatMap(fileLines);
}

export function reportLines({ task, report }: ImportedTask): readonly string[] {
  const { definition } = task;
  const { labels } = definition;
  return [
    `task ${definition.id}: ${definition.kind}, scored by ${definition.metric}, k = ${definition.k}`,
    ...(labels.length === 0 ? [] : [`labels: ${labels.join(', ')}`]),
    `prompt: ${JSON.stringify(definition.template)}`,
    ...SPLITS.map((split) => {
      const { rows, labels: counts } = report.splits[split];
      const shown = Object.entries(counts).map(([label, count]) => `${label} ${count}`);
      return `  ${split.padEnd(10)} ${String(rows).padStart(5)}${shown.length === 0 ? '' : `  (${shown.join(', ')})`}`;
    }),
    `rows: ${report.rowsIn} in, ${SPLITS.reduce((sum, split) => sum + report.splits[split].rows, 0)} out`,
    ...report.warnings.map((warning) => `warning: ${warning}`),
    ...report.notes.map((note) => `note: ${note}`),
    `rejected: ${plural(report.rejected.length, 'row')}`,
    ...rejectedLines(report.rejected),
  ];
}
