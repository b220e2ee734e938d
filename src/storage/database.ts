/** @file The page's database: its tables and the error that every failure of it becomes. */
import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from 'idb';
import { LabError } from '../core/errors.ts';
import type { Infer } from '../core/shape.ts';
import { finite, object, text } from '../core/shape.ts';
import type { LastingEvent } from '../words/events.ts';
import type { KeptTask, StoredRun } from '../store/runs/vault.ts';

const NAME = 'bootlace';
/** Raised with every change of the tables, with a step in `upgrade`. */
const VERSION = 2;

/** A window that computes a run where the browser has no locks. */
export const lease = object({
  run: text,
  /** The window's own name. */
  owner: text,
  /** Milliseconds since 1970. */
  until: finite,
});
export type Lease = Infer<typeof lease>;

export interface Tables extends DBSchema {
  runs: { key: string; value: StoredRun };
  /** [run, cell, number in the cell]; adapters in them are typed arrays. */
  events: { key: [string, string, number]; value: LastingEvent };
  tasks: { key: string; value: KeptTask };
  settings: { key: string; value: unknown };
  leases: { key: string; value: Lease };
}

export type Database = IDBPDatabase<Tables>;

export interface OpenOptions {
  /** Another page wants a newer version, or the browser closed the database: open it again. */
  readonly onGone: () => void;
  /** Another page holds an older version and does not let go. */
  readonly onBlocked: () => void;
}

/** @throws LabError `storage-unavailable` */
export async function openDatabase({ onGone, onBlocked }: OpenOptions): Promise<Database> {
  try {
    const database = await openDB<Tables>(NAME, VERSION, {
      upgrade: (fresh, before) => {
        if (before < 1) {
          fresh.createObjectStore('runs', { keyPath: 'id' });
          fresh.createObjectStore('events');
          fresh.createObjectStore('tasks', { keyPath: 'key' });
          fresh.createObjectStore('settings');
        }
        if (before < 2) fresh.createObjectStore('leases', { keyPath: 'run' });
      },
      blocked: onBlocked,
      blocking: () => {
        database.close();
        onGone();
      },
      terminated: onGone,
    });
    return database;
  } catch (thrown) {
    throw storageError(thrown, 'opened');
  }
}

/** What a failure of the browser's storage means for the person. */
export function storageError(thrown: unknown, what: string): LabError {
  if (thrown instanceof LabError) return thrown;
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'QuotaExceededError')
    return new LabError('storage-full', `The browser has no more room for this page: nothing was ${what}.`, {
      cause: thrown,
    });
  if (name === 'VersionError')
    return new LabError(
      'storage-unavailable',
      'A newer version of this page has written the browser’s storage.',
      {
        cause: thrown,
        remedy: 'Reload this page, so that it is of the newer version too.',
      },
    );
  const why = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new LabError('storage-unavailable', `The browser's storage could not be ${what} (${why}).`, {
    cause: thrown,
  });
}
