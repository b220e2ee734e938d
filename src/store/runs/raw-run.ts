/**
 * @file Whatever is there of a run, as a file: for a run that is damaged or that no view can draw. Nothing is checked and
 * nothing left out; it is for people and tools to look into, not for opening again.
 */
import { strToU8, zipSync } from 'fflate';

export interface RawRun {
  readonly record: unknown;
  /** null where it is not there. */
  readonly task: unknown;
  readonly events: ReadonlyMap<string, readonly unknown[]>;
}

type Files = Record<string, Uint8Array>;

/** JSON of anything that a browser stores: numbers in bulk go into files of their own, maps become lists of pairs. */
function jsonOf(value: unknown, files: Files): string {
  const plain = (_key: string, part: unknown): unknown => {
    if (part instanceof Map) return { $map: [...part] };
    if (part instanceof Set) return { $set: [...part] };
    if (typeof part === 'bigint') return { $bigint: String(part) };
    if (typeof part === 'number' && !Number.isFinite(part)) return { $number: String(part) };
    if (!ArrayBuffer.isView(part)) return part;
    const file = `arrays/${Object.keys(files).length}.bin`;
    files[file] = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    return { $array: part.constructor.name, file };
  };
  try {
    // Undefined has no JSON.
    return JSON.stringify(value ?? null, plain);
  } catch (thrown) {
    return JSON.stringify({ $unwritable: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

export function writeRawRun({ record, task, events }: RawRun): Uint8Array<ArrayBuffer> {
  const files: Files = {};
  const cells = [...events].map(([cell, told], i) => {
    const file = `events/${i}.jsonl`;
    files[file] = strToU8(told.map((event) => `${jsonOf(event, files)}\n`).join(''));
    return { cell, file };
  });
  files['task.json'] = strToU8(jsonOf(task, files));
  files['record.json'] = strToU8(jsonOf({ record, cells }, files));
  return new Uint8Array(zipSync(files, { level: 1 }));
}
