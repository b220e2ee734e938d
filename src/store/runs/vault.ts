/**
 * @file What the store asks of a place that keeps things: runs with their events in order, tasks, settings, models.
 * src/storage keeps them in the browser; without one (a private window, a test) memory does.
 */
import type { LastingEvent } from '../../words/events.ts';
import type { SourceDescriptor } from '../../core/source.ts';
import type { Task } from '../../words/task.ts';
import type { KeptTask, StoredRun } from './run-shape.ts';

export type { KeptTask, StoredRun };

/** What of a run's record is said anew while it goes on. */
export type RunChange = Partial<Pick<StoredRun, 'name' | 'status' | 'endings'>>;

/** A run with all that belongs to it. */
export interface WholeRun {
  readonly record: StoredRun;
  readonly task: Task;
  /** By cell, in order. */
  readonly events: ReadonlyMap<string, readonly LastingEvent[]>;
}

/** An event's place: which cell of the run, and its number there from 0. */
export interface EventPlace {
  readonly run: string;
  readonly cell: string;
  readonly index: number;
}

/** What an event adds to its run's record. */
export interface EventAdds {
  readonly bytes: number;
  /** The cell's last score, where the event makes a new one. */
  readonly score: number | null;
}

/**
 * What became of a write. `gone`: the run is not here any more (deleted, or the browser's storage was cleared).
 * `not-next`: the event's number is not the one that follows, so nothing was written. `elsewhere`: another window computes
 * the run, so nothing was written.
 */
export type Written = 'kept' | 'gone' | 'not-next' | 'elsewhere';

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
  run(id: string): Promise<StoredRun | null>;
  /** New, or in place of all that stands under its id; with its task. All of it or nothing. */
  saveWhole(whole: WholeRun): Promise<Written>;
  /** A name may be given from any window, all else by the one that computes the run. */
  changeRun(id: string, change: RunChange): Promise<Written>;
  /** With its events; tasks that no run and no list names go too. */
  deleteRun(id: string): Promise<Written>;
  /** The next event of its cell and what it adds to the run's record: both or neither. */
  appendEvent(place: EventPlace, event: LastingEvent, adds: EventAdds): Promise<Written>;
  /** By cell, in order, up to the first that is missing. */
  events(run: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>>;
  /** The last one of each cell. */
  lastEvents(run: string): Promise<ReadonlyMap<string, LastingEvent>>;

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

  /**
   * Holds the run for this window until the function it gives is called; null where another window holds it.
   * @param onLost another window has taken the run over, because this one gave no sign for too long
   */
  hold(run: string, onLost: () => void): Promise<(() => void) | null>;
  /** Runs that other windows hold. */
  elsewhere(): Promise<ReadonlySet<string>>;
  /** Calls back when another window began, ended, renamed or deleted a run. */
  watch(onChange: () => void): void;
}

/** Progress of a download: bytes that are there, of all. */
export type OnBytes = (done: number, total: number) => void;

/** Models fetched from the Hub and kept for use without a network. */
export interface ModelShelf {
  kept(): Promise<readonly KeptModel[]>;
  /** Total bytes of the files that the lab reads. @throws LabError `source-unreadable` */
  ask(name: string, signal: AbortLike): Promise<number>;
  /** Where its files lie, to read single ones of. */
  remote(name: string): SourceDescriptor;
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
