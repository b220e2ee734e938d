/**
 * @file Opens what the runner or the Python twin wrote without a page: its folder or a zip of it becomes runs like those
 * of a run's file, one per task. It comes from anywhere, so it is read as strictly as a run's file; what other readers
 * want of it (results, predictions, trained texts) is passed over, since it all follows from the events.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { strFromU8 } from 'fflate';
import { LabError } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import { fault, is } from '../../core/shape.ts';
import type { Adapter } from '../../lora/config.ts';
import type { LastingEvent } from '../../words/events.ts';
import { LONGEST_NAME, LONGEST_TEXT } from '../../core/bounds.ts';
import { LAST_DATE, MOST_NUMBERS } from '../../words/run-limits.ts';
import type { Task } from '../../words/task.ts';
import { taskShape } from '../../words/task.ts';
import { cellKey } from '../live/cell.ts';
import type { Setup } from '../setup/setup-shape.ts';
import { MOST_ARMS, MOST_SEEDS, anySetup } from '../setup/setup-shape.ts';
import { DEFAULT_SETUP, setupFaults, withoutOwn } from '../setup/setup.ts';
import { readText } from './event-text.ts';
import { runFault } from './run-check.ts';
import type { RunFile } from './run-file.ts';
import type { Manifest } from './manifest.ts';
import { MANIFEST_FILE, MOST_MANIFEST_BYTES, deviceWords, manifest } from './manifest.ts';
import { logHeader, pathOfRun, pathOfTask, storedEvent } from './run-folder.ts';

/** A folder or a zip, its files by their paths. */
export interface Folder {
  readonly label: string;
  readonly paths: readonly string[];
  /** @throws LabError for a file of more than `most` bytes */
  read(path: string, most: number): Promise<Uint8Array>;
}

export interface FolderTools {
  /** Modules of adapter_model.safetensors with their factors. @throws LabError */
  readonly factors: (weights: Uint8Array) => Promise<Adapter['pairs']>;
  /** The rows of a task of that name that ships with the page; null where none does. */
  readonly bundledTask: (id: string) => Promise<Task | null>;
}

const WEIGHTS = 'adapter_model.safetensors';
/** Of all logs and tasks together: parsed it takes several times as much. */
const MOST_TEXT_BYTES = 256 * 1024 ** 2;
/** Of all adapters together, as numbers; those beyond it are named only. */
const MOST_ADAPTER_BYTES = 4 * MOST_NUMBERS;

type Config = Manifest['config'];

const digestOf = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** Lists of at most so many. */
function parts<T>(all: readonly T[], most: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));
}

export interface Opened {
  readonly runs: readonly RunFile[];
  /** What of the folder is not in them, as sentences. */
  readonly told: readonly string[];
}

/** Whether unattended work wrote it; where its run.json lies, as the beginning of all its paths.
 * @throws LabError `import-refused` where it holds several */
export function rootOf({ paths, label }: Pick<Folder, 'paths' | 'label'>): string | null {
  const roots = paths
    .filter((path) => path === MANIFEST_FILE || path.endsWith(`/${MANIFEST_FILE}`))
    .map((path) => path.slice(0, -MANIFEST_FILE.length))
    .filter((root) => paths.some((path) => path.startsWith(`${root}state/`)));
  if (roots.length < 2) return roots[0] ?? null;
  throw new LabError('import-refused', `${label} holds the results of ${roots.length} experiments.`, {
    remedy: `Open them one by one: ${roots
      .slice(0, 5)
      .map((root) => root.replace(/\/$/, '') || 'the folder itself')
      .join(', ')}.`,
  });
}

/** @throws LabError `import-refused` naming file and place */
export async function readFolder(folder: Folder, root: string, tools: FolderTools): Promise<Opened> {
  return new Reading(folder, root, tools).all();
}

class Reading {
  readonly #folder: Folder;
  readonly #root: string;
  readonly #tools: FolderTools;
  readonly #paths: ReadonlySet<string>;
  readonly #told: string[] = [];
  #textLeft = MOST_TEXT_BYTES;
  #adapterBytesLeft = MOST_ADAPTER_BYTES;
  /** Adapters that are named only: by why. */
  readonly #without = new Map<string, number>();

  constructor(folder: Folder, root: string, tools: FolderTools) {
    this.#folder = folder;
    this.#root = root;
    this.#tools = tools;
    this.#paths = new Set(folder.paths);
  }

