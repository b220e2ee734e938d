/**
 * @file Shapes: runtime descriptions of types, through which every message passes on arrival. A shape is a type
 * guard that can also say where a value goes wrong; `object<T>` and `tagged<T>` demand a shape for every field and
 * every member of T, so the compiler keeps the description complete.
 */
import type { ErrorCode } from '../core/errors.ts';
import { LabError } from '../core/errors.ts';
import type { Shape as Schema } from '../core/shape.ts';
import { fault as faultIn } from '../core/shape.ts';

/** Longest piece of a foreign name or text that a message repeats. */
const SHOWN = 40;
const shortened = (words: string): string => (words.length > SHOWN ? `${words.slice(0, SHOWN)}…` : words);

/** The first fault found in a value, as text such as "rows[2].ids: expected an array, found a string". */
type Finder = (value: unknown, path: string) => string | null;

export class Shape<T> {
  readonly #find: Finder;

  constructor(find: Finder) {
    this.#find = find;
  }

  is(value: unknown): value is T {
    return this.#find(value, '') === null;
  }

  /** Where `value` departs from the shape, or null. */
  fault(value: unknown, path: string): string | null {
    return this.#find(value, path);
  }

  /** The value itself, typed. @throws LabError `code` naming the field, what was expected and found. */
  parse(value: unknown, what: string, code: ErrorCode): T {
    if (this.is(value)) return value;
    throw new LabError(code, `${what}: ${this.#find(value, '') ?? 'refused'}.`);
  }
}

/** What other rooms state too, in core's shapes. */
export const stated = <T>(shape: Schema<T>): Shape<T> =>
  new Shape((value, path) => faultIn(shape, value, path));

/** A field that may be absent; where it is present it has the shape. */
export class Optional<T> {
  readonly shape: Shape<T>;
  constructor(shape: Shape<T>) {
    this.shape = shape;
  }
}

export const optional = <T>(shape: Shape<T>): Optional<T> => new Optional(shape);

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value !== 'object') return typeof value;
  // A field of this name may be the value's own, and say anything.
  const maker: unknown = Object.hasOwn(value, 'constructor') ? null : value.constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' || name === 'Object' ? 'an object' : `a ${name}`;
}

const nameOfPath = (path: string): string => (path === '' ? 'the value' : path);

function expected(what: string, holds: (value: unknown) => boolean): Finder {
  return (value, path) =>
    holds(value) ? null : `${nameOfPath(path)}: expected ${what}, found ${nameOf(value)}`;
}

export const text = new Shape<string>(expected('text', (v) => typeof v === 'string'));
export const flag = new Shape<boolean>(expected('true or false', (v) => typeof v === 'boolean'));
/** Any number, NaN and infinities included: a loss that overflowed must still reach the person. */
export const number = new Shape<number>(expected('a number', (v) => typeof v === 'number'));
export const finite = new Shape<number>(expected('a finite number', (v) => Number.isFinite(v)));
/** A whole number >= 0: sizes, token ids, steps. */
export const count = new Shape<number>(
  expected('a whole number >= 0', (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0),
);
export const nothing = new Shape<void>(expected('nothing', (v) => v === undefined));
export const never = new Shape<never>(expected('no message of this kind', () => false));

export const float32Array = new Shape<Float32Array<ArrayBuffer>>(
  expected('a Float32Array', (v) => v instanceof Float32Array && v.buffer instanceof ArrayBuffer),
);
export const bytes = new Shape<Uint8Array<ArrayBuffer>>(
  expected('a Uint8Array', (v) => v instanceof Uint8Array && v.buffer instanceof ArrayBuffer),
);

/** One of a closed set of words; the table has an entry for each, so none can be forgotten. */
export function word<T extends string>(words: Readonly<Record<T, true>>): Shape<T> {
  const known = Object.keys(words);
  return new Shape<T>(
    expected(`one of ${known.join(', ')}`, (v) => typeof v === 'string' && known.includes(v)),
  );
}

/** @param most elements; any number where it is left out */
export function array<T>(of: Shape<T>, most = Infinity): Shape<readonly T[]> {
  return new Shape((value, path) => {
    if (!Array.isArray(value)) return expected('an array', () => false)(value, path);
    const items: readonly unknown[] = value;
    if (items.length > most)
      return `${nameOfPath(path)}: expected an array of at most ${most}, found one of ${items.length}`;
    for (let i = 0; i < items.length; i++) {
      const fault = of.fault(items[i], `${path}[${i}]`);
      if (fault !== null) return fault;
    }
    return null;
  });
}

/** A Map from strings: module names to their tensors. */
export function mapOf<T>(of: Shape<T>): Shape<ReadonlyMap<string, T>> {
  return new Shape((value, path) => {
    if (!(value instanceof Map)) return expected('a Map', () => false)(value, path);
    const entries: Iterable<readonly [unknown, unknown]> = value;
    for (const [key, item] of entries) {
      const fault = text.fault(key, `${path} key`) ?? of.fault(item, `${path}["${shortened(String(key))}"]`);
      if (fault !== null) return fault;
    }
    return null;
  });
}

/** Any of several shapes that no single field tells apart. */
export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return new Shape((value, path) => (a.is(value) ? null : b.fault(value, path)));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return new Shape((value, path) => (value === null ? null : shape.fault(value, path)));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Shape<T[K]>;
};

