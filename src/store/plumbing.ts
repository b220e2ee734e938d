/**
 * @file What the store needs from outside, handed in by main.tsx: engines, time, files, storage. And what every part of
 * the store works with: the state, and the two ways to say something to the person.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { LabError } from '../core/errors.ts';
import { toLabError } from '../core/errors.ts';
import type { Needs } from '../core/memory-need.ts';
import type { SourceDescriptor } from '../core/source.ts';
import type { RecordedName } from '../words/recorded.ts';
import type { Task } from '../words/task.ts';
import type { Adapter, LinearShape } from '../lora/config.ts';
import type { WorkerName } from '../protocol/supervisor.ts';
import type { Signal } from '../protocol/wire.ts';
import type { Clock } from './clock.ts';
import type { Fault, Surroundings } from './lab-state.ts';
import { faultOf } from './lab-state.ts';
import type { LabModel } from './lab-model.ts';
import type { TaskCard } from './task-state.ts';
import type { Runtimes } from './model/load-both.ts';
import type { ModelShelf, Vault } from './runs/vault.ts';

/** The tasks that ship with the page. */
export interface TaskShelf {
  readonly cards: readonly TaskCard[];
  /** With its rows. @throws LabError `task-integrity`, `source-unreadable` */
  read(id: string): Promise<Task>;
}

/** PEFT's files, read and written against a base that is at hand. */
export interface PeftFiles {
  write(adapter: Adapter, base: SourceDescriptor): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
  /** With what the files say otherwise than the lab would. */
  read(
    source: SourceDescriptor,
    base: SourceDescriptor,
  ): Promise<{ readonly adapter: Adapter; readonly notes: readonly string[] }>;
  /** The adapter's health card in a line; `linears` of the model that it is for, null where none is at hand.
   * @throws LabError `adapter-mismatch` where no module is the model's */
  health(adapter: Adapter, linears: readonly LinearShape[] | null): Promise<string>;
  /** Of adapter_model.safetensors alone, by module. */
  factors(weights: Uint8Array): Promise<Adapter['pairs']>;
}

export interface FetchWatch {
  readonly signal: Signal;
  /** The total is null until every file has told its length. */
  readonly onBytes: (done: number, total: number | null) => void;
}

export interface Plumbing {
  readonly runtimes: Runtimes;
  /** Ends a worker and starts another in its place; what it was asked for fails. */
  readonly replaceWorker: (worker: WorkerName) => void;
  readonly clock: Clock;
  readonly newAbort: () => { readonly signal: Signal; abort(): void };
  /** A name that no run has; chance may make it. */
  readonly newId: () => string;
  readonly surroundings: Surroundings;
  readonly tasks: TaskShelf;
  readonly bundledModel: (name: string) => SourceDescriptor;
  /** A folder on a host with its files fetched, once for both workers; any other folder as it is. */
  readonly fetchModel: (source: SourceDescriptor, watch: FetchWatch) => Promise<SourceDescriptor>;
  /** By its config.json alone. @throws LabError where that cannot be read, or names no model that the lab knows */
  readonly memoryNeeds: (source: SourceDescriptor) => Promise<Needs>;
  readonly peft: PeftFiles;
  readonly vault: Vault;
  /** null where the browser cannot keep models. */
  readonly shelf: ModelShelf | null;
  /** The file of a run that ships with the page; null where none does. */
  readonly recorded: (name: RecordedName) => Promise<Uint8Array<ArrayBuffer> | null>;
}

const MOST_MESSAGES = 20;

export class Context {
  readonly store: StoreApi<LabModel>;
  readonly plumbing: Plumbing;
  #nextNotice = 1;

  constructor(store: StoreApi<LabModel>, plumbing: Plumbing) {
    this.store = store;
    this.plumbing = plumbing;
  }

  get state(): LabModel {
    return this.store.getState();
  }

  set(change: Partial<LabModel>): void {
    this.store.setState(change);
  }

  /** Shows a failure; a cancelled one was wanted. The same one is shown once. */
  fail(thrown: unknown): LabError {
    const error = toLabError(thrown);
    const fault = faultOf(error);
    const isShown = (shown: Fault) => shown.code === fault.code && shown.what === fault.what;
    if (error.code !== 'cancelled' && !this.state.faults.some(isShown))
      this.set({ faults: [...this.state.faults, fault].slice(-MOST_MESSAGES) });
    return error;
  }

  /** The same text is shown once. */
  notify(text: string): void {
    if (this.state.notices.some((notice) => notice.text === text)) return;
    const notice = { id: this.#nextNotice++, text };
    this.set({ notices: [...this.state.notices, notice].slice(-MOST_MESSAGES) });
  }

  /** Runs work of which nobody waits for the outcome: a failure is shown. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}
