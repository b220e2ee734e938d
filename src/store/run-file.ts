/**
 * @file One run as one file: a zip of run.json, task.json, a file of JSON lines per cell (its lasting events) and one of
 * float32 numbers per adapter. Written by fflate; read strictly, since it comes from anywhere.
 */
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { LabError } from '../core/errors.ts';
import type { LastingEvent } from '../core/events.ts';
import type { Task } from '../core/task.ts';
import type { Adapter } from '../lora/config.ts';
import { fromJson, toJson } from './event-json.ts';
import type { AdapterLine } from './event-shape.ts';
import { adapterLine, lastingEvent } from './event-shape.ts';
import { taskShape } from '../protocol/task-shape.ts';
import type { RunHead } from './run-shape.ts';
import { runHead } from './run-shape.ts';

export interface RunFile extends Omit<RunHead, 'format' | 'version' | 'cells'> {
  readonly task: Task;
  /** By cell, in order. */
  readonly events: ReadonlyMap<string, readonly LastingEvent[]>;
}

export const RUN_FILE_ENDING = '.bootlace.zip';
/** Larger than any run of a page; a zip may claim anything. */
const MOST_BYTES = 1024 ** 3;

type Files = Record<string, Uint8Array>;

/** Numbers of all modules, A before B, little-endian as every machine that runs the lab is. */
function writeAdapter({ config, pairs, baseSha256 }: Adapter, file: string, files: Files): AdapterLine {
  const arrays = [...pairs.values()].flatMap(({ a, b }) => [a, b]);
  const numbers = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    numbers.set(array, at);
    at += array.length;
  }
  files[file] = new Uint8Array(numbers.buffer);
  const modules = [...pairs].map(([module, { a, b }]) => ({ module, a: a.length, b: b.length }));
  return { file, config, modules, ...(baseSha256 === undefined ? {} : { baseSha256 }) };
}

export function writeRunFile({ task, events, ...head }: RunFile): Uint8Array<ArrayBuffer> {
  const files: Files = {};
  let adapters = 0;
  [...events.values()].forEach((told, i) => {
    const lines = told.map((event) => {
      if (event.type !== 'trained') return toJson(event);
      const adapter = writeAdapter(event.adapter, `adapters/${adapters++}.bin`, files);
      return toJson({ ...event, adapter });
    });
    files[`events/${i}.jsonl`] = strToU8(lines.map((line) => `${line}\n`).join(''));
  });
  const full: RunHead = { format: 'bootlace-run', version: 1, ...head, cells: [...events.keys()] };
  files['run.json'] = strToU8(JSON.stringify(full, null, 2));
  files['task.json'] = strToU8(JSON.stringify(task));
  // A copy, whose buffer is its own.
  return new Uint8Array(zipSync(files, { level: 1 }));
}

const refused = (name: string, why: string, cause?: unknown): LabError =>
  new LabError('import-refused', `${name} is no run of this lab: ${why}.`, {
    remedy: 'Choose a file that "Export" of a past run has written.',
    ...(cause === undefined ? {} : { cause }),
  });

/** @param name the file's, for messages
 * @throws LabError `import-refused` naming what is wrong and where */
export function readRunFile(bytes: Uint8Array, name: string): RunFile {
  let total = 0;
  let files: Files;
  try {
    files = unzipSync(bytes, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > MOST_BYTES) throw refused(name, 'it would unpack to more than a page can hold');
        return true;
      },
    });
  } catch (thrown) {
    throw thrown instanceof LabError ? thrown : refused(name, 'it is no zip file, or damaged', thrown);
  }
  const json = (file: string, text: string): unknown => {
    try {
      return fromJson(text);
    } catch (cause) {
      throw refused(name, `${file} is no JSON`, cause);
    }
  };
  const textOf = (file: string): string => {
    const found = files[file];
    if (found === undefined) throw refused(name, `it has no ${file}`);
    return strFromU8(found);
  };
  const head = json('run.json', textOf('run.json'));
  if (!runHead.is(head)) throw refused(name, `run.json: ${runHead.fault(head, '') ?? ''}`);
  const task = json('task.json', textOf('task.json'));
  if (!taskShape.is(task)) throw refused(name, `task.json: ${taskShape.fault(task, '') ?? ''}`);
  const events = head.cells.map((cell, i): [string, readonly LastingEvent[]] => {
    const file = `events/${i}.jsonl`;
    const lines = textOf(file).split('\n');
    const told = lines.flatMap((line, at) => {
      if (line === '') return [];
      const where = `${file} line ${at + 1}`;
      const event = withAdapter(json(where, line), files, (why) => refused(name, `${where}: ${why}`));
      if (!lastingEvent.is(event)) throw refused(name, `${where}: ${lastingEvent.fault(event, '') ?? ''}`);
      return [event];
    });
    return [cell, told];
  });
  const { createdAt, status, setup, model } = head;
  return { ...{ name: head.name, createdAt, status, setup, model, task }, events: new Map(events) };
}

/** The event with its adapter's numbers in place of the file that they stand in. */
function withAdapter(event: unknown, files: Files, fail: (why: string) => LabError): unknown {
  if (typeof event !== 'object' || event === null || !('adapter' in event)) return event;
  const line = event.adapter;
  if (!adapterLine.is(line)) throw fail(adapterLine.fault(line, 'adapter') ?? '');
  const bytes = files[line.file];
  const length = line.modules.reduce((sum, { a, b }) => sum + a + b, 0);
  if (bytes?.length !== 4 * length) throw fail(`${line.file} is missing or has another size than it should`);
  const numbers = new Float32Array(new Uint8Array(bytes).buffer);
  let at = 0;
  const take = (count: number) => numbers.slice(at, (at += count));
  const pairs = new Map(line.modules.map(({ module, a, b }) => [module, { a: take(a), b: take(b) }]));
  const { config, baseSha256 } = line;
  return { ...event, adapter: { config, pairs, ...(baseSha256 === undefined ? {} : { baseSha256 }) } };
}
