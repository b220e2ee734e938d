/**
 * @file Runs, tasks and settings in IndexedDB. Every event is written by itself as it comes, so a page that goes away in
 * the middle of a run leaves all events until then.
 */
import { LabError } from '../core/errors.ts';
import type { LastingEvent } from '../words/events.ts';
import type { Clock } from '../store/clock.ts';
import type {
  EventAdds,
  EventPlace,
  KeptTask,
  RunChange,
  StorageUse,
  StoredRun,
  Vault,
  WholeRun,
  Written,
} from '../store/runs/vault.ts';
import type { Database } from './database.ts';
import { openDatabase, storageError } from './database.ts';
import type { Locks } from './leases.ts';
import { Leases } from './leases.ts';
import { silentStorage, within } from './time-limit.ts';

/** All events of a run: keys are arrays, and [] sorts behind every string and number. */
const eventsOf = (run: string): IDBKeyRange => IDBKeyRange.bound([run], [run, []]);

/** How long the storage may be silent, milliseconds: on a busy disk a large write takes its time. */
const OPEN_MS = 20_000;
const WORK_MS = 30_000;
const WHOLE_MS = 120_000;

/** The part of BroadcastChannel that is used here. */
export interface Channel {
  postMessage(message: string): void;
  addEventListener(type: 'message', listener: () => void): void;
}

export interface VaultOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly delay: Clock['delay'];
  /** A name of this window that no other has. */
  readonly owner: string;
  readonly locks: Locks | null;
  /** What tells the other windows, and is told by them; null where the browser has nothing of the kind. */
  readonly channel: Channel | null;
}

