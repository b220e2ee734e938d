/**
 * @file What the store asks of a place that keeps things: runs with their events in order, tasks, settings, models.
 * src/storage keeps them in the browser; without one (a private window, a test) memory does.
 */
import type { LastingEvent } from '../core/events.ts';
import type { SourceDescriptor } from '../core/source.ts';
import type { Task } from '../core/task.ts';
import type { RunCard } from './lab-model.ts';

/** A run without its events: what its card shows, and which task it was. */
export interface StoredRun extends Omit<RunCard, 'taskId'> {
  /** Names the task as it was then; `Vault.task` has it. */
  readonly taskKey: string;
}

/** An event's place: which cell of the run, and its number there from 0. */
export interface EventPlace {
  readonly run: string;
  readonly cell: string;
  readonly index: number;
}

export interface KeptTask {
  readonly key: string;
  readonly task: Task;
  /** It stands in the list of tasks; otherwise it is kept for the runs that used it. */
  readonly isListed: boolean;
}

export interface KeptModel {
  readonly name: string;
  readonly bytes: number;
}

export interface StorageUse {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly isPersisted: boolean;
}

/** @throws LabError from every method: `storage-full`, `storage-unavailable` */
export interface Vault {
  runs(): Promise<readonly StoredRun[]>;
  /** New, or in place of the one with its id. */
  saveRun(run: StoredRun): Promise<void>;
  /** With its events; tasks that no run and no list names go too. */
  deleteRun(id: string): Promise<void>;
  appendEvent(place: EventPlace, event: LastingEvent): Promise<void>;
  /** By cell, in order. */
  events(run: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>>;

  saveTask(kept: KeptTask): Promise<void>;
  task(key: string): Promise<Task | null>;
  listedTasks(): Promise<readonly KeptTask[]>;
  /** Off the list; kept as long as a run names it. */
  unlistTask(key: string): Promise<void>;

  setting(name: string): Promise<unknown>;
  saveSetting(name: string, value: unknown): Promise<void>;

  use(): Promise<StorageUse>;
  /** Asks the browser not to clear it by itself; whether it promised. */
  persist(): Promise<boolean>;

  /** Holds the run for this page until the function it gives is called; null where another page holds it. */
  hold(run: string): Promise<(() => void) | null>;
}

/** Progress of a download: bytes that are there, of all. */
export type OnBytes = (done: number, total: number) => void;

/** Models fetched from the Hub and kept for use without a network. */
export interface ModelShelf {
  kept(): Promise<readonly KeptModel[]>;
  /** Total bytes of the files that the lab reads. @throws LabError `source-unreadable` */
  ask(name: string, signal: AbortLike): Promise<number>;
  /** Fetches what is not there yet. @throws LabError `source-unreadable`, `storage-full`, `cancelled`; what came stays */
  fetch(name: string, signal: AbortLike, onBytes: OnBytes): Promise<SourceDescriptor>;
  /** null where it is not kept whole. */
  open(name: string): Promise<SourceDescriptor | null>;
  remove(name: string): Promise<void>;
}

/** The part of AbortSignal that a download listens to. */
export interface AbortLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
