/** @file JSON and JSON lines as values with their places; json-table.ts makes the table of them. */
import type { RejectedRow } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import { refuseDeepJson } from '../json-depth.ts';
import { isJsonObject } from '../json.ts';
import type { DecodedText } from './decode.ts';
import { recordsOf, tableOfRecords, type JsonRecord } from './json-table.ts';
import { excerpt, MAX_MALFORMED, refuseFile, type Table } from './table.ts';

/** @throws LabError `import-refused`. */
export function readJsonLines({ text, notes }: DecodedText, file: string): Table {
  const rejected: RejectedRow[] = [];
  const items: JsonRecord[] = [];
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
  return tableOfRecords(items, { file, format: 'jsonl', rejected, notes });
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
  const { records, notes } = recordsOf(value, file);
  const told = [...decoded.notes, ...notes, 'Rows are counted, not lines.'];
  return tableOfRecords(records, { file, format: 'json', rejected: [], notes: told });
}

function isJsonText(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}
