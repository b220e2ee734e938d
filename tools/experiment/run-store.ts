/**
 * @file One run on disk: its lasting events as lines, its adapters as PEFT's folders. An event counts once its line is
 * whole; the adapter that it names was written before it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import type { LastingEvent } from '../../src/core/events.ts';
import type { ExperimentRun } from '../../src/core/experiment.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { WEIGHTS_FILE, readAdapter } from '../../src/formats/peft.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { exactly, object } from '../../src/protocol/shape.ts';
import { fromJson, toJson } from '../../src/store/event-json.ts';
import { nodeSource } from '../node-source.ts';
import { Log, writeFolder } from './durable.ts';
import type { StoredEvent } from './event-shape.ts';
import { storedEvent } from './event-shape.ts';

const FORMAT = 1;
interface Header {
  readonly format: typeof FORMAT;
}
const header = object<Header>({ format: exactly(FORMAT) });

/** A name as a folder's name, the same on every system. */
export const folderName = (name: string): string =>
  name.replace(/[^\p{L}\p{N} _+.,=()[\]-]/gu, (char) => encodeURIComponent(char).replaceAll('*', '%2A'));

/** Where a run's files lie below `state`, `adapters` or `sft`. */
export const runPath = ({ task, arm, seed }: ExperimentRun): string =>
  join(folderName(task), folderName(arm.name), String(seed));

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export class RunStore {
  readonly #log: Log;
  readonly #adapters: string;
  readonly #checkpoint: Checkpoint;
  #events: readonly LastingEvent[];

  private constructor(log: Log, adapters: string, checkpoint: Checkpoint, events: readonly LastingEvent[]) {
    this.#log = log;
    this.#adapters = adapters;
    this.#checkpoint = checkpoint;
    this.#events = events;
  }

  /** @throws LabError `source-unreadable` for a damaged log or an adapter that is not the one trained. */
  static async open(folder: string, run: ExperimentRun, checkpoint: Checkpoint): Promise<RunStore> {
    const path = join(folder, 'state', `${runPath(run)}.jsonl`);
    const adapters = join(folder, 'adapters', runPath(run));
    let isFirst = true;
    const { log, values } = await Log.open(path, (line) => {
      const value = fromJson(line);
      if (!isFirst) return storedEvent.parse(value, 'An event', 'source-unreadable');
      isFirst = false;
      header.parse(value, 'The first line', 'source-unreadable');
      return null;
    });
    if (values.length === 0) await log.append(toJson({ format: FORMAT } satisfies Header));
    const events: LastingEvent[] = [];
    for (const event of values) {
      if (event !== null) events.push(await RunStore.#restored(event, adapters, checkpoint));
    }
    return new RunStore(log, adapters, checkpoint, events);
  }

  static async #restored(
    event: StoredEvent,
    adapters: string,
    checkpoint: Checkpoint,
  ): Promise<LastingEvent> {
    if (event.type !== 'trained') return event;
    const folder = join(adapters, String(event.round));
    const { config, sha256 } = event.adapter;
    const adapter = await readAdapter(nodeSource(folder), checkpoint);
    if (digest(await readFile(join(folder, WEIGHTS_FILE))) !== sha256) {
      throw new LabError('source-unreadable', `${folder} does not hold the adapter that this run trained.`, {
        remedy: 'Put it back, or delete the run under state/ so that it is done again.',
      });
    }
    return { ...event, adapter: { ...adapter, config } };
  }

  get events(): readonly LastingEvent[] {
    return this.#events;
  }

  /** On the disk when done. */
  async append(event: LastingEvent): Promise<void> {
    if (event.type === 'trained') {
      const files = writeAdapter(event.adapter, this.#checkpoint.architecture);
      await writeFolder(join(this.#adapters, String(event.round)), files);
      const sha256 = digest(files.get(WEIGHTS_FILE) ?? new Uint8Array());
      const stored: StoredEvent = { ...event, adapter: { config: event.adapter.config, sha256 } };
      await this.#log.append(toJson(stored));
    } else {
      await this.#log.append(toJson(event));
    }
    this.#events = [...this.#events, event];
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
