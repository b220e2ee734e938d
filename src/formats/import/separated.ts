/** @file CSV (RFC 4180) and TSV as records: delimiter, quotes, the line of every record, the broken ones set aside. */
import { plural } from '../../core/plural.ts';
import type { RejectedRow } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import { isMarkedFormula } from '../../core/spreadsheet.ts';
import { isKnownColumn } from './column-names.ts';
import type { DecodedText } from './decode.ts';
import { tableOfCells, type FileRecord, type Records } from './records.ts';
import { excerpt, refuseFile, type Table } from './table.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;
const NAMES: readonly (readonly [name: string, delimiter: string])[] = [
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['bar', '|'],
  ['pipe', '|'],
  ['space', ' '],
  ['colon', ':'],
];
const nameOf = (delimiter: string): string => {
  const known = NAMES.find(([, sign]) => sign === delimiter)?.[0];
  return known === undefined ? `"${delimiter}"` : `a ${known}`;
};

/** What a person wrote for a delimiter: tab, \t, a name or the signs themselves. @throws LabError `import-refused` */
export function parseDelimiter(said: string): string {
  const known = NAMES.find(([name]) => name === said.trim().toLowerCase())?.[1];
  const delimiter = known ?? (said === '\\t' ? '\t' : said);
  if (delimiter !== '' && delimiter.length <= 8 && !/["\n\r]/.test(delimiter)) return delimiter;
  throw new LabError('import-refused', `"${said}" cannot separate columns.`, {
    remedy: `Give ${[...new Set(NAMES.map(([name]) => name))].join(', ')}, or the sign itself.`,
  });
}

/** A quoted field over more lines than fit into this is a quote that was never closed. */
const MOST_QUOTED_CHARS = 200_000;

interface Field {
  readonly cell: string;
  /** Of what follows it: a delimiter, a line end or the text's end. */
  readonly end: number;
}

/** The field whose opening quote stands at `quote`; null where its quotes do not close it. */
function quotedField(text: string, quote: number, delimiter: string): Field | null {
  const last = Math.min(text.length, quote + MOST_QUOTED_CHARS);
  let isDoubled = false;
  for (let at = quote + 1; at < last;) {
    const next = text.indexOf('"', at);
    if (next < 0 || next >= last) return null;
    if (text[next + 1] === '"') {
      isDoubled = true;
      at = next + 2;
      continue;
    }
    // Spaces between a closing quote and the delimiter are nobody's text.
    let end = next + 1;
    while (text[end] === ' ' && delimiter !== ' ') end++;
    const isClosed = end === text.length || text[end] === '\n' || text.startsWith(delimiter, end);
    if (!isClosed) return null;
    const inner = text.slice(quote + 1, next);
    return { cell: isDoubled ? inner.replaceAll('""', '"') : inner, end };
  }
  return null;
}

/** The record that begins at `begin` in a text with quotes, and where it ends; null where a quote is broken. */
function quotedRecord(
  text: string,
  begin: number,
  delimiter: string,
): { cells: string[]; end: number } | null {
  const cells: string[] = [];
  const lineEnd = (from: number): number => {
    const found = text.indexOf('\n', from);
    return found < 0 ? text.length : found;
  };
  let line = lineEnd(begin);
  for (let at = begin; ;) {
    let quote = at;
    while (text[quote] === ' ' && delimiter !== ' ') quote++;
    let field = text[quote] === '"' ? quotedField(text, quote, delimiter) : null;
    if (field === null) {
      if (text[at] === '"') return null;
      const found = text.indexOf(delimiter, at);
      const end = found < 0 || found > line ? line : found;
      field = { cell: text.slice(at, end), end };
    }
    cells.push(field.cell);
    const { end } = field;
    if (end >= text.length || (text[end] === '\n' && delimiter !== '\n')) return { cells, end };
    if (end > line) line = lineEnd(end);
    at = end + delimiter.length;
  }
}

/** Records of a text whose fields may be quoted. One with a broken quote costs its first line, not the rest; so does one that
 * goes over several lines and has not the first one's number of cells: its quote was closed by another's.
 * @param limit reads no more records than this. */
function quotedRecords(text: string, delimiter: string, file: string, limit = Infinity): Records {
  const records: FileRecord[] = [];
  const rejected: RejectedRow[] = [];
  let line = 1;
  for (let begin = 0; begin <= text.length && records.length < limit; line++) {
    const found = text.indexOf('\n', begin);
    const lineEnd = found < 0 ? text.length : found;
    const whole = text.slice(begin, lineEnd);
    if (!whole.includes('"')) {
      records.push({ line, cells: whole.split(delimiter) });
      begin = lineEnd + 1;
      continue;
    }
    const read = quotedRecord(text, begin, delimiter);
    const isTorn =
      read !== null &&
      read.end > lineEnd &&
      records[0] !== undefined &&
      read.cells.length !== records[0].cells.length;
    if (read === null || isTorn) {
      rejected.push({
        file,
        line,
        reason: 'malformed',
        detail: `a quotation mark is not closed: ${excerpt(whole)}`,
      });
      begin = lineEnd + 1;
      continue;
    }
    records.push({ line, cells: read.cells });
    for (let at = text.indexOf('\n', begin); at >= 0 && at < read.end; at = text.indexOf('\n', at + 1))
      line++;
    begin = read.end + 1;
  }
  return { records, rejected };
}

function literalRecords(text: string, delimiter: string): Records {
  const lines = text.split('\n');
  return { records: lines.map((row, i) => ({ line: i + 1, cells: row.split(delimiter) })), rejected: [] };
}

interface Agreement {
  /** How many columns most records have. */
  readonly columns: number;
  /** The share of records that have them. */
  readonly share: number;
  readonly isNamed: boolean;
}

/** The first lines of a text, which tell what the others look like. */
function headOf(text: string): string {
  let end = 0;
  for (let line = 0; line < 400 && end >= 0; line++) end = text.indexOf('\n', end + 1);
  return end < 0 ? text : text.slice(0, end);
}

/** How well the first records agree on a number of columns. */
export function columnAgreement(text: string, delimiter: string): Agreement {
  const counts = new Map<number, number>();
  const { records } = quotedRecords(headOf(text), delimiter, '', 200);
  for (const { cells } of records) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [columns, count] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0];
  const isNamed = records[0]?.cells.some(isKnownColumn) === true;
  return { columns, share: count / Math.max(1, records.length), isNamed };
}

/** The delimiter under which the first records agree best on more than one column, one that makes known names of the first
 * line before others; comma where none does. */
export function guessDelimiter(text: string): string {
  let best = { delimiter: ',', share: 0 };
  for (const delimiter of DELIMITERS) {
    const { columns, share, isNamed } = columnAgreement(text, delimiter);
    const worth = share + (isNamed && share >= 0.5 ? 1 : 0);
    if (columns > 1 && worth > best.share) best = { delimiter, share: worth };
  }
  return best.delimiter;
}

/** A line by which spreadsheets tell the delimiter, and it. */
const SEP_LINE = /^"?sep=(.|\\t)"?\s*(?:\n|$)/i;
export const toldDelimiter = (text: string): string | null => {
  const [, sign] = SEP_LINE.exec(text) ?? [];
  return sign === undefined ? null : parseDelimiter(sign);
};

export interface SeparatedOptions {
  /** As it is, not by name; found out by default. */
  readonly delimiter?: string | undefined;
  /** Whether the first line names the columns; guessed by default. */
  readonly hasHeader?: boolean | undefined;
}

/** Quotes of TSV are read as quotes only where all of them fit.
 * @throws LabError `import-refused`. */
export function readSeparated(
  { text: whole, notes: before }: DecodedText,
  file: string,
  options: SeparatedOptions,
): Table {
  const notes = [...before];
  const told = toldDelimiter(whole);
  const delimiter = options.delimiter ?? told ?? guessDelimiter(whole);
  // The last line's end begins no row; a line that tells the delimiter is none, but counts as a line.
  const rows = whole.replace(/\n$/, '');
  const text = told === null ? rows : rows.replace(SEP_LINE, '');
  let read = quotedRecords(text, delimiter, file);
  const isBroken = read.rejected.length > (delimiter === '\t' ? 0 : read.records.length);
  if (isBroken) {
    const literal = literalRecords(text, delimiter);
    if (delimiter !== '\t' && !agrees(literal)) {
      throw refuseFile(
        file,
        `has ${read.rejected.length} rows with broken quotes among ${read.records.length} others.`,
        'Save it again as CSV with quoted fields (RFC 4180), or as TSV; or say what separates its columns (--delimiter).',
      );
    }
    read = literal;
    notes.push('Its quotation marks do not pair up, so they are read as text.');
  }
  if (told !== null) read = moved(read, 1);
  const marked = read.records.reduce((sum, { cells }) => sum + cells.filter(isMarkedFormula).length, 0);
  if (marked > 0)
    notes.push(
      `${plural(marked, 'cell')} with an apostrophe before =, +, - or @, as this lab and others write it so that spreadsheets compute nothing: read as part of the text.`,
    );
  const why =
    options.delimiter !== undefined ? ', as was said' : told === null ? '' : ', as its first line says';
  return tableOfCells(read, {
    file,
    format: delimiter === '\t' ? 'tsv' : 'csv',
    told: `Columns are separated by ${nameOf(delimiter)}${why}`,
    notes,
    hasHeader: options.hasHeader,
  });
}

const agrees = ({ records }: Records): boolean => {
  const columns = records[0]?.cells.length ?? 1;
  return columns > 1 && records.every(({ cells }) => cells.length === columns);
};

const moved = ({ records, rejected }: Records, lines: number): Records => ({
  records: records.map(({ line, cells }) => ({ line: line + lines, cells })),
  rejected: rejected.map((row) => ({ ...row, line: row.line + lines })),
});
