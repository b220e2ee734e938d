/**
 * @file From JSON values to a table, whatever they stand in: an array, lists or maps by column, an object per id, splits,
 * the rows of a dataset server. Nested objects become dotted columns; choices, turns and score maps stay whole.
 */
import { plural } from '../../core/plural.ts';
import type { JsonObject } from '../../core/json-object.ts';
import type { FileFormat, Origin, RejectedRow } from '../../words/importing.ts';
import { isJsonObject, kindOf, shownJson } from '../json.ts';
import { isKnownColumn } from './column-names.ts';
import { originOf } from './origin.ts';
import { refuseFile, type Cell, type SourceRow, type Table } from './table.ts';

export interface JsonRecord {
  readonly line: number;
  readonly value: unknown;
  readonly origin?: Origin;
}

interface Held {
  readonly values: readonly unknown[];
  readonly notes: readonly string[];
  readonly origins?: readonly Origin[];
}

type Container = (value: JsonObject) => Held | null;

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;
const held = (values: readonly unknown[], ...notes: string[]): Held => ({ values, notes });

/** {text: [a, b], label: [x, y]} as [{text: a, label: x}, {text: b, label: y}]; null for anything else. */
export function rowsOfColumns(value: JsonObject): readonly JsonObject[] | null {
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length < 2 || first === undefined || !isList(first[1])) return null;
  const { length } = first[1];
  if (!entries.every(([, list]) => isList(list) && list.length === length)) return null;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(entries.map(([name, list]) => [name, isList(list) ? list[i] : null])),
  );
}

/** Label names by column, as a dataset server's features tell them. */
function namesOfFeatures(features: unknown): ReadonlyMap<string, readonly unknown[]> {
  const pairs: [string, unknown][] = isList(features)
    ? features.flatMap((each) =>
        isJsonObject(each) ? [[String(each.name), each.type] as [string, unknown]] : [],
      )
    : Object.entries(isJsonObject(features) ? features : {});
  return new Map(
    pairs.flatMap(([name, type]): [string, readonly unknown[]][] =>
      isJsonObject(type) && isList(type.names) ? [[name, type.names]] : [],
    ),
  );
}

const serverRows: Container = ({ rows, features }) => {
  if (
    !isList(rows) ||
    rows.length === 0 ||
    !rows.every((each) => isJsonObject(each) && isJsonObject(each.row))
  )
    return null;
  const names = namesOfFeatures(features);
  const values = rows.map((each) => {
    const row = isJsonObject(each) && isJsonObject(each.row) ? each.row : {};
    return Object.fromEntries(
      Object.entries(row).map(([key, cell]) => [
        key,
        typeof cell === 'number' ? (names.get(key)?.[cell] ?? cell) : cell,
      ]),
    );
  });
  const told = [...names].map(
    ([name, list]) => `The numbers of ${name} have their names from the features: ${list.join(', ')}.`,
  );
  return held(values, 'Rows are rows[].row, as a dataset server gives them.', ...told);
};

const frame: Container = ({ columns, data }) => {
  if (!isList(columns) || !isList(data) || !data.every(isList)) return null;
  const values = data.map((row) => Object.fromEntries(columns.map((name, i) => [String(name), row[i]])));
  return held(values, 'Rows are "data", their names "columns".');
};

/** Every value that holds rows has a split's name. */
const splits: Container = (value) => {
  const parts = Object.entries(value).filter(([, inner]) => !isScalar(inner));
  if (parts.length === 0) return null;
  const values: unknown[] = [];
  const origins: Origin[] = [];
  for (const [name, inner] of parts) {
    const origin = originOf(name);
    const rows = isList(inner) ? inner : isJsonObject(inner) ? (containedIn(inner)?.values ?? null) : null;
    if (origin === null || rows === null) return null;
    for (const row of rows) {
      values.push(row);
      origins.push(origin);
    }
  }
  const told = parts.map(([name, inner]) => (isList(inner) ? `${name} (${inner.length})` : name));
  return { values, origins, notes: [`Its parts keep their splits: ${told.join(', ')}.`] };
};

