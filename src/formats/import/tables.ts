/** @file From opened files to their tables: the format by name and content; what is no table is refused in plain words. */
import { plural } from '../../core/plural.ts';
import { LabError } from '../../core/errors.ts';
import type { ImportWishes } from '../../words/importing.ts';
import { isKnownColumn } from './column-names.ts';
import { decodeText, NO_CHARACTER, type DecodedText } from './decode.ts';
import { SAY_ENCODING } from './encoding.ts';
import { readJsonArray, readJsonLines } from './json-rows.ts';
import { tableOfRecords } from './json-table.ts';
import { readLabelLines } from './label-lines.ts';
import type { OpenedFile } from './open.ts';
import { badBytes, tableOfCells } from './records.ts';
import {
  columnAgreement,
  guessDelimiter,
  parseDelimiter,
  readSeparated,
  toldDelimiter,
} from './separated.ts';
import { baseName, excerpt, refuseFile, type Cell, type Table } from './table.ts';
import { labelledLines, pairedLines, pairsOf, withLabel } from './text-lines.ts';
import { noTableByBytes, noTableByText, packedAs } from './what-it-is.ts';

const PROSE = /\.(md|markdown|rst|tex|ya?ml)$/i;
/** Share of lines that must have the same number of columns where the name does not tell the format. */
const AGREEMENT = 0.95;

/** What a person may say of how files are read; each is found out by default. */
export type Reading = { readonly [K in 'hasHeader' | 'encoding' | 'delimiter']?: ImportWishes[K] };

export interface ReadFile {
  readonly path: string;
  readonly table: Table;
}

/** The tables of files, in their order. Two files of lines that belong together are one; what an archive holds beside tables
 * is told with the first of these.
 * @throws LabError `import-refused` */
export function readTables(files: readonly OpenedFile[], reading: Reading): readonly ReadFile[] {
  const paired = readPairs(files, reading);
  const answers = new Set([...paired.values()].map(({ answers: of }) => of));
  const read: ReadFile[] = [];
  const unread = new Map<string, LabError[]>();
  for (const file of files) {
    if (answers.has(file)) continue;
    try {
      const table = paired.get(file)?.table ?? readTable(file, reading);
      read.push({ path: file.name, table });
    } catch (thrown) {
      if (!(thrown instanceof LabError) || file.inside === undefined) throw thrown;
      unread.set(file.inside, [...(unread.get(file.inside) ?? []), thrown]);
    }
  }
  for (const [archive, faults] of unread) {
    const first = files.find(
      ({ inside, name }) => inside === archive && read.some(({ path }) => path === name),
    );
    const at = read.findIndex(({ path }) => path === first?.name);
    const table = read[at]?.table;
    if (table === undefined)
      throw faults[0] ?? refuseFile(archive, 'holds no table.', 'Give the tables themselves.');
    const notes = [...table.notes, ...faults.map(({ what }) => `Not read of ${archive}: ${what}`)];
    read[at] = { path: read[at]?.path ?? archive, table: { ...table, notes } };
  }
  return read;
}

interface Pair {
  readonly answers: OpenedFile;
  readonly table: Table;
}

/** Text files that are no table of their own, by the file with their answers. */
function readPairs(files: readonly OpenedFile[], reading: Reading): ReadonlyMap<OpenedFile, Pair> {
  const pairs = new Map<OpenedFile, Pair>();
  const texts = files.filter((file) => 'bytes' in file && !/\.(csv|tsv|tab|jsonl?|ndjson)$/i.test(file.name));
  for (const [file, answers] of pairsOf(texts)) {
    if (!('bytes' in file) || !('bytes' in answers)) continue;
    const [name, other] = [baseName(file.name), baseName(answers.name)];
    const decoded = decodeText(file.bytes, name, reading.encoding);
    const table = pairedLines([decoded, name], [decodeText(answers.bytes, other, reading.encoding), other]);
    pairs.set(file, { answers, table: textTable(withNotes(table, file.notes), decoded) });
  }
  return pairs;
}

const withNotes = (table: Table, notes: readonly string[] = []): Table =>
  notes.length === 0 ? table : { ...table, notes: [...notes, ...table.notes] };

const hasBadBytes = (cell: Cell): boolean =>
  (typeof cell === 'string' ? cell : JSON.stringify(cell)).includes(NO_CHARACTER);

/** A table of text: with its encoding, without the rows whose bytes it does not tell. */
const textTable = (table: Table, { text, encoding }: DecodedText): Table => ({
  ...withoutBadBytes(table, text),
  encoding,
});

