/** @file Reading an experiment's JSON strictly: every fault names the place, what was expected and found. */
import { LabError } from '../core/errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const LONGEST_SHOWN = 60;
const shortened = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;

/** A value of the file in a message, shortened. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  try {
    return shortened(JSON.stringify(value));
  } catch {
    // JSON.parse takes any depth of nesting, JSON.stringify does not.
    return 'nested too deeply to be shown';
  }
}

/** A name of the file in a message, in quotes, shortened. */
export const quoted = (name: string): string => `"${shortened(name)}"`;

export const fault = (where: string, what: string): LabError =>
  new LabError('invalid-request', `${where} ${what}.`, { remedy: 'Correct the experiment file.' });

/** @throws LabError `invalid-request` unless `value` is an object. */
export function fieldsOf(where: string, value: unknown): Fields {
  if (isFields(value)) return value;
  throw fault(where, `must be an object; it is ${shown(value)}`);
}

/** @throws LabError `invalid-request` naming the first key that is not among `known`. */
export function refuseUnknown(where: string, fields: Fields, known: readonly string[], kind = 'key'): void {
  const stranger = Object.keys(fields).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  throw new LabError('invalid-request', `${where}: there is no ${kind} ${quoted(stranger)}.`, {
    remedy: `Known: ${known.join(', ')}.`,
  });
}

export function textOf(where: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw fault(where, `must be text; it is ${shown(value)}`);
}

/** A list of at least one, of which none stands twice. */
export function listOf<T extends string | number>(
  where: string,
  value: unknown,
  read: (where: string, item: unknown) => T,
): readonly T[] {
  const items = itemsOf(where, value).map((item, i) => read(`${where}[${i}]`, item));
  const seen = new Set<T>();
  for (const item of items) {
    if (seen.has(item)) throw fault(where, `names ${shown(item)} twice`);
    seen.add(item);
  }
  return items;
}

/** @throws LabError `invalid-request` unless `value` is a list of at least one. */
export function itemsOf(where: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(where, `must be a list of at least one; it is ${shown(value)}`);
  }
  return value;
}

/** Seeds key draws, so any whole number that is exact will do. */
export function seedOf(where: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw fault(where, `must be a whole number from 0; it is ${shown(value)}`);
}
