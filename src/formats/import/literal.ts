/**
 * @file Lists and maps that stand in a cell as Python, NumPy or JSON write them: ['a', 'b'], ['a' 'b'] and
 * {'text': array(['a'], dtype=object)}, as a saved data frame has them.
 */
import type { JsonObject } from '../../core/json-object.ts';
import { isJsonObject } from '../json.ts';

const DEEPEST = 20;
const WORDS = new Map<string, unknown>([
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
  ['None', null],
  ['null', null],
  ['nan', null],
  ['NaN', null],
]);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': '' };

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Thrown and caught in here alone. */
class NoLiteral extends Error {}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw new NoLiteral();
    return value;
  }

  #space(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): unknown {
    if (depth > DEEPEST) throw new NoLiteral();
    this.#space();
    const first = this.#text.charAt(this.#at);
    if (first === '[') return this.#items('[', ']', depth);
    if (first === '(') return this.#items('(', ')', depth);
    if (first === '{') return this.#map(depth);
    if (first === '"' || first === "'") return this.#string(first);
    return this.#word(depth);
  }

  /** NumPy parts a list's items by spaces alone. */
  #items(open: string, close: string, depth: number): unknown[] {
    const out: unknown[] = [];
    this.#take(open);
    while (!this.#take(close)) {
      out.push(this.#value(depth + 1));
      this.#take(',');
    }
    return out;
  }

  #map(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#take('{');
    while (!this.#take('}')) {
      const key = this.#value(depth + 1);
      if ((typeof key !== 'string' && typeof key !== 'number') || !this.#take(':')) throw new NoLiteral();
      entries.push([String(key), this.#value(depth + 1)]);
      if (!this.#take(',') && this.#text.charAt(this.#at) !== '}') throw new NoLiteral();
    }
    return Object.fromEntries(entries);
  }

  #string(quote: string): string {
    let out = '';
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (character === quote) {
        this.#at++;
        return out;
      }
      if (character !== '\\') {
        out += character;
        continue;
      }
      const next = this.#text.charAt(++this.#at);
      const digits = next === 'u' ? 4 : next === 'x' ? 2 : 0;
      const code = this.#text.slice(this.#at + 1, this.#at + 1 + digits);
      if (digits > 0 && /^[0-9a-f]+$/i.test(code) && code.length === digits) {
        out += String.fromCharCode(parseInt(code, 16));
        this.#at += digits;
      } else out += ESCAPES[next] ?? next;
    }
    throw new NoLiteral();
  }

  #word(depth: number): unknown {
    const [word = ''] =
      /^(?:-?[\d.]+(?:e[+-]?\d+)?|[A-Za-z_][\w.]*)/i.exec(this.#text.slice(this.#at, this.#at + 64)) ?? [];
    this.#at += word.length;
    if (WORDS.has(word)) return WORDS.get(word);
    if (/^-?[\d.]/.test(word) && Number.isFinite(Number(word))) return Number(word);
    if (word !== 'array' && word !== 'np.array') throw new NoLiteral();
    // array([...], dtype=object)
    if (!this.#take('(')) throw new NoLiteral();
    const value = this.#value(depth + 1);
    const [rest] = /^\s*(?:,\s*dtype=[\w.<>'"]+)?\s*\)/.exec(this.#text.slice(this.#at)) ?? [];
    if (rest === undefined) throw new NoLiteral();
    this.#at += rest.length;
    return value;
  }
}

/** The list or map that the whole text is, or null. */
export function readLiteral(text: string): readonly unknown[] | JsonObject | null {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed) || !/[\]}]$/.test(trimmed)) return null;
  try {
    const value = new LiteralReader(trimmed).whole();
    if (isList(value)) return value;
    return isJsonObject(value) ? value : null;
  } catch (cause) {
    if (cause instanceof NoLiteral) return null;
    throw cause;
  }
}