const columnLists: Container = (value) => {
  const entries = Object.entries(value);
  const byColumn = rowsOfColumns(value);
  const isNamed = entries.some(([name]) => isKnownColumn(name));
  if (
    byColumn !== null &&
    (isNamed || !entries.every(([, list]) => isList(list) && list.every((text) => typeof text === 'string')))
  )
    return held(byColumn, 'It holds a list per column.');
  const isTexts = ([, list]: [string, unknown]) =>
    isList(list) && list.length > 0 && list.every((text) => typeof text === 'string');
  if (isNamed || entries.length < 2 || !entries.every(isTexts)) return null;
  const values = entries.flatMap(([label, list]) =>
    isList(list) ? list.map((text) => ({ text, label })) : [],
  );
  return held(values, `It holds a list of texts per label: ${entries.map(([label]) => label).join(', ')}.`);
};

const columnMaps: Container = (value) => {
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length < 2 || first === undefined || !isJsonObject(first[1])) return null;
  const keys = Object.keys(first[1]);
  const isColumn = (inner: unknown) =>
    isJsonObject(inner) && Object.keys(inner).every((key) => /^\d+$/.test(key));
  if (keys.length === 0 || !entries.every(([, inner]) => isColumn(inner))) return null;
  const values = keys.map((key) =>
    Object.fromEntries(entries.map(([name, inner]) => [name, isJsonObject(inner) ? inner[key] : null])),
  );
  return held(values, 'It holds a map per column, by row.');
};

const listByName: Container = (value) => {
  const lists = Object.entries(value).filter(
    (entry): entry is [string, readonly unknown[]] =>
      isList(entry[1]) && entry[1].some((item) => isJsonObject(item) || isList(item)),
  );
  const [only, second] = lists;
  if (only === undefined || second !== undefined) return null;
  return held(only[1], `Rows are the list "${only[0]}".`);
};

const byId: Container = (value) => {
  const entries = Object.entries(value);
  const objects = entries.filter(([, inner]) => isJsonObject(inner));
  const [first] = objects;
  if (first === undefined || objects.length < 2 || objects.length < entries.length) return null;
  const names = Object.keys(isJsonObject(first[1]) ? first[1] : {});
  if (!names.some((name) => objects.every(([, inner]) => isJsonObject(inner) && name in inner))) return null;
  const values = objects.map(([id, inner]) => ({ id, ...(isJsonObject(inner) ? inner : {}) }));
  return held(values, 'It holds an object per id.');
};

const textToLabel: Container = (value) => {
  const entries = Object.entries(value);
  if (
    entries.length < 10 ||
    !entries.every(([, inner]) => typeof inner === 'string' || typeof inner === 'number')
  )
    return null;
  return held(
    entries.map(([text, label]) => ({ text, label })),
    'It holds a label per text.',
  );
};

/** {"data": {"train": [...]}}: one thing that holds rows, with words about it. */
const wrapped: Container = (value) => {
  const [only, second] = Object.values(value).filter((inner) => !isScalar(inner));
  return second === undefined && isJsonObject(only) ? containedIn(only) : null;
};

/** Each kind of container in the order in which it is tried: the more particular before the more general. */
const CONTAINERS: readonly Container[] = [
  serverRows,
  frame,
  splits,
  columnLists,
  columnMaps,
  listByName,
  byId,
  textToLabel,
  wrapped,
];

function containedIn(value: JsonObject): Held | null {
  for (const container of CONTAINERS) {
    const found = container(value);
    if (found !== null) return found;
  }
  return null;
}

/** The records that a whole JSON file holds.
 * @throws LabError `import-refused` for a file in which none or several lists could be the rows. */
export function recordsOf(
  value: unknown,
  file: string,
): { readonly records: readonly JsonRecord[]; readonly notes: readonly string[] } {
  const found = isList(value) ? held(value) : isJsonObject(value) ? containedIn(value) : null;
  if (found !== null) {
    const { values, origins, notes } = found;
    const records = values.map((each, i): JsonRecord => {
      const origin = origins?.[i];
      return { line: i + 1, value: each, ...(origin === undefined ? {} : { origin }) };
    });
    return { records, notes };
  }
  const lists = Object.entries(isJsonObject(value) ? value : {}).filter(([, inner]) => isList(inner));
  const remedy =
    'Give an array of objects, {"train": [...], "test": [...]}, a list per column, or JSON lines: {"text": "...", "label": "..."}.';
  if (lists.length > 1)
    throw refuseFile(
      file,
      `holds several lists: ${lists.map(([key]) => key).join(', ')}.`,
      `Save the list that is meant in a file of its own. ${remedy}`,
    );
  throw refuseFile(file, `holds no list of rows, found ${shownJson(value)}.`, remedy);
}

