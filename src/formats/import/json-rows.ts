/** @file JSON and JSON lines as values with their places; json-table.ts makes the table of them. */
import { isJsonObject } from '../json.ts';
import type { DecodedText } from './decode.ts';
import { recordsOf, tableOfRecords } from './json-table.ts';
import { parseMany, parseWhole, type ManyValues } from './json-text.ts';
import { excerpt, refuseFile, type Table } from './table.ts';

/** @throws LabError `import-refused`. */
export function readJsonLines({ text, notes }: DecodedText, file: string): Table {
  return tableOfMany(parseMany(text, file), file, notes);
}

function tableOfMany(many: ManyValues, file: string, notes: readonly string[]): Table {
  const { items, rejected, areCounted } = many;
  const broken = rejected.filter(({ reason }) => reason === 'malformed');
  if (broken.length > items.length || !items.some(({ value }) => typeof value === 'object')) {
    const all = `${broken.length} of ${items.length + broken.length} ${areCounted ? 'items' : 'lines'}`;
    const [first] = broken;
    throw refuseFile(
      file,
      first === undefined
        ? 'is no JSON lines file: it holds no objects.'
        : `is no JSON lines file: ${all} are no JSON (line ${first.line}: ${excerpt(first.detail, 120)}).`,
      'Give one JSON object per line, or a JSON array with the extension .json.',
    );
  }
  return tableOfRecords(items, {
    file,
    format: areCounted ? 'json' : 'jsonl',
    rejected: [...rejected],
    notes: [...notes, ...many.notes],
  });
}

/** A JSON array of objects, an object that holds one, or values one behind the other.
 * @throws LabError `import-refused`. */
export function readJsonArray(decoded: DecodedText, file: string): Table {
  const whole = parseWhole(decoded.text, file);
  if (whole === null) {
    const many = parseMany(decoded.text, file);
    const broken = many.rejected.filter(({ reason }) => reason === 'malformed');
    if (many.items.some(({ value }) => isJsonObject(value)) && broken.length <= many.items.length)
      return tableOfMany(many, file, decoded.notes);
    const detail = excerpt(broken[0]?.detail ?? 'it has no end', 120);
    throw refuseFile(file, `is no JSON: ${detail}.`, 'Correct it, or save the rows as JSON lines.');
  }
  const { records, notes } = recordsOf(whole.value, file);
  const told = [...decoded.notes, ...whole.notes, ...notes, 'Rows are counted, not lines.'];
  return tableOfRecords(records, { file, format: 'json', rejected: [], notes: told });
}
