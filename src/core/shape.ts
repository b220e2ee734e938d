/**
 * @file Shapes: what crosses a border or a disk is stated once, as a schema of valibot, from which its type is inferred.
 * Here are the schemas that the lab builds with. Each carries, as its message, what it expects; a fault is that, with the
 * place and what was found: "rows[2].ids: expected an array, found "x"". A check changes nothing.
 */
import * as v from 'valibot';
import type { ErrorCode } from './errors.ts';
import { LabError } from './errors.ts';

/** A schema of T. */
export type Shape<T> = v.GenericSchema<unknown, T>;
/** What a shape's values are. */
export type Infer<S extends Shape<unknown>> = v.InferOutput<S>;

/** Longest piece of a foreign name or text that a message repeats. */
const SHOWN = 40;
const shortened = (words: string, most = SHOWN): string =>
  words.length > most ? `${words.slice(0, most)}…` : words;
/** A foreign name in a message. */
export const quoted = (name: string, most?: number): string => JSON.stringify(shortened(name, most));

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return typeof value;
  // A field of this name may be the value's own, and say anything.
  const maker: unknown = Object.hasOwn(value, 'constructor') ? null : value.constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  return name === '' || name === 'Object' ? 'an object' : `a ${name}`;
}

type Issue = v.BaseIssue<unknown>;

function step(before: string, { type, key, input }: v.IssuePathItem): string {
  const name = shortened(String(key));
  if (type === 'array' || (type === 'unknown' && Array.isArray(input))) return `${before}[${name}]`;
  if (type === 'map') return `${before}["${name}"]`;
  return before === '' ? name : `${before}.${name}`;
}

/** What is wrong, without its place. */
function wrongOf({ type, input, message, expected }: Issue): string {
  // What is wrong beside the kind of value is said whole.
  if (type === 'raw_check' || (type.endsWith('object') && expected !== 'Object')) return message;
  const isLong = type === 'max_length' || type === 'min_length';
  const found = isLong && typeof input === 'string' ? input.length : nameOf(input);
  return `expected ${message}, found ${isLong && Array.isArray(input) ? `one of ${input.length}` : found}`;
}

/** Nobody reads the second fault, and a file may have a million. */
const FIRST = { abortEarly: true, abortPipeEarly: true } as const;

function firstIssue(shape: Shape<unknown>, value: unknown): Issue | undefined {
  return v.safeParse(shape, value, FIRST).issues?.[0];
}

/** Where `value` departs from the shape, or null.
 * @param path of the value itself, as the place begins */
export function fault(shape: Shape<unknown>, value: unknown, path = ''): string | null {
  const issue = firstIssue(shape, value);
  if (issue === undefined) return null;
  const place = issue.path?.reduce(step, path) ?? path;
  return `${place === '' ? 'the value' : place}: ${wrongOf(issue)}`;
}

/** What the shape expects where `value` departs from it, or null: for who names the place and the value itself. */
export const expectation = (shape: Shape<unknown>, value: unknown): string | null =>
  firstIssue(shape, value)?.message ?? null;

export function is<T>(shape: Shape<T>, value: unknown): value is T {
  return firstIssue(shape, value) === undefined;
}

const refusal = (shape: Shape<unknown>, value: unknown, what: string, code: ErrorCode): LabError =>
  new LabError(code, `${what}: ${fault(shape, value) ?? 'refused'}.`);

/** A copy of the value, its fields in the shape's order.
 * @throws LabError `code` naming the field, what was expected and found. */
export function parse<T>(shape: Shape<T>, value: unknown, what: string, code: ErrorCode): T {
  const { success, output } = v.safeParse(shape, value, FIRST);
  if (success) return output;
  throw refusal(shape, value, what, code);
}

/** The value itself, and all that it holds. @throws LabError as `parse` does. */
export function checked<T>(shape: Shape<T>, value: unknown, what: string, code: ErrorCode): T {
  if (is(shape, value)) return value;
  throw refusal(shape, value, what, code);
}

export const text = v.string('text');
export const flag = v.boolean('true or false');
/** What the method that it comes to looks at. */
export const anything = v.unknown();
export const nothing = v.void('nothing');
export const never = v.never('no message of this kind');
/** What a guard of its own knows. */
/* @__NO_SIDE_EFFECTS__ */
export function like<T>(guard: (value: unknown) => value is T, expected: string) {
  return v.custom<T>(guard, expected);
}
/** Any number, NaN and infinities included: a loss that overflowed must still reach the person. */
export const number = v.custom<number>((value) => typeof value === 'number', 'a number');
export const finite = v.pipe(v.number('a finite number'), v.finite('a finite number'));
export const nullable = v.nullable;
/** A field that may be absent; where it is present it has the shape. */
export const optional = v.exactOptional;
export type Optional<T> = v.ExactOptionalSchema<Shape<T>, undefined>;

