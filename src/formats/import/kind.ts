/** @file What kind of task the answers make, and the labels of a classification. */
import type { ColumnRoles } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import type { TaskDefinition, TaskKind } from '../../words/task.ts';
import { hasChoices } from './choices.ts';
import { cellText } from './columns.ts';
import type { ImportOptions } from './options.ts';
import type { Table } from './table.ts';

/** Most different answers that are taken for labels, and how often each must stand on average. */
const MOST_LABELS = 50;
const ROWS_PER_LABEL = 3;
/** More labels than this are no classification that a few demonstrations can show. */
const LABEL_LIMIT = 100;

export interface MappedTable {
  readonly table: Table;
  readonly mapping: ColumnRoles;
}

/** A label as it is compared: on one line, single spaces. */
export const plainLabel = (text: string): string => text.trim().replace(/\s+/g, ' ');

function answersOf({ table, mapping }: MappedTable): readonly string[] {
  const { output } = mapping;
  if (output === null) return [];
  return table.rows.map(({ cells }) => plainLabel(cellText(cells.get(output)))).filter((text) => text !== '');
}

/** The kind, or null where no row has an answer. */
export function guessKind(tables: readonly MappedTable[]): TaskKind | null {
  if (tables.some(({ mapping }) => hasChoices(mapping))) return 'multiple-choice';
  const answers = tables.flatMap(answersOf);
  if (answers.length === 0) return null;
  const different = new Set(answers);
  const areLabels =
    different.size > 1 &&
    different.size <= MOST_LABELS &&
    different.size * ROWS_PER_LABEL <= answers.length &&
    [...different].every((text) => text.length <= 60);
  return areLabels ? 'classification' : 'generation';
}

const inOrder = (a: string, b: string): number =>
  /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;

/** The labels: those named, else every answer that stands in the files, in the order of numbers or letters.
 * @throws LabError `import-refused` for one label or too many, or files whose labels have nothing in common. */
export function labelsOf(
  tables: readonly MappedTable[],
  names: ImportOptions['labelNames'],
): readonly string[] {
  if (names !== undefined) {
    const labels = [...new Set(names.values())];
    if (labels.length >= 2) return labels;
    throw new LabError('import-refused', `Only one label is named: ${labels.join('')}.`, {
      remedy: 'Name at least two, as in 0=negative,1=positive.',
    });
  }
  const sets = tables
    .map((mapped) => ({ file: mapped.table.file, labels: new Set(answersOf(mapped)) }))
    .filter(({ labels }) => labels.size > 0);
  const [first, ...rest] = sets;
  for (const other of rest) {
    if (first === undefined || [...other.labels].some((label) => first.labels.has(label))) continue;
    const shown = (labels: ReadonlySet<string>) => [...labels].sort(inOrder).slice(0, 8).join(', ');
    throw new LabError(
      'import-refused',
      `${first.file} and ${other.file} have no label in common: ${shown(first.labels)} and ${shown(other.labels)}.`,
      {
        remedy: 'Say which are the same with label names, as in 0=negative,1=positive, or import them apart.',
      },
    );
  }
  const all = [...new Set(sets.flatMap(({ labels }) => [...labels]))].sort(inOrder);
  if (all.length >= 2 && all.length <= LABEL_LIMIT) return all;
  throw new LabError(
    'import-refused',
    `A classification needs 2 to ${LABEL_LIMIT} labels, found ${all.length}.`,
    {
      remedy: 'Choose another column for the output, or another kind.',
    },
  );
}

/** Label names matter to a language model; numbers say nothing. */
export function labelNotes(labels: readonly string[]): readonly string[] {
  if (labels.length === 0 || !labels.every((label) => /^-?\d+$/.test(label))) return [];
  return [
    `The labels are numbers (${labels.join(', ')}), which tell a language model nothing: name them, as in ${labels.map((label) => `${label}=...`).join(',')}.`,
  ];
}

/** Exact match for labels, MC1 for choices; for free answers by their length in words. */
export function metricOf(kind: TaskKind, answers: readonly string[]): TaskDefinition['metric'] {
  if (kind === 'classification') return 'exact_match';
  if (kind === 'multiple-choice') return 'mc1';
  const lengths = answers.map((text) => text.split(/\s+/).length).sort((a, b) => a - b);
  return (lengths[Math.floor(lengths.length / 2)] ?? 0) <= 5 ? 'token_f1' : 'rouge_l';
}
