/** @file CSV (RFC 4180, through papaparse) and TSV, with the line of every row and the broken rows set aside. */
import type { RejectedRow } from '../../words/importing.ts';
import Papa from 'papaparse';
import { isMarkedFormula } from '../../core/spreadsheet.ts';
import { isKnownColumn } from './column-names.ts';
import type { DecodedText } from './decode.ts';
import { excerpt, MAX_MALFORMED, plural, refuseFile, type SourceRow, type Table } from './table.ts';

export type Delimiter = ',' | ';' | '\t' | '|';
const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|'];
const NAMES: Readonly<Record<Delimiter, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

interface FileRecord {
  readonly line: number;
  readonly cells: readonly string[];
}
interface Records {
  readonly records: readonly FileRecord[];
  readonly rejected: readonly RejectedRow[];
}

/** Records of a text whose fields may be quoted. A record with a broken quote costs its first line, not the rest.
 * @param limit reads no more records than this. */
function quotedRecords(text: string, delimiter: Delimiter, file: string, limit = Infinity): Records {
  const records: FileRecord[] = [];
  const rejected: RejectedRow[] = [];
  let line = 1;
  for (let begin = 0; begin < text.length && records.length < limit;) {
    const part = text.slice(begin);
    let done = 0;
    const broken: string[] = [];
    Papa.parse<readonly string[]>(part, {
      delimiter,
      newline: '\n',
      step: ({ data, errors, meta }, parser) => {
        const [error] = errors;
        if (error !== undefined || records.length >= limit) {
          if (error !== undefined) broken.push(error.message);
          parser.abort();
          return;
        }
        records.push({ line, cells: data });
        line += part.slice(done, meta.cursor).split('\n').length - 1;
        done = meta.cursor;
      },
    });
    const [fault] = broken;
    if (fault === undefined) break;
    const end = part.indexOf('\n', done);
    const faulty = part.slice(done, end < 0 ? undefined : end);
    rejected.push({ file, line, reason: 'malformed', detail: `${fault}: ${excerpt(faulty)}` });
    if (rejected.length > MAX_MALFORMED) {
      throw refuseFile(
        file,
        `has more than ${MAX_MALFORMED} rows with broken quotes.`,
        'Save it again as CSV with quoted fields (RFC 4180), or as TSV.',
      );
    }
    begin += end < 0 ? part.length : end + 1;
    line++;
  }
  return { records, rejected };
}

function literalRecords(text: string, delimiter: Delimiter): Records {
  const lines = text.split('\n');
  return { records: lines.map((row, i) => ({ line: i + 1, cells: row.split(delimiter) })), rejected: [] };
}

/** How many columns most records have, and the share of records that have them. */
export function columnAgreement(text: string, delimiter: Delimiter): { columns: number; share: number } {
  const head = text.split('\n').slice(0, 400).join('\n');
  const counts = new Map<number, number>();
  const { records } = quotedRecords(head, delimiter, '', 200);
  for (const { cells } of records) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [columns, count] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0];
  return { columns, share: count / Math.max(1, records.length) };
}

/** The delimiter under which the first records agree best on more than one column; comma where none does. */
export function guessDelimiter(text: string): Delimiter {
  let best: { delimiter: Delimiter; share: number } = { delimiter: ',', share: 0 };
  for (const delimiter of DELIMITERS) {
    const { columns, share } = columnAgreement(text, delimiter);
    if (columns > 1 && share > best.share) best = { delimiter, share };
  }
  return best.delimiter;
}

/** Does the first row name the columns? By known names, or as the one row unlike all the others. */
function looksLikeHeader(records: readonly FileRecord[]): boolean {
  const [first, ...rest] = records;
  if (first === undefined) return false;
  const { cells } = first;
  if (cells.some((cell) => cell.trim() === '') || new Set(cells).size !== cells.length) return false;
  if (cells.some((cell) => cell.length > 40 || /^-?[\d.,]+$/.test(cell.trim()))) return false;
  if (cells.some(isKnownColumn)) return true;
  return cells.some((cell, c) => {
    const below = rest.map((record) => record.cells[c]?.trim() ?? '');
    const distinct = new Set(below);
    return distinct.size > 0 && distinct.size * 3 <= below.length && !distinct.has(cell.trim());
  });
}

/** @param isTsv whether the name or the content says TSV; its quotes are read as quotes only where all of them fit.
 * @throws LabError `import-refused`. */
export function readSeparated(
  { text: whole, notes: decodingNotes }: DecodedText,
  file: string,
  delimiter: Delimiter,
  hasHeader?: boolean,
): Table {
  const notes = [...decodingNotes];
  // The last line's end begins no row.
  const text = whole.replace(/\n$/, '');
  let read = quotedRecords(text, delimiter, file);
  if (delimiter === '\t' && read.rejected.length > 0) {
    read = literalRecords(text, delimiter);
    notes.push('Its quotation marks do not pair up, so they are read as text.');
  }
  const marked = read.records.reduce((sum, { cells }) => sum + cells.filter(isMarkedFormula).length, 0);
  if (marked > 0)
    notes.push(
      `${plural(marked, 'cell')} with an apostrophe before =, +, - or @, as this lab and others write it so that spreadsheets compute nothing: read as part of the text.`,
    );
  const rejected = [...read.rejected];
  const filled = read.records.filter(({ line, cells }) => {
    const isEmpty = cells.every((cell) => cell.trim() === '');
    if (isEmpty) rejected.push({ file, line, reason: 'empty', detail: 'no text in any column' });
    return !isEmpty;
  });
  const isNamed = hasHeader ?? looksLikeHeader(filled);
  const [first] = filled;
  if (first === undefined) throw refuseFile(file, 'has no rows.', 'Choose a file with rows.');
  const columns = isNamed ? unique(first.cells) : first.cells.map((_, i) => `column ${i + 1}`);
  notes.push(
    isNamed
      ? `Columns are separated by a ${NAMES[delimiter]}; line ${first.line} names them.`
      : `Columns are separated by a ${NAMES[delimiter]}; no line names them, so they are counted.`,
  );
  const rows: SourceRow[] = [];
  for (const { line, cells } of isNamed ? filled.slice(1) : filled) {
    if (cells.length !== columns.length) {
      const detail = `${plural(cells.length, 'column')} where ${columns.length} are expected: ${excerpt(cells.join(' '))}`;
      rejected.push({ file, line, reason: 'malformed', detail });
    } else {
      rows.push({ line, cells: new Map(columns.map((column, c) => [column, cells[c] ?? ''])) });
    }
  }
  return { file, format: delimiter === '\t' ? 'tsv' : 'csv', columns, rows, rejected, notes };
}

/** Column names trimmed and made different: a name that stands twice gets its number. */
function unique(names: readonly string[]): readonly string[] {
  const out: string[] = [];
  for (const [i, name] of names.entries()) {
    const trimmed = name.trim() === '' ? `column ${i + 1}` : name.trim();
    out.push(out.includes(trimmed) ? `${trimmed} ${i + 1}` : trimmed);
  }
  return out;
}
