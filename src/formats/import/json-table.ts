/** @file From JSON values to a table; nested objects become dotted columns, lists of objects one row each. */
import type { FileFormat, RejectedRow } from '../../words/importing.ts';
import { isJsonObject, kindOf, shownJson } from '../json.ts';
import { plural, refuseFile, type Cell, type SourceRow, type Table } from './table.ts';

export interface JsonRecord {
  readonly line: number;
  readonly value: unknown;
}

/** The records that a whole JSON file holds.
 * @throws LabError `import-refused` for a file in which none or several lists could be the rows. */
export function recordsOf(
  value: unknown,
  file: string,
): { readonly records: readonly JsonRecord[]; readonly notes: readonly string[] } {
  const notes: string[] = [];
  let items: readonly unknown[] | null = Array.isArray(value) ? value : null;
  if (items === null && isJsonObject(value)) {
    const lists = Object.entries(value).flatMap(([key, inner]): [string, readonly unknown[]][] =>
      Array.isArray(inner) && inner.some(isJsonObject) ? [[key, inner]] : [],
    );
    const [only] = lists;
    if (lists.length > 1) {
      throw refuseFile(
        file,
        `holds several lists: ${lists.map(([key]) => key).join(', ')}.`,
        'Save the list that is meant in a file of its own.',
      );
    }
    if (only !== undefined) {
      items = only[1];
      notes.push(`Rows are the list "${only[0]}".`);
    }
  }
  if (items === null) {
    throw refuseFile(file, `holds no list of rows, found ${shownJson(value)}.`, 'Give an array of objects.');
  }
  return { records: items.map((item, i) => ({ line: i + 1, value: item })), notes };
}

/** Lists of objects that are one value: choices with their text. */
const isValueList = (items: readonly unknown[]): boolean =>
  !items.some(isJsonObject) || items.every((item) => isJsonObject(item) && typeof item.text === 'string');

/** The rows that one object holds: {instruction, instances: [{input, output}]} holds one per instance. */
function flatten(value: unknown, prefix = ''): Map<string, Cell>[] {
  let rows: Map<string, Cell>[] = [new Map<string, Cell>()];
  if (!isJsonObject(value)) return rows;
  for (const [key, inner] of Object.entries(value)) {
    const name = `${prefix}${key}`;
    let parts: Map<string, Cell>[];
    if (inner === null || inner === undefined) parts = [new Map<string, Cell>()];
    else if (typeof inner === 'string') parts = [new Map([[name, inner]])];
    else if (Array.isArray(inner)) {
      const items: readonly unknown[] = inner;
      parts = isValueList(items)
        ? [new Map([[name, items]])]
        : items.flatMap((item) => flatten(item, `${name}.`));
    } else if (isJsonObject(inner)) parts = flatten(inner, `${name}.`);
    else parts = [new Map([[name, shownJson(inner)]])];
    // Two lists of objects in one row have no common order: only the first is taken apart.
    if (rows.length > 1) parts = parts.slice(0, 1);
    const before = rows;
    rows = parts.flatMap((part) => before.map((row) => new Map([...row, ...part])));
  }
  return rows;
}

/** @throws LabError `import-refused` where no record is an object. */
export function tableOfRecords(
  records: readonly JsonRecord[],
  {
    file,
    format,
    rejected,
    notes,
  }: {
    readonly file: string;
    readonly format: FileFormat;
    readonly rejected: RejectedRow[];
    readonly notes: readonly string[];
  },
): Table {
  const rows: SourceRow[] = [];
  const columns = new Set<string>();
  let split = 0;
  for (const { line, value } of records) {
    if (!isJsonObject(value)) {
      const detail = `an object is expected, found ${kindOf(value)}: ${shownJson(value)}`;
      rejected.push({ file, line, reason: 'malformed', detail });
      continue;
    }
    const parts = flatten(value);
    split += parts.length > 1 ? 1 : 0;
    for (const cells of parts) {
      for (const name of cells.keys()) columns.add(name);
      rows.push({ line, cells });
    }
  }
  if (rows.length === 0) {
    throw refuseFile(file, 'holds no JSON objects.', 'Give every row as an object with named fields.');
  }
  return {
    file,
    format,
    columns: [...columns],
    rows,
    rejected,
    notes: split === 0 ? notes : [...notes, `${plural(split, 'object')} held several rows each.`],
  };
}
