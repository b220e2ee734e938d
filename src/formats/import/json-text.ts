/**
 * @file From text to JSON values: one a line, one behind the other, or the items of a list that is broken somewhere. What
 * is broken costs its own value, told with its place; what programs write beyond JSON is read and told.
 */
import { plural } from '../../core/plural.ts';
import type { RejectedRow } from '../../words/importing.ts';
import { LabError } from '../../core/errors.ts';
import { refuseDeepJson } from '../json-depth.ts';
import type { JsonRecord } from './json-table.ts';
import { readLiteral } from './literal.ts';
import { excerpt } from './table.ts';

export interface JsonItems {
  readonly items: readonly JsonRecord[];
  readonly rejected: readonly RejectedRow[];
  readonly notes: readonly string[];
}

/** What was read although JSON has no such thing, with how often. */
type Mends = Map<string, number>;
const mendNotes = (mends: Mends): readonly string[] =>
  [...mends].map(([what, count]) => `${what} (${count}).`);

/** More digits than a JavaScript number holds. */
const LONG = /\d{16}/;
const WORDS = /^-?(?:NaN|Infinity)/;
const INTEGER = /^-?\d{16,}(?![\d.eE])/;

/** The index after the string that opens at `quote`; -1 where the text or the line ends first. */
function stringEnd(text: string, quote: number): number {
  for (let i = quote + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22) return i + 1;
    if (unit === 0x5c) i++;
    else if (unit === 0x0a) return -1;
  }
  return -1;
}

/** The text with what Python and JavaScript write beyond JSON made JSON, and long integers kept as texts. */
function mended(text: string, mends: Mends): string {
  const parts: string[] = [];
  const told = (what: string) => mends.set(what, (mends.get(what) ?? 0) + 1);
  let kept = 0;
  const replace = (begin: number, end: number, by: string) => {
    parts.push(text.slice(kept, begin), by);
    kept = end;
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (sign === '"') {
      const end = stringEnd(text, i);
      if (end < 0) break;
      i = end - 1;
    } else if (sign === ',') {
      const [gap = ''] = /^,\s*/.exec(text.slice(i, i + 200)) ?? [];
      const next = text[i + gap.length];
      if (next !== ']' && next !== '}') continue;
      replace(i, i + 1, '');
      told('Commas before a closing bracket were read past');
    } else if (/[-NI\d]/.test(sign)) {
      const near = text.slice(i, i + 400);
      const [word] = WORDS.exec(near) ?? [];
      const [integer] = INTEGER.exec(near) ?? [];
      if (word !== undefined) {
        replace(i, i + word.length, 'null');
        told('NaN and Infinity, which JSON does not have, were read as nothing');
      } else if (integer !== undefined && !Number.isSafeInteger(Number(integer))) {
        replace(i, i + integer.length, `"${integer}"`);
        told('Integers of more digits than a number holds were kept as they are written');
      }
      const [run = sign] = /^[-\w.+]+/.exec(near) ?? [];
      i += run.length - 1;
    }
  }
  parts.push(text.slice(kept));
  return parts.join('');
}

/** An object as str() and pprint write it: its first key stands in single quotes. */
const PYTHON = /^\s*(?:\[\s*)?\{\s*'/;

/** @throws SyntaxError of JSON.parse on the text as it is */
function parseMended(text: string, mends: Mends): unknown {
  const written = PYTHON.test(text) ? readLiteral(text) : null;
  if (written !== null) {
    const told = 'What Python wrote, with single quotes, was read as JSON';
    mends.set(told, (mends.get(told) ?? 0) + 1);
    return written;
  }
  if (!LONG.test(text)) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const better = mended(text, mends);
      if (better === text) throw cause;
      return JSON.parse(better);
    }
  }
  return JSON.parse(mended(text, mends));
}

/** A whole text as one value; null where it is none.
 * @throws LabError `import-refused` for one that is nested too deep */
