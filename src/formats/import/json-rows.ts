/** @file JSON and JSON lines as rows; nested objects become dotted columns, lists of objects one row each. */
import type { RejectedRow } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import { refuseDeepJson } from '../json-depth.ts';
import { isJsonObject, kindOf, shownJson } from '../json.ts';
import type { DecodedText } from './decode.ts';
import {
  excerpt,
  MAX_MALFORMED,
  plural,
  refuseFile,
  type Cell,
  type SourceRow,
  type Table,
} from './table.ts';

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

interface Item {
  readonly line: number;
  readonly value: unknown;
}

function toTable(
  items: readonly Item[],
  file: string,
  format: 'json' | 'jsonl',
  rejected: RejectedRow[],
  notes: readonly string[],
): Table {
  const rows: SourceRow[] = [];
  const columns = new Set<string>();
  let split = 0;
  for (const { line, value } of items) {
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

/** @throws LabError `import-refused`. */
export function readJsonLines({ text, notes }: DecodedText, file: string): Table {
  const rejected: RejectedRow[] = [];
  const items: Item[] = [];
  const lines = text.replace(/\n$/, '').split('\n');
  for (const [i, row] of lines.entries()) {
    if (row.trim() === '') {
      rejected.push({ file, line: i + 1, reason: 'empty', detail: 'an empty line' });
      continue;
    }
    try {
      refuseDeepJson(row, 'the line', 'import-refused');
      const value: unknown = JSON.parse(row);
      items.push({ line: i + 1, value });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const detail = cause instanceof LabError ? cause.what : `no JSON (${why}): ${excerpt(row)}`;
      rejected.push({ file, line: i + 1, reason: 'malformed', detail });
    }
  }
  const broken = rejected.filter(({ reason }) => reason === 'malformed').length;
  if (broken > MAX_MALFORMED || broken > items.length) {
    const detail = rejected.find(({ reason }) => reason === 'malformed')?.detail ?? '';
    throw refuseFile(
      file,
      `is no JSON lines file: ${broken} of ${lines.length} lines are no JSON (${excerpt(detail, 120)}).`,
      'Give one JSON object per line, or name a JSON array .json.',
    );
  }
  return toTable(items, file, 'jsonl', rejected, notes);
}

/** A JSON array of objects, an object that holds one, or JSON lines by another name.
 * @throws LabError `import-refused`. */
export function readJsonArray(decoded: DecodedText, file: string): Table {
  refuseDeepJson(decoded.text, file, 'import-refused');
  let value: unknown;
  try {
    value = JSON.parse(decoded.text);
  } catch (cause) {
    const [first = ''] = decoded.text.split('\n', 1);
    if (isJsonText(first)) return readJsonLines(decoded, file);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refuseFile(file, `is no JSON (${why}).`, 'Correct it, or save the rows as JSON lines.');
  }
  const notes = [...decoded.notes];
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
  const numbered = items.map((item, i) => ({ line: i + 1, value: item }));
  return toTable(numbered, file, 'json', [], [...notes, 'Rows are counted, not lines.']);
}

function isJsonText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}
