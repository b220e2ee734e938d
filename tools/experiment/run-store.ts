/**
 * @file One run on disk: its lasting events as lines, its adapters as PEFT's folders. An event counts once its line is
 * whole; the adapter that it names was written before it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { WEIGHTS_FILE, readAdapter } from '../../src/formats/peft.ts';
import { healthLine, healthOf } from '../../src/formats/adapter-health.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { readText, textOfEvent, toJson } from '../../src/store/runs/event-text.ts';
import type { AdapterReference, StoredEvent } from '../../src/store/runs/run-folder.ts';
import { LOG_HEADER, logHeader, pathOfRun, storedEvent } from '../../src/store/runs/run-folder.ts';
import { reading } from '../file-faults.ts';
import { nodeSource } from '../node-source.ts';
import { Log, writeFolder } from './durable.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Where a run's files lie below `state`, `adapters` or `sft`. */
export const runPath = ({ task, arm, seed }: ExperimentRun): string => pathOfRun(task, arm.name, seed);

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
      const refused = (what: string) => (why: string, cause?: unknown) =>
        new LabError('source-unreadable', `${what}${why}.`, { cause });
      if (!isFirst) return readText(storedEvent, line, refused('An event'));
      isFirst = false;
      readText(logHeader, line, refused('The first line'));
      return null;
    });
    try {
      if (values.length === 0) await log.append(toJson(LOG_HEADER));
      const events: LastingEvent[] = [];
      for (const event of values) {
        if (event !== null) events.push(await RunStore.#restored(event, adapters, checkpoint));
      }
      return new RunStore(log, adapters, checkpoint, events);
    } catch (thrown) {
      await log.close().catch(() => undefined);
      throw thrown;
    }
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
    const weights = join(folder, WEIGHTS_FILE);
    if (digest(await reading(weights, () => readFile(weights))) !== sha256) {
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
  async append(event: LastingEvent, tell: (line: string) => void = () => undefined): Promise<void> {
    let sha256 = '';
    if (event.type === 'trained') {
      const { architecture } = this.#checkpoint;
      const files = writeAdapter(event.adapter, architecture);
      tell(`adapter of round ${event.round}: ${healthLine(healthOf(event.adapter, architecture.linears))}`);
      await writeFolder(join(this.#adapters, String(event.round)), files);
      sha256 = digest(files.get(WEIGHTS_FILE) ?? new Uint8Array());
    }
    await this.#log.append(textOfEvent(event, ({ config }): AdapterReference => ({ config, sha256 })));
    this.#events = [...this.#events, event];
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
