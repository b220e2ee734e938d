/** @file From a file to its table: the format by name and content; what is no table is refused in plain words. */
import type { ImportFile } from '../../words/importing.ts';
import { isKnownColumn } from './column-names.ts';
import { decodeText, type DecodedText } from './decode.ts';
import { readJsonArray, readJsonLines } from './json-rows.ts';
import { readLabelLines } from './label-lines.ts';
import { columnAgreement, guessDelimiter, readSeparated, type Delimiter } from './separated.ts';
import { baseName, excerpt, refuseFile, type Table } from './table.ts';

const PROSE = /\.(md|markdown|html?|xml|rst|tex|ya?ml)$/i;
/** Share of lines that must have the same number of columns where the name does not tell the format. */
const AGREEMENT = 0.95;

/** @param hasHeader whether the first line of CSV and TSV names the columns; guessed by default.
 * @throws LabError `import-refused` for a file that is no table of a known kind. */
export function readTable({ name, bytes }: ImportFile, hasHeader?: boolean): Table {
  const file = baseName(name);
  if (PROSE.test(file)) throw noTable(file, 'is a document, not a table');
  const decoded = decodeText(bytes, file);
  const { text } = decoded;
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    throw noTable(file, 'is a web page or XML document (an error page of a download?), not a table');
  }
  // fastText's lines come under any name; commas in their texts part no columns.
  if (/^\s*__label__\S/.test(text)) {
    const marked = readLabelLines(decoded, file);
    if (marked !== null) return marked;
  }
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase();
  switch (extension) {
    case 'jsonl':
    case 'ndjson':
      return readJsonLines(decoded, file);
    case 'json':
      return readJsonArray(decoded, file);
    case 'csv':
      return readSeparated(decoded, file, guessDelimiter(text), hasHeader);
    case 'tsv':
    case 'tab':
      return readSeparated(decoded, file, '\t', hasHeader);
    case undefined:
    default:
      return readUnnamed(decoded, file, hasHeader);
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
  const agrees = (delimiter: Delimiter): boolean => {
    const { columns, share } = columnAgreement(text, delimiter);
    return columns > 1 && share >= AGREEMENT;
  };
  if (agrees('\t')) return readSeparated(decoded, file, '\t', hasHeader);
  const labelled = readLabelLines(decoded, file);
  if (labelled !== null) return labelled;
  // Commas stand in prose too: only a line that names columns tells a CSV.
  const delimiter = guessDelimiter(text);
  const [first = ''] = text.split('\n', 1);
  if (agrees(delimiter) && first.split(delimiter).some(isKnownColumn)) {
    return readSeparated(decoded, file, delimiter, hasHeader);
  }
  throw noTable(file, `is plain text without columns ("${excerpt(text)}")`);
}

const noTable = (file: string, what: string) =>
  refuseFile(
    file,
    `${what}.`,
    'Give TSV or CSV with a line that names the columns (input, label), JSON, JSONL, or lines of a label and a text.',
  );
