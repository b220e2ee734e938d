/**
 * @file Runs, tasks and settings in IndexedDB. Every event is written by itself as it comes, so a page that goes away in
 * the middle of a run leaves all events until then.
 */
import type { LastingEvent } from '../core/events.ts';
import type { EventPlace, KeptTask, StorageUse, StoredRun, Vault } from '../store/vault.ts';
import type { Database } from './database.ts';
import { openDatabase, storageError } from './database.ts';

/** All events of a run: keys are arrays, and [] sorts behind every string and number. */
const eventsOf = (run: string): IDBKeyRange => IDBKeyRange.bound([run], [run, []]);

class BrowserVault implements Vault {
  #database: Promise<Database> | null = null;

  /** Opens the database where it is not open, and says what a failure means. */
  async #do<T>(what: string, work: (database: Database) => Promise<T>): Promise<T> {
    this.#database ??= openDatabase(() => {
      this.#database = null;
    });
    const opened = this.#database;
    try {
      return await work(await opened);
    } catch (thrown) {
      const error = storageError(thrown, what);
      if (error.code === 'storage-unavailable' && this.#database === opened) this.#database = null;
      throw error;
    }
  }

  runs(): Promise<readonly StoredRun[]> {
    return this.#do('read', (database) => database.getAll('runs'));
  }

  saveRun(run: StoredRun): Promise<void> {
    return this.#do('kept', async (database) => {
      await database.put('runs', run);
    });
  }

  deleteRun(id: string): Promise<void> {
    return this.#do('deleted', async (database) => {
      const change = database.transaction(['runs', 'events', 'tasks'], 'readwrite');
      const [runs, tasks] = [change.objectStore('runs'), change.objectStore('tasks')];
      await runs.delete(id);
      await change.objectStore('events').delete(eventsOf(id));
      const used = new Set((await runs.getAll()).map(({ taskKey }) => taskKey));
      for (const { key, isListed } of await tasks.getAll())
        if (!isListed && !used.has(key)) await tasks.delete(key);
      await change.done;
    });
  }

  appendEvent({ run, cell, index }: EventPlace, event: LastingEvent): Promise<void> {
    return this.#do('kept', async (database) => {
      await database.put('events', event, [run, cell, index]);
    });
  }

  events(run: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>> {
    return this.#do('read', async (database) => {
      const range = eventsOf(run);
      const reading = database.transaction('events');
      const [keys, values] = await Promise.all([
        reading.store.getAllKeys(range),
        reading.store.getAll(range),
      ]);
      const cells = new Map<string, LastingEvent[]>();
      keys.forEach(([, cell], i) => {
        const event = values[i];
        const own = cells.get(cell) ?? [];
        cells.set(cell, own);
        if (event !== undefined) own.push(event);
      });
      return cells;
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

  /** A Web Lock: the browser frees it when the page goes away, however it goes. */
  async hold(run: string): Promise<(() => void) | null> {
    if (!('locks' in navigator)) return () => undefined;
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(`run/${run}`, { ifAvailable: true }, (lock) => {
          if (lock === null) {
            resolve(null);
            return undefined;
          }
          return new Promise<void>((release) => {
            resolve(release);
          });
        })
        .catch(reject);
    });
  }
}

export function browserVault(): Vault {
  return new BrowserVault();
}