/** Rows in which bytes were no character are rejected, each with its place. */
function withoutBadBytes(table: Table, text: string): Table {
  if (!text.includes(NO_CHARACTER)) return table;
  const { file } = table;
  const rejected = [...table.rejected];
  const rows = table.rows.filter(({ line, cells }) => {
    const bad = [...cells.values()].find(hasBadBytes);
    if (bad !== undefined)
      rejected.push({
        file,
        line,
        reason: 'malformed',
        detail: badBytes(typeof bad === 'string' ? bad : JSON.stringify(bad)),
      });
    return bad === undefined;
  });
  if (rows.length * 2 < table.rows.length)
    throw refuseFile(
      file,
      `has bytes that are no character of its encoding in ${table.rows.length - rows.length} of ${plural(table.rows.length, 'row')}.`,
      SAY_ENCODING,
    );
  return { ...table, rows, rejected };
}

/** @throws LabError `import-refused` for a file that is no table of a known kind. */
export function readTable(opened: OpenedFile, reading: Reading = {}): Table {
  const file = baseName(opened.name);
  if ('fault' in opened) throw opened.fault;
  const { label, notes = [] } = opened;
  const labelled = (table: Table): Table => (label === undefined ? table : withLabel(table, label));
  if ('values' in opened)
    return labelled(tableOfRecords(opened.values, { file, format: 'parquet', rejected: [], notes }));
  if ('sheet' in opened) {
    const source = { file, format: 'xlsx', told: 'Columns are those of the sheet', notes } as const;
    return labelled(
      tableOfCells({ records: opened.sheet, rejected: [] }, { ...source, hasHeader: reading.hasHeader }),
    );
  }
  const { bytes } = opened;
  const fault = noTableByBytes(bytes, file);
  if (fault !== null) throw fault;
  if (packedAs(bytes) !== null) throw noTable(file, 'is packed and was not opened');
  if (PROSE.test(file)) throw noTable(file, 'is a document, not a table');
  const decoded = decodeText(bytes, file, reading.encoding);
  const markup = noTableByText(decoded.text, file);
  if (markup !== null) throw markup;
  const text = { ...decoded, notes: [...notes, ...decoded.notes] };
  return textTable(readText(text, file, reading, label), decoded);
}

function readText(decoded: DecodedText, file: string, reading: Reading, label: string | undefined): Table {
  const { text } = decoded;
  const { hasHeader } = reading;
  const said = reading.delimiter === undefined ? undefined : parseDelimiter(reading.delimiter);
  const labelled = (table: Table): Table => (label === undefined ? table : withLabel(table, label));
  const separated = (delimiter?: string): Table =>
    labelled(readSeparated(decoded, file, { delimiter: said ?? delimiter, hasHeader }));
  // fastText's lines come under any name; commas in their texts part no columns.
  if (/^\s*__label__\S/.test(text) && said === undefined) {
    const marked = readLabelLines(decoded, file);
    if (marked !== null) return labelled(marked);
  }
  switch (/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase()) {
    case 'jsonl':
    case 'ndjson':
      return labelled(readJsonLines(decoded, file));
    case 'json':
      return labelled(readJsonArray(decoded, file));
    case 'csv':
      return separated();
    case 'tsv':
    case 'tab':
      return separated(columnAgreement(text, '\t').columns > 1 ? '\t' : undefined);
    case undefined:
    default:
      if (label !== undefined && said === undefined) return labelledLines(decoded, file, label);
      return said === undefined ? readUnnamed(decoded, file, hasHeader) : separated();
  }
}

/** A file whose name does not tell: .txt, .dev, none. */
function readUnnamed(decoded: DecodedText, file: string, hasHeader?: boolean): Table {
  const { text } = decoded;
  if (/^\s*[[{]/.test(text)) {
    try {
      return readJsonArray(decoded, file);
    } catch {
      // Text that begins with a bracket.
    }
  }
  const agrees = (delimiter: string): boolean => {
    const { columns, share } = columnAgreement(text, delimiter);
    return columns > 1 && share >= AGREEMENT;
  };
  if (toldDelimiter(text) !== null) return readSeparated(decoded, file, { hasHeader });
  if (agrees('\t')) return readSeparated(decoded, file, { delimiter: '\t', hasHeader });
  const labelled = readLabelLines(decoded, file);
  if (labelled !== null) return labelled;
  // Commas stand in prose too: only a line that names columns tells a CSV.
  const delimiter = guessDelimiter(text);
  const [first = ''] = text.split('\n', 1);
  if (agrees(delimiter) && first.split(delimiter).some(isKnownColumn)) {
    return readSeparated(decoded, file, { delimiter, hasHeader });
  }
  throw refuseFile(
    file,
    `is plain text without columns ("${excerpt(text)}").`,
    `If each line is a text of one class, say its label: --label CLASS ${file}. Else give TSV or CSV with a line that names the columns (input, label), JSON, JSONL, or lines of a label and a text.`,
  );
}

const noTable = (file: string, what: string) =>
  refuseFile(
    file,
    `${what}.`,
    'Give TSV or CSV with a line that names the columns (input, label), JSON, JSONL, Parquet, .xlsx, or lines of a label and a text.',
  );
