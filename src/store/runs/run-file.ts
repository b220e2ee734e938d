/**
 * @file One run as one file: a zip of run.json, task.json, a file of JSON lines per cell (its lasting events) and one of
 * float32 numbers per adapter, named by its hash, so that cells that were trained alike share it. A file may leave adapters
 * out; it is then opened and played all the same. Written by fflate; read strictly, since it comes from anywhere: what is in
 * it that a run has not, or has otherwise, is refused with its place.
 */
import { strFromU8, strToU8, zipSync } from 'fflate';
import { LabError } from '../../core/errors.ts';
import type { Infer, Shape } from '../../core/shape.ts';
import { array, chosen, object, tagged, textWithin, wholeWithin } from '../../core/shape.ts';
import type { LastingEvent } from '../../words/events.ts';
import { baseSha256, runLoraConfig, trainedFields, untrainedEvents } from '../../words/events.ts';
import { LONGEST_NAME } from '../../core/bounds.ts';
import { MOST_EVENTS, MOST_MODULES, MOST_NUMBERS, MOST_ROUNDS } from '../../words/run-limits.ts';
import type { Task } from '../../words/task.ts';
import { taskShape } from '../../words/task.ts';
import type { Adapter } from '../../lora/config.ts';
import { withoutParts } from '../../method/state.ts';
import { adapterHash } from '../../lora/hash.ts';
import { readText, textOfEvent } from './event-text.ts';
import { runFault } from './run-check.ts';
import type { RunHead } from './run-shape.ts';
import { SETUP_VERSION, ofToday, runHead } from './run-shape.ts';
import { MOST_ARMS, MOST_SEEDS } from '../setup/setup-shape.ts';
import { ZipFault, ZipReader } from './zip-reader.ts';

export interface RunFile extends Omit<RunHead, 'format' | 'version' | 'setupVersion' | 'cells'> {
  readonly task: Task;
  /** By cell, in order. */
  readonly events: ReadonlyMap<string, readonly LastingEvent[]>;
}

export const RUN_FILE_ENDING = '.bootlace.zip';
/** Larger than any run of a page, packed or unpacked; a zip may claim anything. */
export const MOST_FILE_BYTES = 512 * 1024 ** 2;
/** Of run.json, and of all text together: parsed it takes several times as much. */
const MOST_HEAD_BYTES = 4 * 1024 ** 2;
const MOST_TEXT_BYTES = 256 * 1024 ** 2;
/** A head, a task, and for every cell its events and an adapter a round. */
const MOST_ENTRIES = 4 + MOST_ARMS * MOST_SEEDS * (1 + MOST_ROUNDS);
const ENTRY = /^(?:run\.json|task\.json|events\/(?:\d+\.jsonl)?|adapters\/(?:(?:\d+|[0-9a-f]{64})\.bin)?)$/;
/** Files of before were numbered. */
const NAMED_BY_HASH = /^adapters\/([0-9a-f]{64})\.bin$/;

const name = textWithin(LONGEST_NAME, 1);
const length = wholeWithin(0, MOST_NUMBERS);
/** An adapter in JSON: its numbers stand in a file of their own, module after module, A before B, float32. */
const presentLine = object({
  file: name,
  config: runLoraConfig,
  baseSha256,
  /** With the lengths of A and B. */
  modules: array(object({ module: name, a: length, b: length }), MOST_MODULES),
});
/** One that the file was written without, named by its hash. */
const absentLine = object({ absent: name, config: runLoraConfig, baseSha256 });
const isAbsent = (line: unknown): boolean => typeof line === 'object' && line !== null && 'absent' in line;
const adapterLine = chosen<typeof absentLine | typeof presentLine>((line) =>
  isAbsent(line) ? absentLine : presentLine,
);
type AdapterLine = Infer<typeof adapterLine>;
const eventLine = tagged('type', [...untrainedEvents, object({ ...trainedFields, adapter: adapterLine })]);

type Files = Record<string, Uint8Array>;

/** Numbers of all modules, A before B, little-endian as every machine that runs the lab is. */
function writeAdapter(adapter: Adapter, files: Files): object {
  const { pairs, ...head } = adapter;
  if (adapter.absent !== undefined) return head;
  const file = `adapters/${adapterHash(adapter)}.bin`;
  const arrays = [...pairs.values()].flatMap(({ a, b }) => [a, b]);
  const numbers = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    numbers.set(array, at);
    at += array.length;
  }
  files[file] = new Uint8Array(numbers.buffer);
  const modules = [...pairs].map(([module, { a, b }]) => ({ module, a: a.length, b: b.length }));
  return { file, ...head, modules };
}