export const float32Array = v.custom<Float32Array<ArrayBuffer>>(
  (value) => value instanceof Float32Array && value.buffer instanceof ArrayBuffer,
  'a Float32Array',
);

export const bytes = v.custom<Uint8Array<ArrayBuffer>>(
  (value) => value instanceof Uint8Array && value.buffer instanceof ArrayBuffer,
  'a Uint8Array',
);

/** Text of at most so many UTF-16 units, and at least so many. */
/* @__NO_SIDE_EFFECTS__ */
export function textWithin(most: number, least = 0) {
  const expected = `text of ${least === 0 ? `at most ${most}` : `${least} to ${most}`} characters`;
  return v.pipe(v.string('text'), v.minLength(least, expected), v.maxLength(most, expected));
}

/** Text that a pattern takes.
 * @param expected in words */
/* @__NO_SIDE_EFFECTS__ */
export function textLike(pattern: RegExp, expected: string, most = Infinity) {
  const like = v.pipe(v.string(expected), v.regex(pattern, expected));
  return most === Infinity ? like : v.pipe(like, v.maxLength(most, expected));
}

/** Text that says something. */
export const someText = textLike(/\S/, 'text that is not blank');

/** A finite number from `low` to `high`, both included. */
/* @__NO_SIDE_EFFECTS__ */
export function within(low: number, high: number, expected = `a number from ${low} to ${high}`) {
  return v.pipe(v.number(expected), v.minValue(low, expected), v.maxValue(high, expected));
}