  async all(): Promise<Opened> {
    const text = await this.#text(MANIFEST_FILE, MOST_MANIFEST_BYTES);
    const { title, config, devices, failed } = this.#json(manifest, MANIFEST_FILE, text);
    const [first] = devices;
    const since = Date.parse(first?.since ?? '');
    const createdAt = Number.isNaN(since) ? 0 : Math.min(Math.max(0, since), LAST_DATE);
    const model = {
      ...{ name: config.model, sha256: config.modelSha256 },
      device: first === undefined ? '' : deviceWords(first).slice(0, LONGEST_TEXT),
    };
    const runs: RunFile[] = [];
    for (const [taskId, digest] of Object.entries(config.tasks)) {
      const task = await this.#task(taskId, digest);
      for (const setup of this.#setups(taskId, config)) {
        const events = await this.#cells(setup, config.modelSha256);
        const missed = setup.arms.length * setup.seeds.length - events.size;
        if (missed > 0)
          this.#told.push(`${taskId}: ${missed === 1 ? '1 run has' : `${missed} runs have`} not begun.`);
        if (events.size === 0) continue;
        const wrong = runFault(setup, task, events);
        if (wrong !== null) throw this.#refused(`${taskId}: ${wrong}`);
        const isDone = [...events.values()].every((told) => told.at(-1)?.type === 'ended');
        const status = isDone && missed === 0 ? ('done' as const) : ('stopped' as const);
        const name = `${title === '' ? this.#folder.label : title}, ${taskId}`.slice(0, LONGEST_NAME);
        runs.push({ name, createdAt, status, setup, model, task, events });
      }
    }
    if (runs.length === 0) throw this.#refused('none of its runs has begun');
    for (const { task, arm, seed, message } of failed)
      this.#told.push(`${task}, ${arm}, seed ${seed} failed: ${message}`);
    for (const [why, count] of this.#without)
      this.#told.push(`${count === 1 ? '1 adapter is' : `${count} adapters are`} named only: ${why}.`);
    return { runs, told: this.#told };
  }

  /** A page shows some arms and seeds at a time: a large experiment becomes several runs. */
  #setups(taskId: string, config: Config): readonly Setup[] {
    const arms = Object.entries(config.arms).map(([name, { method, ...knobs }]) => ({ name, method, knobs }));
    const bundled = DEFAULT_SETUP.model;
    const model = config.model === bundled.name ? bundled : { kind: 'picked', name: config.model };
    return parts(arms, MOST_ARMS).flatMap((some) =>
      parts(config.seeds, MOST_SEEDS).map((seeds) => {
        const setup = { model, taskId, seeds, arms: some, shared: {} };
        if (!is(anySetup, setup))
          throw this.#refused(`${MANIFEST_FILE}: config: ${fault(anySetup, setup) ?? 'refused'}`);
        const [wrong] = Object.entries(setupFaults(setup, [taskId]));
        if (wrong !== undefined) throw this.#refused(`${MANIFEST_FILE}: config: ${wrong.join(' ')}`);
        return { ...setup, arms: setup.arms.map(withoutOwn) };
      }),
    );
  }

  async #task(id: string, digest: string): Promise<Task> {
    const path = pathOfTask(id);
    const own = this.#has(path)
      ? this.#json(taskShape, path, await this.#text(path))
      : await this.#tools.bundledTask(id);
    if (own === null) {
      throw new LabError('import-refused', `${this.#folder.label} does not hold the rows of task ${id}.`, {
        remedy: `Run its command again with --resume, which writes ${path}.`,
      });
    }
    if (digestOf(utf8ToBytes(JSON.stringify(own))) === digest) return own;
    throw this.#refused(`the rows of task ${id} are not those that it ran on`);
  }

  /** The logs that are there. */
  async #cells(setup: Setup, baseSha256: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>> {
    const cells = new Map<string, readonly LastingEvent[]>();
    for (const { name } of setup.arms)
      for (const seed of setup.seeds) {
        const path = pathOfRun(setup.taskId, name, seed);
        if (!this.#has(`state/${path}.jsonl`)) continue;
        const events = await this.#log(path, baseSha256);
        if (events.length > 0) cells.set(cellKey(name, seed), events);
      }
    return cells;
  }

  async #log(path: string, baseSha256: string): Promise<readonly LastingEvent[]> {
    const file = `state/${path}.jsonl`;
    // A last line without its end was torn by a kill.
    const [head, ...lines] = (await this.#text(file)).split('\n').slice(0, -1);
    if (head === undefined) return [];
    this.#json(logHeader, `${file}: line 1`, head);
    const events: LastingEvent[] = [];
    for (const [i, line] of lines.entries()) {
      const event = this.#json(storedEvent, `${file}: line ${i + 2}`, line);
      if (event.type !== 'trained') events.push(event);
      else {
        const { config, sha256: digest } = event.adapter;
        const weights = `adapters/${path}/${event.round}/${WEIGHTS}`;
        const pairs = await this.#factors(weights, digest);
        const absent = pairs === null ? { absent: digest } : {};
        events.push({ ...event, adapter: { config, baseSha256, pairs: pairs ?? new Map(), ...absent } });
      }
    }
    return events;
  }

  /** null for an adapter that is not there, or for which there is no room. */
  async #factors(path: string, digest: string): Promise<Adapter['pairs'] | null> {
    const without = (why: string): null => {
      this.#without.set(why, (this.#without.get(why) ?? 0) + 1);
      return null;
    };
    if (!this.#has(path)) return without('its file is not there');
    if (this.#adapterBytesLeft <= 0) return without(`the page holds ${MOST_ADAPTER_BYTES} bytes of adapters`);
    const bytes = await this.#folder.read(this.#root + path, MOST_ADAPTER_BYTES);
    if (bytes.length > this.#adapterBytesLeft)
      return without(`the page holds ${MOST_ADAPTER_BYTES} bytes of adapters`);
    this.#adapterBytesLeft -= bytes.length;
    if (digestOf(bytes) !== digest) throw this.#refused(`${path} is not the adapter that it trained`);
    return this.#tools.factors(bytes);
  }

  #has(path: string): boolean {
    return this.#paths.has(this.#root + path);
  }

  async #text(path: string, most = this.#textLeft): Promise<string> {
    const bytes = await this.#folder.read(this.#root + path, Math.min(most, this.#textLeft));
    this.#textLeft -= bytes.length;
    return strFromU8(bytes);
  }

  #json<T>(shape: Shape<T>, where: string, written: string): T {
    return readText(shape, written, (why, cause) => this.#refused(where + why, cause));
  }

  #refused(why: string, cause?: unknown): LabError {
    return new LabError('import-refused', `${this.#folder.label} is no experiment of this lab: ${why}.`, {
      remedy: 'Choose the whole folder that the runner wrote, or a zip of it.',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