export function writeRunFile({ task, events, ...head }: RunFile): Uint8Array<ArrayBuffer> {
  const files: Files = {};
  [...events.values()].forEach((told, i) => {
    const lines = withoutParts(told).map((event) =>
      textOfEvent(event, (adapter) => writeAdapter(adapter, files)),
    );
    files[`events/${i}.jsonl`] = strToU8(lines.map((line) => `${line}\n`).join(''));
  });
  const cells = [...events.keys()];
  const full: RunHead = { format: 'bootlace-run', version: 1, ...head, ...SETUP_VERSION, cells };
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

/** Refuses a file by its size, before any of it is read. @throws LabError `import-refused` */
export function refuseLarge({ name, size }: { readonly name: string; readonly size: number }): void {
  if (size > MOST_FILE_BYTES)
    throw refused(name, `it has ${size} bytes, and a run's file at most ${MOST_FILE_BYTES}`);
}

/** @param name the file's, for messages
 * @throws LabError `import-refused` naming what is wrong and where */
export function readRunFile(bytes: Uint8Array, name: string): RunFile {
  try {
    return new Reading(bytes, (why, cause) => refused(name, why, cause)).run();
  } catch (thrown) {
    throw thrown instanceof ZipFault ? refused(name, thrown.message, thrown) : thrown;
  }
}

/** One file being read: what of it has been, and what may still be. */
class Reading {
  readonly #zip: ZipReader;
  readonly #fail: (why: string, cause?: unknown) => LabError;
  readonly #read = new Set<string>();
  /** Those whose hash was looked at, by the line that names them. */
  readonly #adapters = new Map<string, Adapter>();
  #textLeft = MOST_TEXT_BYTES;

  constructor(bytes: Uint8Array, fail: (why: string, cause?: unknown) => LabError) {
    this.#fail = fail;
    this.#zip = new ZipReader(bytes, MOST_ENTRIES);
    const total = this.#zip.entries.reduce((sum, { size }) => sum + size, 0);
    if (total > MOST_FILE_BYTES) throw fail('it would unpack to more than a page can hold');
    for (const { name } of this.#zip.entries)
      if (!ENTRY.test(name)) throw fail(`it has ${name}, which no run has`);
  }

  run(): RunFile {
    const head = ofToday(this.#json(runHead, 'run.json', this.#text('run.json', MOST_HEAD_BYTES)));
    const task = this.#json(taskShape, 'task.json', this.#text('task.json'));
    const events = new Map(head.cells.map((cell, i) => [cell, this.#events(`events/${i}.jsonl`)]));
    if (events.size < head.cells.length) throw this.#fail('run.json: cells: one is named twice');
    const stranger = this.#zip.entries.find(
      (entry) => !this.#read.has(entry.name) && !entry.name.endsWith('/'),
    );
    if (stranger !== undefined) throw this.#fail(`nothing in it names ${stranger.name}`);
    const fault = runFault(head.setup, task, events);
    if (fault !== null) throw this.#fail(fault);
    const { name, createdAt, status, setup, model } = head;
    return { name, createdAt, status, setup, model, task, events };
  }

  /** An entry is read once: what is named again would multiply what a file takes. */
  #bytes(name: string, most: number): Uint8Array<ArrayBuffer> {
    if (this.#read.has(name)) throw this.#fail(`${name} is named twice`);
    this.#read.add(name);
    return this.#zip.read(name, most);
  }

  #text(name: string, most = this.#textLeft): string {
    const bytes = this.#bytes(name, most);
    this.#textLeft -= bytes.length;
    return strFromU8(bytes);
  }

  #json<T>(shape: Shape<T>, where: string, text: string): T {
    return readText(shape, text, (why, cause) => this.#fail(where + why, cause));
  }

  #events(file: string): readonly LastingEvent[] {
    const lines = this.#text(file).split('\n', MOST_EVENTS + 2);
    if (lines.length > MOST_EVENTS + 1) throw this.#fail(`${file} has more than ${MOST_EVENTS} lines`);
    return lines.flatMap((line, at): readonly LastingEvent[] => {
      if (line === '') return [];
      const where = `${file} line ${at + 1}`;
      const event = this.#json(eventLine, where, line);
      if (event.type !== 'trained') return [event];
      return [{ ...event, adapter: this.#adapter(event.adapter, where) }];
    });
  }

  /** With its numbers, in place of the file that they stand in. */
  #adapter(line: AdapterLine, where: string): Adapter {
    if ('absent' in line) return { ...line, pairs: new Map() };
    const shared = this.#adapters.get(JSON.stringify(line));
    if (shared !== undefined) return shared;
    const { file, modules, ...head } = line;
    if (!file.startsWith('adapters/')) throw this.#fail(`${where}: adapter.file: expected one of adapters/`);
    const length = modules.reduce((sum, { a, b }) => sum + a + b, 0);
    const bytes = this.#bytes(file, 4 * length);
    if (bytes.length !== 4 * length)
      throw this.#fail(`${where}: ${file} has ${bytes.length} bytes, its modules need ${4 * length}`);
    const numbers = new Float32Array(bytes.buffer);
    let at = 0;
    const take = (count: number) => numbers.slice(at, (at += count));
    const pairs = new Map(modules.map(({ module, a, b }) => [module, { a: take(a), b: take(b) }]));
    if (pairs.size < modules.length) throw this.#fail(`${where}: adapter.modules: one is named twice`);
    const adapter = { ...head, pairs };
    const [, hash] = NAMED_BY_HASH.exec(file) ?? [];
    if (hash === undefined) return adapter;
    if (adapterHash(adapter) !== hash)
      throw this.#fail(`${where}: ${file} holds another adapter than its name says`);
    this.#adapters.set(JSON.stringify(line), adapter);
    return adapter;
  }
}
