/**
 * @file From records (lines of cells, of a CSV file or a sheet) to a table: which line names the columns, what stands
 * above it, which columns are none, and which records do not fit.
 */
import { plural } from '../../core/plural.ts';
import type { FileFormat, RejectedRow } from '../../words/importing.ts';
import { isKnownColumn } from './column-names.ts';
import { NO_CHARACTER } from './decode.ts';
import { excerpt, refuseFile, type SourceRow, type Table } from './table.ts';

export interface FileRecord {
  readonly line: number;
  readonly cells: readonly string[];
}
export interface Records {
  readonly records: readonly FileRecord[];
  readonly rejected: readonly RejectedRow[];
}

export interface RecordSource {
  readonly file: string;
  readonly format: FileFormat;
  /** What is said before "line 1 names them", as "Columns are separated by a comma". */
  readonly told: string;
  readonly notes: readonly string[];
  /** Whether the first line names the columns; guessed by default. */
  readonly hasHeader?: boolean | undefined;
}

/** So many records tell what the others look like. */
const SAMPLE = 200;
/** Lines above the table, as titles and comments, are no more than this. */
const MOST_ABOVE = 10;

const isFilled = (cell: string): boolean => cell.trim() !== '';
const filledCells = (cells: readonly string[]): number => cells.filter(isFilled).length;