export class BrowserVault implements Vault {
  readonly #options: VaultOptions;
  readonly #leases: Leases;
  #database: Promise<Database> | null = null;
  #isBlocked = false;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#leases = new Leases({ ...options, within: (work) => this.#do('kept', work) });
  }

  /** Opens the database where it is not open, and says what a failure means. */
  async #do<T>(what: string, work: (database: Database) => Promise<T>, limitMs = WORK_MS): Promise<T> {
    const opened = this.#open();
    const { delay } = this.#options;
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

  #tell(): void {
    this.#options.channel?.postMessage('runs');
  }

  runs(): Promise<readonly StoredRun[]> {
    return this.#do('read', (database) => database.getAll('runs'));
  }

  run(id: string): Promise<StoredRun | null> {
    return this.#do('read', async (database) => (await database.get('runs', id)) ?? null);
  }

  async saveWhole({ record, task, events }: WholeRun): Promise<Written> {
    const { id, taskKey } = record;
    const written = await this.#do(
      'kept',
      async (database): Promise<Written> => {
        const change = database.transaction(['runs', 'events', 'tasks', 'leases'], 'readwrite');
        const [runs, told, tasks] = [
          change.objectStore('runs'),
          change.objectStore('events'),
          change.objectStore('tasks'),
        ];
        const isTaken = await this.#leases.isTaken(change.objectStore('leases'), id);
        if (!isTaken) {
          const isThere = (await tasks.getKey(taskKey)) !== undefined;
          const writes: Promise<unknown>[] = [told.delete(eventsOf(id)), runs.put(record)];
          if (!isThere) writes.push(tasks.put({ key: taskKey, task, isListed: false }));
          for (const [cell, own] of events)
            own.forEach((event, index) => writes.push(told.put(event, [id, cell, index])));
          await Promise.all(writes);
        }
        await change.done;
        return isTaken ? 'elsewhere' : 'kept';
      },
      WHOLE_MS,
    );
    this.#tell();
    return written;
  }

  async changeRun(id: string, change: RunChange): Promise<Written> {
    const written = await this.#do('kept', async (database): Promise<Written> => {
      const changing = database.transaction(['runs', 'leases'], 'readwrite');
      const runs = changing.objectStore('runs');
      const before = await runs.get(id);
      const isTaken =
        change.status !== undefined && (await this.#leases.isTaken(changing.objectStore('leases'), id));
      if (before !== undefined && !isTaken) await runs.put({ ...before, ...change });
      await changing.done;
      return isTaken ? 'elsewhere' : before === undefined ? 'gone' : 'kept';
    });
    this.#tell();
    return written;
  }

  async deleteRun(id: string): Promise<Written> {
    const hold = this.#leases.holds(id) ? () => undefined : await this.#leases.take(id, () => undefined);
    if (hold === null) return 'elsewhere';
    try {
      return await this.#do('deleted', (database) => this.#delete(database, id), WHOLE_MS);
    } finally {
      hold();
      this.#tell();
    }
  }

  async #delete(database: Database, id: string): Promise<Written> {
    const change = database.transaction(['runs', 'events', 'tasks', 'leases'], 'readwrite');
    const [runs, tasks, leases] = [
      change.objectStore('runs'),
      change.objectStore('tasks'),
      change.objectStore('leases'),
    ];
    const isTaken = await this.#leases.isTaken(leases, id);
    if (!isTaken) {
      await Promise.all([
        runs.delete(id),
        leases.delete(id),
        change.objectStore('events').delete(eventsOf(id)),
      ]);
      const used = new Set((await runs.getAll()).map(({ taskKey }) => taskKey));
      for (const { key, isListed } of await tasks.getAll())
        if (!isListed && !used.has(key)) await tasks.delete(key);
    }
    await change.done;
    return isTaken ? 'elsewhere' : 'kept';
  }

  appendEvent({ run, cell, index }: EventPlace, event: LastingEvent, adds: EventAdds): Promise<Written> {
    return this.#do('kept', async (database): Promise<Written> => {
      const change = database.transaction(['runs', 'events', 'leases'], 'readwrite');
      const [runs, events] = [change.objectStore('runs'), change.objectStore('events')];
      const [record, before, there, isTaken] = await Promise.all([
        runs.get(run),
        index === 0 ? null : events.getKey([run, cell, index - 1]),
        events.getKey([run, cell, index]),
        this.#leases.isTaken(change.objectStore('leases'), run),
      ]);
      const isNext = before !== undefined && there === undefined;
      if (record !== undefined && isNext && !isTaken) {
        const scores = adds.score === null ? record.scores : { ...record.scores, [cell]: adds.score };
        await Promise.all([
          events.add(event, [run, cell, index]),
          runs.put({ ...record, scores, bytes: record.bytes + adds.bytes }),
        ]);
      }
      await change.done;
      if (isTaken) return 'elsewhere';
      return record === undefined ? 'gone' : isNext ? 'kept' : 'not-next';
    });
  }

  events(run: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>> {
    return this.#do(
      'read',
      async (database) => {
        const range = eventsOf(run);
        const reading = database.transaction('events');
        const [keys, values] = await Promise.all([
          reading.store.getAllKeys(range),
          reading.store.getAll(range),
        ]);
        const cells = new Map<string, LastingEvent[]>();
        keys.forEach(([, cell, index], i) => {
          const event = values[i];
          const own = cells.get(cell) ?? [];
          cells.set(cell, own);
          // What stands behind a hole belongs to no state.
          if (event !== undefined && index === own.length) own.push(event);
        });
        return cells;
      },
      WHOLE_MS,
    );
  }

  lastEvents(run: string): Promise<ReadonlyMap<string, LastingEvent>> {
    return this.#do('read', async (database) => {
      const reading = database.transaction('events');
      const last = new Map((await reading.store.getAllKeys(eventsOf(run))).map((key) => [key[1], key]));
      const found = new Map<string, LastingEvent>();
      for (const [cell, key] of last) {
        const event = await reading.store.get(key);
        if (event !== undefined) found.set(cell, event);
      }
      return found;
    });
  }

  saveTask(kept: KeptTask): Promise<void> {
    return this.#do('kept', async (database) => {
      await database.put('tasks', kept);
    });
  }

  task(key: string): Promise<KeptTask['task'] | null> {
    return this.#do('read', async (database) => (await database.get('tasks', key))?.task ?? null);
  }

  async listedTasks(): Promise<readonly KeptTask[]> {
    const all = await this.#do('read', (database) => database.getAll('tasks'));
    return all.filter(({ isListed }) => isListed);
  }

  unlistTask(key: string): Promise<void> {
    return this.#do('deleted', async (database) => {
      const change = database.transaction(['runs', 'tasks'], 'readwrite');
      const tasks = change.objectStore('tasks');
      const kept = await tasks.get(key);
      const isUsed = (await change.objectStore('runs').getAll()).some(({ taskKey }) => taskKey === key);
      if (kept !== undefined && isUsed) await tasks.put({ ...kept, isListed: false });
      else await tasks.delete(key);
      await change.done;
    });
  }

  setting(name: string): Promise<unknown> {
    return this.#do('read', (database) => database.get('settings', name));
  }

  saveSetting(name: string, value: unknown): Promise<void> {
    return this.#do('kept', async (database) => {
      await database.put('settings', value, name);
    });
  }

  async use(): Promise<StorageUse> {
    // Absent on insecure origins.
    const manager = 'storage' in navigator ? navigator.storage : null;
    const { usage = 0, quota = 0 } = (await manager?.estimate()) ?? {};
    return { usedBytes: usage, quotaBytes: quota, isPersisted: (await manager?.persisted()) ?? false };
  }

  async persist(): Promise<boolean> {
    return 'storage' in navigator && (await navigator.storage.persist());
  }

  async hold(run: string, onLost: () => void): Promise<(() => void) | null> {
    const release = await this.#leases.take(run, onLost);
    if (release === null) return null;
    this.#tell();
    return () => {
      release();
      this.#tell();
    };
  }

  elsewhere(): Promise<ReadonlySet<string>> {
    return this.#leases.elsewhere();
  }

  watch(onChange: () => void): void {
    this.#options.channel?.addEventListener('message', onChange);
  }

  /** The page goes away. */
  leave(): void {
    this.#leases.leave();
  }
}

export function browserVault(): Vault {
  const vault = new BrowserVault({
    now: () => Date.now(),
    delay: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    owner: Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-'),
    // Absent on insecure origins and in old browsers.
    locks: 'locks' in navigator ? navigator.locks : null,
    channel: 'BroadcastChannel' in window ? new BroadcastChannel('bootlace') : null,
  });
  window.addEventListener('pagehide', () => {
    vault.leave();
  });
  return vault;
}
