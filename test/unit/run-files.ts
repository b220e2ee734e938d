/** @file A good run's file, and the same with anything changed in it: zipped anew, so that only the change is wrong. */
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { SMALL, fakeLab } from './store-fakes.ts';

/** What Export writes of a whole small run. */
export async function goodRunFile(arms = 'soft', knobs = ''): Promise<Uint8Array<ArrayBuffer>> {
  const fake = fakeLab();
  await fake.lab.open(`${SMALL}&arms=${arms}${knobs}`);
  fake.lab.actions.run();
  await fake.until(({ run }) => run?.status === 'done' || run?.status === 'failed');
  const file = await fake.lab.actions.exportRun(fake.state().runs[0]?.id ?? '');
  if (file === null) throw new Error(`There is no run: ${JSON.stringify(fake.state().faults)}`);
  return file.bytes;
}

/** A file's parsed JSON: an object, or one of each line. */
export type Parsed = Record<string, unknown>;
export interface Opened {
  readonly json: Parsed;
  readonly binary: Readonly<Record<string, Uint8Array>>;
}

export function takeApart(bytes: Uint8Array): Opened {
  const json: Parsed = {};
  const binary: Record<string, Uint8Array> = {};
  for (const [name, file] of Object.entries(unzipSync(bytes))) {
    if (name.endsWith('.json')) json[name] = JSON.parse(strFromU8(file));
    else if (name.endsWith('.jsonl'))
      json[name] = strFromU8(file)
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line));
    else binary[name] = file;
  }
  return { json, binary };
}

/** The zip's entries. */
export function entriesOf({ json, binary }: Opened): Record<string, Uint8Array> {
  const text = (name: string, value: unknown): string =>
    name.endsWith('.jsonl') && Array.isArray(value)
      ? value.map((line) => JSON.stringify(line)).join('\n')
      : JSON.stringify(value);
  const texts = Object.entries(json).map(([name, value]) => [name, strToU8(text(name, value))] as const);
  return { ...Object.fromEntries(texts), ...binary };
}

/** Not packed, so that no change makes it suspicious by its ratio. */
export const putTogether = (opened: Opened): Uint8Array<ArrayBuffer> =>
  new Uint8Array(zipSync(entriesOf(opened), { level: 0 }));

const isChange = (to: unknown): to is (value: unknown) => unknown => typeof to === 'function';

/** The value with another in the place that `path` leads to; a function says what becomes of what stands there, and
 * `undefined` takes it away. */
export function changed(value: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return isChange(to) ? to(value) : to;
  if (Array.isArray(value))
    return value.flatMap((item: unknown, i) => {
      if (i !== step) return [item];
      const own = changed(item, rest, to);
      return own === undefined ? [] : [own];
    });
  // As JSON makes it: "__proto__" is a field like any other.
  const fields = new Map<string, unknown>(Object.entries(value ?? {}));
  const own = changed(fields.get(String(step)), rest, to);
  if (own === undefined) fields.delete(String(step));
  else fields.set(String(step), own);
  return Object.fromEntries(fields);
}

/** All places of a value: paths to each field and element, the value itself first; long lists by their ends. */
export function placesOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  const deeper = Array.isArray(value)
    ? value.flatMap((item: unknown, i) =>
        i < 3 || i === value.length - 1 ? placesOf(item, [...path, i]) : [],
      )
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, item]) => placesOf(item, [...path, name]))
      : [];
  return [[...path], ...deeper];
}
