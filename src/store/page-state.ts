/** @file What belongs to the page as a whole: its surroundings, its storage, what it has to say. */
import type { WorkerName } from '../protocol/supervisor.ts';
import type { Fault, Surroundings } from './lab-state.ts';

export interface StorageView {
  /** false: nothing is kept over a reload (private window, refused); `why` says it. */
  readonly isAvailable: boolean;
  readonly why: string;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** The browser promised not to clear it by itself. */
  readonly isPersisted: boolean;
  readonly runsBytes: number;
  readonly modelsBytes: number;
  readonly keptModels: readonly { readonly name: string; readonly bytes: number }[];
}

/** A worker that gives no sign: at a long step, or gone. */
export interface SilentWorker {
  readonly worker: WorkerName;
  readonly seconds: number;
}

export interface Notice {
  readonly id: number;
  readonly text: string;
}

export interface PageState {
  readonly surroundings: Surroundings;
  /** Workers that are at work and have given no sign for a while. */
  readonly silent: readonly SilentWorker[];
  readonly storage: StorageView;
  /** Failures that belong to no place of their own, newest last. */
  readonly faults: readonly Fault[];
  readonly notices: readonly Notice[];
}

/** Nothing here throws: failures stand in the state. */
export interface PageActions {
  /** Ends a worker that gives no sign and starts another; what it was asked for fails. */
  replaceWorker(worker: WorkerName): void;
  persistStorage(): Promise<void>;
  /** Shows a notice; the same one once. */
  notify(text: string): void;
  dismissFault(fault: Fault): void;
  dismissNotice(id: number): void;
}