type Table = ReadonlyMap<string, Shape<unknown> | Optional<unknown>>;
type Has = (value: object, name: string) => boolean;
const at = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** @param has whether the value has a field: of its own, or its kind's too */
function fieldsFault(fields: Table, value: unknown, path: string, has: Has): string | null {
  if (!isRecord(value)) return expected('an object', () => false)(value, path);
  for (const [name, field] of fields) {
    const isAbsent = !has(value, name);
    if (field instanceof Optional) {
      if (isAbsent) continue;
    } else if (isAbsent) {
      return `${at(path, name)}: missing`;
    }
    const shape = field instanceof Optional ? field.shape : field;
    const fault = shape.fault(value[name], at(path, name));
    if (fault !== null) return fault;
  }
  return null;
}

/** An object with exactly T's fields, all its own: what an object inherits (`constructor`) was never sent. */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const table: Table = new Map<string, Shape<unknown> | Optional<unknown>>(Object.entries({ ...fields }));
  return new Shape((value, path) => {
    const fault = fieldsFault(table, value, path, Object.hasOwn);
    if (fault !== null || !isRecord(value)) return fault;
    // A misspelt optional field would otherwise be dropped without a word.
    const stranger = Object.keys(value).find((name) => !table.has(name));
    return stranger === undefined ? null : `${at(path, shortened(stranger))}: no such field`;
  });
}

/** An object of the platform (a File, a directory handle): T's fields are its kind's, and it has others too. */
export function platformObject<T extends object>(fields: Fields<T>): Shape<T> {
  const table: Table = new Map<string, Shape<unknown> | Optional<unknown>>(Object.entries({ ...fields }));
  return new Shape((value, path) => fieldsFault(table, value, path, (object, name) => name in object));
}

/** A union told apart by the text in one field, `type` for events and `kind` for the rest. */
export function tagged<T extends object, Tag extends keyof T & string>(
  tag: Tag,
  members: { readonly [K in T[Tag] & string]: Shape<Extract<T, Readonly<Record<Tag, K>>>> },
): Shape<T> {
  const table = new Map<unknown, Shape<unknown>>(Object.entries<Shape<unknown>>(members));
  const tagShape = expected(`one of ${[...table.keys()].join(', ')}`, () => false);
  return new Shape((value, path) => {
    if (!isRecord(value)) return expected('an object', () => false)(value, path);
    const own = Object.hasOwn(value, tag) ? value[tag] : undefined;
    const member = table.get(own);
    return member === undefined ? tagShape(own, at(path, tag)) : member.fault(value, path);
  });
}

/** The tag field itself inside a member of `tagged`. */
export function exactly<T extends string | number>(value: T): Shape<T> {
  return new Shape(expected(JSON.stringify(value), (v) => v === value));
}
