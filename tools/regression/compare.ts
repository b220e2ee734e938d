/**
 * @file Where a fresh run departs from the recording: every row that is missing, new or has another value, the earliest
 * first: by run, then by round, then in the order in which a round makes its parts.
 */
import { LabError } from '../../src/core/errors.ts';
import type { Part, Recording } from './recording.ts';
import { PARTS, PART_NAMES } from './recording.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Departure {
  readonly part: Part;
  /** The row in words: "two-cue-topic, soft, seed 1, round 2". */
  readonly row: string;
  /** Path of the field, e.g. `label_logprobs[2].logprob`; '' where the row as a whole is meant. */
  readonly field: string;
  /** As JSON; "no such row" where there is none. */
  readonly recorded: string;
  readonly now: string;
}
interface Placed extends Departure {
  readonly run: string;
  readonly round: number;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
const ABSENT = 'no such row';

/** The first value that differs, with the path to it; null where all are the same. */
function difference(
  recorded: unknown,
  now: unknown,
  path: string,
): Pick<Departure, 'field' | 'recorded' | 'now'> | null {
  if (isFields(recorded) && isFields(now)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(now)])) {
      const found = difference(recorded[key], now[key], path === '' ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  if (Array.isArray(recorded) && Array.isArray(now)) {
    for (let i = 0; i < Math.max(recorded.length, now.length); i++) {
      const found = difference(recorded[i], now[i], `${path}[${i}]`);
      if (found !== null) return found;
    }
    return null;
  }
  return shown(recorded) === shown(now) ? null : { field: path, recorded: shown(recorded), now: shown(now) };
}

interface Row {
  readonly words: string;
  readonly fields: Fields;
}

/** Rows by their key; a key that stands twice is told apart by its count. */
function rowsOf(part: Part, text: string): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue;
    let fields: unknown;
    try {
      fields = JSON.parse(line);
    } catch (cause) {
      throw new LabError('source-unreadable', `Line ${i + 1} of ${part}.jsonl is no JSON.`, { cause });
    }
    if (!isFields(fields)) {
      throw new LabError('source-unreadable', `Line ${i + 1} of ${part}.jsonl is no object.`);
    }
    const named = PARTS[part].flatMap((name) => {
      const value = fields[name];
      if (value === null || value === undefined) return [];
      return [typeof value === 'string' ? value : `${name} ${shown(value)}`];
    });
    const words = named.join(', ');
    let key = words;
    for (let count = 2; rows.has(key); count++) key = `${words} (${count})`;
    rows.set(key, { words: key, fields });
  }
  return rows;
}

function placed(
  { words, fields }: Row,
  part: Part,
  departure: Pick<Departure, 'field' | 'recorded' | 'now'>,
) {
  const { task, arm, seed, round } = fields;
  const run = part === 'config' ? '' : JSON.stringify([task, arm, seed]);
  return { ...departure, part, row: words, run, round: typeof round === 'number' ? round : 0 };
}

function departuresOf(part: Part, recordedText: string, nowText: string): readonly Placed[] {
  if (recordedText === nowText) return [];
  const recorded = rowsOf(part, recordedText);
  const now = rowsOf(part, nowText);
  const found: Placed[] = [];
  for (const [key, row] of recorded) {
    const other = now.get(key);
    const departure =
      other === undefined
        ? { field: '', recorded: shown(row.fields), now: ABSENT }
        : difference(row.fields, other.fields, '');
    if (departure !== null) found.push(placed(row, part, departure));
  }
  for (const [key, row] of now) {
    if (recorded.has(key)) continue;
    found.push(placed(row, part, { field: '', recorded: ABSENT, now: shown(row.fields) }));
  }
  return found.length > 0 ? found : [otherwiseWritten(part, recordedText, nowText)];
}

/** The same rows in other bytes: another order, other spaces, another way to write a number. */
function otherwiseWritten(part: Part, recordedText: string, nowText: string): Placed {
  const before = recordedText.split('\n');
  const after = nowText.split('\n');
  let at = 0;
  while (before[at] === after[at]) at++;
  const row = `line ${at + 1}, whose values are the same in other bytes or another order`;
  return { part, row, field: '', recorded: before[at] ?? '', now: after[at] ?? '', run: '', round: 0 };
}

/** All departures, the earliest first; none where every byte is the same. */
export function compareRecordings(recorded: Recording, now: Recording): readonly Departure[] {
  const found = PART_NAMES.flatMap((part) => departuresOf(part, recorded[part], now[part]));
  // Runs stand in the order in which they were made, as the events have them; the settings come before all runs.
  const order = [recorded.events, now.events].flatMap((events) =>
    [...rowsOf('events', events).values()].map(({ fields: { task, arm, seed } }) =>
      JSON.stringify([task, arm, seed]),
    ),
  );
  const runs = ['', ...new Set(order)];
  const rank = new Map(runs.map((run, i) => [run, i]));
  const at = ({ run }: Placed): number => rank.get(run) ?? runs.length;
  // Equal ones keep the order of the parts.
  return found.sort((a, b) => at(a) - at(b) || a.round - b.round);
}

const LONGEST = 300;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** In words, for people. */
export function departureLines(departures: readonly Departure[]): readonly string[] {
  const [first] = departures;
  if (first === undefined) return ['Every byte is as recorded.'];
  const { part, row, field, recorded, now } = first;
  const counts = PART_NAMES.map(
    (name) => [name, departures.filter((one) => one.part === name).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return [
    `Departs from the recording first in ${part}: ${row}${field === '' ? '' : `: ${field}`}`,
    `  recorded  ${cut(recorded)}`,
    `  now       ${cut(now)}`,
    `Rows that depart in all: ${counts.join(', ')}.`,
  ];
}