function mostOften(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  // Sorting is stable: of numbers that stand equally often, the first.
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** How many records stand above the table: comments, and a title in one cell where the others have several. */
function countAbove(records: readonly FileRecord[]): number {
  const sample = records.slice(0, SAMPLE);
  const usual = mostOften(sample.map(({ cells }) => cells.length));
  const usuallyFilled = mostOften(sample.map(({ cells }) => filledCells(cells)));
  let above = 0;
  for (const { cells } of sample.slice(0, MOST_ABOVE)) {
    const isComment = cells[0]?.startsWith('#') === true && cells.length !== usual;
    const isTitle = filledCells(cells) === 1 && usuallyFilled > 1 && records.length > 20;
    if (!isComment && !isTitle) break;
    above++;
  }
  return above < sample.length ? above : 0;
}

/** Does the first record name the columns? By known names, or as the one unlike all the others. */
function looksLikeHeader(records: readonly FileRecord[]): boolean {
  const [first, ...rest] = records.slice(0, SAMPLE * 10);
  if (first === undefined) return false;
  const names = first.cells.map((cell) => cell.trim());
  const given = names.filter(isFilled);
  if (given.length === 0) return false;
  if (given.some((name) => name.length > 40 || /^-?[\d.,]+$/.test(name))) return false;
  if (given.some(isKnownColumn)) return true;
  if (new Set(given).size !== given.length) return false;
  // A word over nothing but numbers names them.
  const isNumber = (cell: string | undefined) => /^[-+]?\d+([.,]\d+)*$/.test(cell?.trim() ?? '');
  if (rest.length >= 5 && names.some((_, c) => rest.every(({ cells }) => isNumber(cells[c])))) return true;
  return names.some((name, c) => {
    if (name === '') return false;
    const below = rest.map(({ cells }) => cells[c]?.trim() ?? '');
    const distinct = new Set(below);
    return distinct.size > 0 && distinct.size * 3 <= below.length && !distinct.has(name);
  });
}

/** Column names trimmed and made different: one without a name is counted, one that stands twice gets its number. */
function unique(names: readonly string[]): readonly string[] {
  const out = new Set<string>();
  for (const [i, name] of names.entries()) {
    const trimmed = name.trim().replaceAll(NO_CHARACTER, '\uFFFD') || `column ${i + 1}`;
    out.add(out.has(trimmed) ? `${trimmed} ${i + 1}` : trimmed);
  }
  // A file may itself have the name that a double would get.
  return out.size === names.length ? [...out] : names.map((name, i) => `${name.trim()} ${i + 1}`);
}

/** 0, 1, 2 … or 1, 2, 3 …: a saved index. */
function countsRows(records: readonly FileRecord[], column: number): boolean {
  const first = Number(records[0]?.cells[column]);
  return (
    (first === 0 || first === 1) &&
    records.every(({ cells }, i) => cells[column]?.trim() === String(first + i))
  );
}

/** Names for the columns of the records below the header, and which of these are columns at all. */
function nameColumns(
  header: readonly string[] | null,
  below: readonly FileRecord[],
  notes: string[],
): { names: readonly string[]; kept: readonly number[] } {
  const usual = mostOften(below.slice(0, SAMPLE).map(({ cells }) => cells.length));
  let raw = header ?? Array.from({ length: usual }, (_, i) => `column ${i + 1}`);
  if (header !== null && below.length >= 5 && usual === header.length + 1) {
    const sample = below.slice(0, SAMPLE);
    const areDifferent = new Set(sample.map(({ cells }) => cells[0])).size === sample.length;
    if (areDifferent && sample.every(({ cells }) => cells.length === usual)) {
      raw = ['index', ...header];
      notes.push('Its lines have one cell more than names, in front (as R writes row names): called index.');
    }
  }
  const isIndex = raw[0]?.trim() === '' && countsRows(below, 0);
  if (isIndex) {
    raw = ['index', ...raw.slice(1)];
    notes.push('Its first column has no name and counts the rows (a saved index): called index.');
  }
  const kept = raw.flatMap((name, c) =>
    isFilled(name) || below.some(({ cells }) => isFilled(cells[c] ?? '')) ? [c] : [],
  );
  const empty = raw.length - kept.length;
  if (empty > 0) notes.push(`${plural(empty, 'column')} without name and values left out.`);
  const names = unique(raw);
  const doubled =
    header === null ? [] : names.filter((name, c) => isFilled(raw[c] ?? '') && name !== raw[c]?.trim());
  if (doubled.length > 0)
    notes.push(`Names that stand twice got their column's number: ${doubled.join(', ')}.`);
  return { names, kept };
}

/** @throws LabError `import-refused` where there are no rows */
export function tableOfCells(read: Records, source: RecordSource): Table {
  const { file, format, told, hasHeader } = source;
  const notes = [...source.notes];
  const rejected = [...read.rejected];
  const begin = Math.max(
    0,
    read.records.findIndex(({ cells }) => cells.some(isFilled)),
  );
  if (begin > 0) notes.push(`${plural(begin, 'empty line')} above the table.`);
  const filled = read.records.slice(begin).filter(({ line, cells }) => {
    const isEmpty = !cells.some(isFilled);
    if (isEmpty) rejected.push({ file, line, reason: 'empty', detail: 'no text in any column' });
    return !isEmpty;
  });
  const above = hasHeader === false ? 0 : countAbove(filled);
  if (above > 0) {
    const shown = filled.slice(0, above).map(({ cells }) => excerpt(cells.filter(isFilled).join(' '), 40));
    notes.push(`${plural(above, 'line')} above the table left out: ${shown.join(' / ')}.`);
  }
  const records = filled.slice(above);
  const [first] = records;
  if (first === undefined) throw refuseFile(file, 'has no rows.', 'Choose a file with rows.');
  const isNamed = hasHeader ?? looksLikeHeader(records);
  notes.push(
    isNamed ? `${told}; line ${first.line} names them.` : `${told}; no line names them, so they are counted.`,
  );
  const below = isNamed ? records.slice(1) : records;
  const { names, kept } = nameColumns(isNamed ? first.cells : null, below, notes);
  const columns = kept.map((c) => names[c] ?? '');
  const header = isNamed ? first.cells.join('\n') : null;
  const rows: SourceRow[] = [];
  let trailing = 0;
  for (const { line, cells } of below) {
    const detail = faultOf(cells, names.length, header);
    if (detail === null) {
      if (cells.length > names.length) trailing++;
      rows.push({ line, cells: new Map(kept.map((c, i) => [columns[i] ?? '', cells[c] ?? ''])) });
    } else rejected.push({ file, line, reason: 'malformed', detail });
  }
  if (trailing > 0) notes.push(`${plural(trailing, 'row')} with empty cells beyond the last column.`);
  return { file, format, columns, rows, rejected, notes };
}

function faultOf(cells: readonly string[], columns: number, header: string | null): string | null {
  if (cells.length < columns || cells.slice(columns).some(isFilled))
    return `${plural(cells.length, 'column')} where ${columns} are expected: ${excerpt(cells.join(' '))}`;
  if (header !== null && cells.join('\n') === header) return 'the names of the columns once more';
  return null;
}

/** What is said of a text with bytes that are no character, with what stands around the first. */
export function badBytes(text: string): string {
  const at = text.indexOf(NO_CHARACTER);
  const around = text.slice(Math.max(0, at - 20), at + 40).replaceAll(NO_CHARACTER, '\uFFFD');
  return `bytes that are no character of its encoding, shown as \uFFFD: ${excerpt(around)}`;
}