export function parseWhole(text: string, file: string): { value: unknown; notes: readonly string[] } | null {
  refuseDeepJson(text, file, 'import-refused');
  const mends: Mends = new Map();
  try {
    const value = parseMended(text, mends);
    return { value, notes: mendNotes(mends) };
  } catch {
    return null;
  }
}

class Collector {
  readonly items: JsonRecord[] = [];
  readonly rejected: RejectedRow[] = [];
  readonly #mends: Mends = new Map();
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  take(text: string, line: number): void {
    try {
      refuseDeepJson(text, 'the line', 'import-refused');
      this.items.push({ line, value: parseMended(text, this.#mends) });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const detail = cause instanceof LabError ? cause.what : `no JSON (${why}): ${excerpt(text)}`;
      this.rejected.push({ file: this.#file, line, reason: 'malformed', detail });
    }
  }

  skip(line: number): void {
    this.rejected.push({ file: this.#file, line, reason: 'empty', detail: 'an empty line' });
  }

  done(...notes: readonly string[]): JsonItems {
    return { items: this.items, rejected: this.rejected, notes: [...notes, ...mendNotes(this.#mends)] };
  }
}

/** One value a line. */
function parseLines(text: string, file: string): JsonItems {
  const found = new Collector(file);
  for (const [i, row] of text.replace(/\n$/, '').split('\n').entries()) {
    if (row.trim() === '') found.skip(i + 1);
    else found.take(row, i + 1);
  }
  return found.done();
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x09;
const [COMMA, CLOSE] = [0x2c, 0x5d];

/** The end of the value that begins at `begin`: its closing bracket, or for a value without brackets what ends it. A string
 * with a line end in it is broken: then the line's end. */
function valueEnd(text: string, begin: number): number {
  let depth = 0;
  for (let i = begin; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (sign === '"') {
      const end = stringEnd(text, i);
      if (end < 0) {
        const line = text.indexOf('\n', i);
        return line < 0 ? text.length : line;
      }
      i = end - 1;
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (sign === ',' || sign === '\n')) return i;
  }
  return text.length;
}

/** Values one behind the other, or the items of a list.
 * @param begin where the first may begin
 * @param isCounted whether items are numbered, as those of a list are, or told by their line */
function parseSpans(text: string, file: string, begin: number, isCounted: boolean): JsonItems {
  const found = new Collector(file);
  let line = 1;
  let counted = 0;
  let lineAt = 0;
  for (let at = begin; at < text.length;) {
    const unit = text.charCodeAt(at);
    if (isSpace(unit) || unit === COMMA || unit === CLOSE) {
      at++;
      continue;
    }
    for (let i = text.indexOf('\n', lineAt); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) line++;
    lineAt = at;
    const end = Math.max(valueEnd(text, at), at + 1);
    found.take(text.slice(at, end), isCounted ? ++counted : line);
    at = end;
  }
  return found.done();
}

const better = (one: JsonItems, other: JsonItems): JsonItems =>
  one.items.length >= other.items.length ? one : other;

export interface ManyValues extends JsonItems {
  /** Whether their places are their numbers, as in a list, or lines. */
  readonly areCounted: boolean;
}

/** Values that are no one document: lines, a broken list, documents behind each other; the reading that finds most. */
export function parseMany(text: string, file: string): ManyValues {
  const list = /^\s*\[/.exec(text);
  if (list !== null && !/^\s*\[.*\]\s*(?:\n|$)/.test(text)) {
    const items = parseSpans(text, file, list[0].length, true);
    const note = 'Its list is broken; what could be read of it was.';
    return { ...items, notes: [note, ...items.notes], areCounted: true };
  }
  const lines = parseLines(text, file);
  const broken = lines.rejected.filter(({ reason }) => reason === 'malformed').length;
  if (broken <= lines.items.length) return { ...lines, areCounted: false };
  const spans = parseSpans(text, file, 0, false);
  const best = better(lines, spans);
  const notes = best === spans ? [`${plural(spans.items.length, 'value')} stand one behind the other.`] : [];
  return { ...best, notes: [...notes, ...best.notes], areCounted: false };
}