/** A whole number from `low` to `high`, both included. */
/* @__NO_SIDE_EFFECTS__ */
export function wholeWithin(low: number, high = Number.MAX_SAFE_INTEGER) {
  const expected =
    high === Number.MAX_SAFE_INTEGER ? `a whole number >= ${low}` : `a whole number from ${low} to ${high}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(low, expected),
    v.maxValue(high, expected),
  );
}
/** Sizes, token ids, steps. */
export const count = wholeWithin(0);

/** A number that overflowed or is none, or else one from `low` to `high`. */
/* @__NO_SIDE_EFFECTS__ */
export function unboundedOr(low: number, high: number) {
  return v.custom<number>(
    (value) => typeof value === 'number' && (!Number.isFinite(value) || (value >= low && value <= high)),
    `a number from ${low} to ${high}, or none at all`,
  );
}

/** One of a closed set of words. */
/* @__NO_SIDE_EFFECTS__ */
export function word<const W extends readonly string[]>(known: W) {
  return v.picklist(known, `one of ${known.join(', ')}`);
}

/** The tag of a member of `tagged`, or a word by itself. */
/* @__NO_SIDE_EFFECTS__ */
export function exactly<const T extends string | number>(value: T) {
  return v.literal(value, JSON.stringify(value));
}

/** @param most elements; any number where it is left out */
/* @__NO_SIDE_EFFECTS__ */
export function array<S extends Shape<unknown>>(of: S, most = Infinity) {
  return v.pipe(v.array(of, 'an array'), v.maxLength(most, `an array of at most ${most}`), v.readonly());
}

/** A list of at least one. */
/* @__NO_SIDE_EFFECTS__ */
export function listOf<S extends Shape<unknown>>(of: S) {
  const expected = 'a list of at least one';
  return v.pipe(v.array(of, expected), v.minLength(1, expected), v.readonly());
}

/** A list of which nothing stands twice. */
/* @__NO_SIDE_EFFECTS__ */
export function distinct<S extends Shape<readonly (string | number | boolean)[]>>(list: S) {
  const once = holding(list, (items) => {
    const seen = new Set<unknown>();
    const twice = items.find((item) => seen.size === seen.add(item).size);
    return twice === undefined ? null : ['', `names ${nameOf(twice)} twice`];
  });
  return v.pipe(once, v.metadata({ uniqueItems: true }));
}

/** What an editor is told of a field, beyond what its shape says by itself (tools/schemas): JSON Schema's own keywords. */
/* @__NO_SIDE_EFFECTS__ */
export function told<S extends Shape<unknown>>(
  shape: S,
  description: string,
  keywords: Readonly<Record<string, unknown>> = {},
) {
  return v.pipe(shape, v.metadata({ description, ...keywords }));
}

/** An array of numbers, of which there may be millions: one loop, where a schema asked for each would take long. */
/* @__NO_SIDE_EFFECTS__ */
function numbersThat(hold: (value: unknown) => boolean, expected: string) {
  const isList = (value: unknown): value is readonly number[] => Array.isArray(value);
  return holding(like(isList, 'an array'), (list) => {
    const at = list.findIndex((value) => !hold(value));
    return at < 0 ? null : [String(at), `expected ${expected}, found ${nameOf(list[at])}`];
  });
}
/** Token ids. */
export const counts = numbersThat(
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  'a whole number >= 0',
);
/** Any, as `number` is. */
export const numbers = numbersThat((value) => typeof value === 'number', 'a number');

/** A Map: module names to their tensors. */
/* @__NO_SIDE_EFFECTS__ */
export function mapOf<K extends Shape<unknown>, S extends Shape<unknown>>(key: K, of: S) {
  return v.pipe(v.map(key, of, 'a Map'), v.readonly());
}

/** Either of two shapes that no field tells apart.
 * @param expected in words */
/* @__NO_SIDE_EFFECTS__ */
export function either<A extends Shape<unknown>, B extends Shape<unknown>>(a: A, b: B, expected: string) {
  return v.union([a, b], expected);
}

/** A number from `low` to `high`, both included, or the one word in its place. */
/* @__NO_SIDE_EFFECTS__ */
export function numberOr<const W extends string>(instead: W, low: number, high: number) {
  const expected = `a number from ${low} to ${high}, or ${JSON.stringify(instead)}`;
  return either(v.literal(instead), within(low, high, expected), expected);
}

/** One of several shapes, chosen by the value itself, so that a fault is that of the one meant. */
/* @__NO_SIDE_EFFECTS__ */
export function chosen<S extends Shape<unknown>>(by: (value: unknown) => S) {
  return v.lazy(by);
}

const noObject = v.custom<never>(() => false, 'an object');
/** valibot takes a list for an object: one of which no field is required would be read as empty. */
/* @__NO_SIDE_EFFECTS__ */
function noList<S extends Shape<unknown>>(schema: S): S {
  const run: S['~run'] = (dataset, config) =>
    (Array.isArray(dataset.value) ? noObject : schema)['~run'](dataset, config);
  return { ...schema, '~run': run };
}

/** An object with exactly these fields: a misspelt optional one would otherwise be dropped without a word. */
/* @__NO_SIDE_EFFECTS__ */
export function object<const F extends v.ObjectEntries>(fields: F) {
  const message = ({ path, expected }: Issue): string => {
    if (path === undefined) return 'an object';
    const given: unknown = path[0].input;
    const known = Object.keys(fields);
    if (expected === 'never') return `no such field; known are ${known.join(', ')}`;
    // Most often its name is misspelt.
    const stranger = Object.keys(given ?? {}).find((name) => !known.includes(name));
    return stranger === undefined ? 'missing' : `missing; ${nameOf(stranger)} is no field of it`;
  };
  return v.pipe(noList(v.strictObject(fields, message)), v.readonly());
}

/** An object with at least these fields: what else it holds is for other readers. */
/* @__NO_SIDE_EFFECTS__ */
export function objectWith<const F extends v.ObjectEntries>(fields: F) {
  return v.pipe(
    noList(v.object(fields, ({ path }) => (path === undefined ? 'an object' : 'missing'))),
    v.readonly(),
  );
}

/** What is wrong in a value: where in it ('' for itself), and what. */
export type Wrong = readonly [at: string, what: string];

/** The names of an object's fields, in their order. */
/* @__NO_SIDE_EFFECTS__ */
export function namesOf<F extends v.ObjectEntries>({
  entries,
}: {
  readonly entries: F;
}): readonly Extract<keyof F, string>[] {
  const names: Extract<keyof F, string>[] = [];
  for (const name in entries) names.push(name);
  return names;
}

/** What has a shape and holds to a further condition. */
/* @__NO_SIDE_EFFECTS__ */
export function holding<const S extends Shape<unknown>>(
  shape: S,
  wrongOf: (value: v.InferOutput<S>) => Wrong | null,
) {
  const check = v.rawCheck<v.InferOutput<S>>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { value } = dataset;
    const wrong = wrongOf(value);
    if (wrong === null) return;
    const [key, message] = wrong;
    const at: v.UnknownPathItem = { type: 'unknown', origin: 'value', input: value, key, value: undefined };
    addIssue(key === '' ? { message } : { message, path: [at] });
  });
  return v.pipe(shape, check);
}

/** An object used as a table: any names at all, one shape. (valibot's own passes over what is named "constructor".) */
/* @__NO_SIDE_EFFECTS__ */
export function recordOf<S extends Shape<unknown>>(of: S) {
  type Table = Readonly<Record<string, v.InferOutput<S>>>;
  const isTable = (value: unknown): value is Table =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return holding(like(isTable, 'an object'), (table: Table) => {
    for (const [name, item] of Object.entries(table)) {
      const issue = firstIssue(of, item);
      if (issue !== undefined) return [name, wrongOf(issue)];
    }
    return null;
  });
}

/** A union told apart by the text in one field, `type` for events and `kind` for the rest. */
/* @__NO_SIDE_EFFECTS__ */
export function tagged<const Tag extends string, const M extends v.VariantOptions<Tag>>(
  tag: Tag,
  members: M,
) {
  return v.variant(tag, members, ({ path, expected }) =>
    path === undefined ? 'an object' : `one of ${expected.replaceAll(/[()"]/g, '').replaceAll(' | ', ', ')}`,
  );
}
