/** @file The page's database: its tables and the error that every failure of it becomes. */
import type { DBSchema, IDBPDatabase } from 'idb';
import { openDB } from 'idb';
import { LabError } from '../core/errors.ts';
import type { LastingEvent } from '../core/events.ts';
import type { KeptTask, StoredRun } from '../store/vault.ts';

const NAME = 'bootlace';
/** Raised with every change of the tables, with a step in `upgrade`. */
const VERSION = 1;

export interface Tables extends DBSchema {
  runs: { key: string; value: StoredRun };
  /** [run, cell, number in the cell]; adapters in them are typed arrays. */
  events: { key: [string, string, number]; value: LastingEvent };
  tasks: { key: string; value: KeptTask };
  settings: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Tables>;

/** @param onGone another page wants a newer version, or the browser closed the database: open it again
 * @throws LabError `storage-unavailable` */
export async function openDatabase(onGone: () => void): Promise<Database> {
  try {
    const database = await openDB<Tables>(NAME, VERSION, {
      upgrade: (fresh) => {
        fresh.createObjectStore('runs', { keyPath: 'id' });
        fresh.createObjectStore('events');
        fresh.createObjectStore('tasks', { keyPath: 'key' });
        fresh.createObjectStore('settings');
      },
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
  const why = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new LabError('storage-unavailable', `The browser's storage could not be ${what} (${why}).`, {
    cause: thrown,
  });
}
