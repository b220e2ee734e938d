/** @file An Excel workbook's sheets as records, read by read-excel-file; loaded only when such a file comes. */
import { zipSync } from 'fflate';
import readSheets from 'read-excel-file/universal';
import type { LabError } from '../../core/errors.ts';
import { decodeUtf8 } from '../json.ts';
import type { FileRecord } from './records.ts';
import { refuseFile } from './table.ts';

/** The reader fills every row up to the last column: a stray cell far away would take all memory. */
const MOST_CELLS = 20_000_000;

export interface Sheet {
  readonly name: string;
  readonly records: readonly FileRecord[];
}

/** A is 1, Z 26, AA 27. */
function columnNumber(letters: string): number {
  let number = 0;
  for (let i = 0; i < letters.length; i++) number = number * 26 + letters.charCodeAt(i) - 64;
  return number;
}

/** @throws LabError `import-refused` for a sheet that reaches further than can be read */
function refuseWide(xml: Uint8Array, file: string): void {
  let [columns, rows] = [0, 0];
  for (const [, letters = '', row = ''] of decodeUtf8(xml).matchAll(
    /<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})"/g,
  )) {
    columns = Math.max(columns, columnNumber(letters));
    rows = Math.max(rows, Number(row));
  }
  if (columns * rows <= MOST_CELLS) return;
  throw refuseFile(
    file,
    `has a sheet of ${rows} rows and ${columns} columns.`,
    'Clear the cells that stand far from the table, or save the sheet as CSV.',
  );
}

function asText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().replace('T00:00:00.000Z', '');
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
  return typeof cell === 'string' || typeof cell === 'number' ? String(cell) : '';
}

/** @param parts the workbook's unpacked XML files
 * @throws LabError `import-refused` */
export async function readWorkbook(
  parts: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  file: string,
): Promise<readonly Sheet[]> {
  for (const [path, xml] of parts) if (/worksheets\/[^/]+\.xml$/i.test(path)) refuseWide(xml, file);
  // Unpacked here within bounds, and put together again unpacked: the reader would start workers of its own to unpack.
  const stored = zipSync(Object.fromEntries(parts), { level: 0 });
  try {
    const sheets = await readSheets(stored.buffer, { trim: false });
    return sheets.map(({ sheet, data }) => ({
      name: sheet,
      records: data.map((cells, i) => ({ line: i + 1, cells: cells.map((cell) => asText(cell)) })),
    }));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown): LabError =>
  refuseFile(
    file,
    `cannot be read as an Excel workbook: ${cause instanceof Error ? cause.message : String(cause)}.`,
    'Open it and save it again as .xlsx, or save the sheet as CSV.',
  );