/** Lists whose objects are rows of their own, with what stands beside them: {instruction, instances: [{input, output}]}. */
const ROW_LISTS = new Set(['instances', 'qas', 'paragraphs', 'questions']);
const MAP_NAME = /(scores|targets)$/i;

/** {"a knot": 1, "a sail": 0}: the keys are texts, not names of columns. */
function isScoreMap(name: string, value: JsonObject): boolean {
  const entries = Object.entries(value);
  return entries.length > 1 && MAP_NAME.test(name) && entries.every(([, score]) => typeof score === 'number');
}

/** One passage with a list of questions and as long a list of answers: each question with its own. */
function questionsWithAnswers(value: JsonObject): JsonObject {
  const { questions, answers, ...rest } = value;
  const list = isJsonObject(answers) ? rowsOfColumns(answers) : answers;
  if (!isList(questions) || !isList(list) || questions.length === 0 || questions.length !== list.length)
    return value;
  const textOf = (item: unknown) =>
    isJsonObject(item) ? (item.input_text ?? item.text ?? item.question ?? item) : item;
  return {
    ...rest,
    qas: questions.map((question, i) => ({ question: textOf(question), answer: textOf(list[i]) })),
  };
}

/** The rows that one object holds. */
function flatten(value: JsonObject, prefix = ''): Map<string, Cell>[] {
  let rows: Map<string, Cell>[] = [new Map<string, Cell>()];
  for (const [key, inner] of Object.entries(questionsWithAnswers(value))) {
    let parts = partsOf(key, `${prefix}${key}`, inner);
    // Two lists of rows in one object have no common order: only the first is taken apart.
    if (rows.length > 1) parts = parts.slice(0, 1);
    const before = rows;
    rows = parts.flatMap((part) => before.map((row) => new Map([...row, ...part])));
  }
  return rows;
}

function partsOf(key: string, name: string, inner: unknown): Map<string, Cell>[] {
  if (inner === null || inner === undefined) return [new Map<string, Cell>()];
  if (typeof inner === 'string') return [new Map([[name, inner]])];
  if (isList(inner)) {
    const objects = inner.filter(isJsonObject);
    if (ROW_LISTS.has(key.toLowerCase()) && objects.length > 0 && objects.length === inner.length)
      return objects.flatMap((item) => flatten(item, `${name}.`));
    return [new Map([[name, inner]])];
  }
  if (!isJsonObject(inner)) return [new Map([[name, shownJson(inner)]])];
  // Label Studio's short export of several choices.
  if (Object.keys(inner).join() === 'choices' && isList(inner.choices))
    return [new Map([[name, inner.choices]])];
  if (isScoreMap(key, inner)) return [new Map([[name, inner]])];
  const list = rowsOfColumns(inner);
  return list === null ? flatten(inner, `${name}.`) : [new Map([[name, list]])];
}

/** Lists as rows have their columns counted, unless the first one names them. */
function namedLists(records: readonly JsonRecord[]): readonly JsonRecord[] {
  const [first] = records;
  if (first === undefined || !records.every(({ value }) => isList(value) && value.every(isScalar)))
    return records;
  const names = isList(first.value) ? first.value.map(String) : [];
  const isHeader = names.some(isKnownColumn) && names.every((name) => name.length <= 40);
  return (isHeader ? records.slice(1) : records).map((record) => ({
    ...record,
    value: Object.fromEntries(
      (isList(record.value) ? record.value : []).map((cell, i) => [
        isHeader ? (names[i] ?? `column ${i + 1}`) : `column ${i + 1}`,
        cell,
      ]),
    ),
  }));
}

/** @throws LabError `import-refused` where no record is an object or a list. */
export function tableOfRecords(
  raw: readonly JsonRecord[],
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
  for (const { line, value, origin } of namedLists(raw)) {
    if (!isJsonObject(value)) {
      const detail = `an object is expected, found ${kindOf(value)}: ${shownJson(value)}`;
      rejected.push({ file, line, reason: 'malformed', detail });
      continue;
    }
    const parts = flatten(value);
    split += parts.length > 1 ? 1 : 0;
    for (const cells of parts) {
      for (const name of cells.keys()) columns.add(name);
      rows.push({ line, cells, ...(origin === undefined ? {} : { origin }) });
    }
  }
  if (rows.length === 0) {
    throw refuseFile(file, 'holds no JSON objects.', 'Give every row as an object with named fields.');
  }
  const told = split === 0 ? notes : [...notes, `${plural(split, 'object')} held several rows each.`];
  return { file, format, columns: [...columns], rows, rejected, notes: told };
}
