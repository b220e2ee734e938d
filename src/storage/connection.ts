/**
 * @file The page's one connection to its database: opened at the first request and anew where it was lost, with a limit on
 * every wait and an error that says what was not done.
 */
import { LabError } from '../core/errors.ts';
import type { Clock } from '../store/clock.ts';
import type { Database } from './database.ts';
import { openDatabase, storageError } from './database.ts';
import { silentStorage, within } from './time-limit.ts';

/** How long the storage may be silent, milliseconds: on a busy disk a large write takes its time. */
const OPEN_MS = 20_000;
const WORK_MS = 30_000;
/** Of work on all of a run. */
export const WHOLE_MS = 120_000;

export class Connection {
  readonly #delay: Clock['delay'];
  #database: Promise<Database> | null = null;
  #isBlocked = false;

  constructor(delay: Clock['delay']) {
    this.#delay = delay;
  }

  /** Opens the database where it is not open, and says what a failure means. */
  async do<T>(what: string, work: (database: Database) => Promise<T>, limitMs = WORK_MS): Promise<T> {
    const opened = this.#open();
    const delay = this.#delay;
    // One that opens late is used then: another opening would wait for the same.
    const database = await within(opened, OPEN_MS, delay, () => this.#late(what)).catch((thrown: unknown) => {
      throw storageError(thrown, what);
    });
    try {
      return await within(work(database), limitMs, delay, () => silentStorage(what, limitMs));
    } catch (thrown) {
      const error = storageError(thrown, what);
      if (error.code === 'storage-unavailable') this.#leave(opened);
      throw error;
    }
  }

  #open(): Promise<Database> {
    if (this.#database !== null) return this.#database;
    this.#isBlocked = false;
    const opening: Promise<Database> = openDatabase({
      onGone: () => {
        this.#leave(opening);
      },
      onBlocked: () => {
        this.#isBlocked = true;
      },
    });
    this.#database = opening;
    opening.catch(() => {
      this.#leave(opening);
    });
    return opening;
  }

  /** The next request opens the database anew. */
  #leave(opened: Promise<Database>): void {
    if (this.#database !== opened) return;
    this.#database = null;
    opened.then(
      (database) => {
        database.close();
      },
      () => undefined,
    );
  }

  #late(what: string): LabError {
    if (!this.#isBlocked) return silentStorage(what, OPEN_MS);
    const why = 'Another window of this page keeps the browser’s storage at an older version';
    return new LabError('storage-unavailable', `${why}: nothing was ${what}.`, {
      remedy: 'Close or reload the other windows of this page.',
    });
  }
}
