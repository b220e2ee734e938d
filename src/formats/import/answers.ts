/** @file A row's input and answer as text, whatever its cells hold; and what kind of task the answers make. */
import type { ColumnRoles } from '../../words/importing.ts';
import type { TaskDefinition, TaskKind } from '../../words/task.ts';
import {
  cellLabels,
  cellText,
  firstExchange,
  lastExchange,
  spoken,
  turnsOf,
  type Exchange,
} from './cells.ts';
import { hasChoices } from './choices.ts';
import { LABEL_ENDINGS, LABEL_NAMES, plainName } from './column-names.ts';
import type { MappedTable } from './roles.ts';
import type { SourceRow } from './table.ts';

/** More different answers than this are no labels unless their column is called so. */
const MOST_UNNAMED_LABELS = 50;
/** How often each label must stand on average. */
const ROWS_PER_LABEL = 3;
const LONGEST_LABEL = 60;

/** Of one list of turns that is input and answer; what is chosen is the last answer, of a chat the first counts. */
function exchangeIn(row: SourceRow, column: string): Exchange | null {
  const turns = turnsOf(row.cells.get(column));
  if (turns === null) return null;
  return plainName(column) === 'chosen' ? lastExchange(turns) : firstExchange(turns);
}

/** The texts of a row's input columns, in their order. */
export function inputParts(row: SourceRow, { input, output }: ColumnRoles): readonly string[] {
  return input.flatMap((column) => {
    const turns = turnsOf(row.cells.get(column));
    const own = column === output ? exchangeIn(row, column)?.question : undefined;
    const text = own ?? (turns === null ? cellText(row.cells.get(column)) : spoken(turns));
    return text === '' ? [] : [text];
  });
}

export function answerOf(row: SourceRow, { input, output }: ColumnRoles): string {
  if (output === null) return '';
  const turns = turnsOf(row.cells.get(output));
  if (turns === null) return cellText(row.cells.get(output));
  if (input.includes(output)) return exchangeIn(row, output)?.answer ?? '';
  return lastExchange(turns).answer;
}

const isCalledLabel = (name: string): boolean => {
  const plain = plainName(name);
  return (
    LABEL_NAMES.includes(plain) ||
    LABEL_ENDINGS.some((ending) => plain.endsWith(ending)) ||
    name.endsWith(' label')
  );
};

/** The kind, or null where no row has an answer. */
export function guessKind(tables: readonly MappedTable[]): TaskKind | null {
  if (tables.some(({ mapping }) => hasChoices(mapping))) return 'multiple-choice';
  const decided = tables.find(({ kind }) => kind !== undefined)?.kind;
  const answers = tables.flatMap(({ table, mapping }) =>
    table.rows.map((row) => answerOf(row, mapping)).filter((text) => text !== ''),
  );
  if (answers.length === 0) return null;
  if (decided !== undefined) return decided;
  const outputs = tables.flatMap(({ mapping }) => mapping.output ?? []);
  const isNamed = outputs.some(isCalledLabel) || tables.some(({ table }) => table.format === 'label-lines');
  const isListed = tables.some(
    ({ table, mapping: { output } }) =>
      output !== null && table.rows.some(({ cells }) => cellLabels(cells.get(output)).length > 1),
  );
  if (isListed && !isNamed) return 'generation';
  const different = new Set(answers.map((text) => text.toLowerCase().replace(/\s+/g, ' ')));
  const areShort = [...different].every((text) => text.length <= LONGEST_LABEL);
  if (isNamed)
    return areShort && different.size * 2 <= answers.length
      ? 'classification'
      : isListed
        ? 'classification'
        : 'generation';
  const areFew =
    different.size > 1 &&
    different.size <= MOST_UNNAMED_LABELS &&
    different.size * ROWS_PER_LABEL <= answers.length;
  return areFew && areShort ? 'classification' : 'generation';
}

/** Exact match for labels and final answers, MC1 for choices; for free answers by their length in words. */
export function metricOf(
  kind: TaskKind,
  answers: readonly string[],
  hasFinal: boolean,
): TaskDefinition['metric'] {
  if (kind === 'classification') return 'exact_match';
  if (kind === 'multiple-choice') return 'mc1';
  if (hasFinal) return 'exact_match';
  const lengths = answers.map((text) => text.split(/\s+/).length).sort((a, b) => a - b);
  return (lengths[Math.floor(lengths.length / 2)] ?? 0) <= 5 ? 'token_f1' : 'rouge_l';
}
