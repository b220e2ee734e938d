/**
 * @file Runs, tasks and settings in IndexedDB. Every event is written by itself as it comes, so a page that goes away in
 * the middle of a run leaves all events until then.
 */
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
import { Connection, WHOLE_MS } from './connection.ts';
import type { Locks } from './leases.ts';
import { Leases } from './leases.ts';
import { readEvents, readLastEvents, removeRun, writeChange, writeEvent, writeWhole } from './run-tables.ts';

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
  readonly #connection: Connection;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#connection = new Connection(options.delay);
    this.#leases = new Leases({ ...options, within: (work) => this.#connection.do('kept', work) });
  }

  #tell(): void {
    this.#options.channel?.postMessage('runs');
  }

  runs(): Promise<readonly StoredRun[]> {
    return this.#connection.do('read', (database) => database.getAll('runs'));
  }

  run(id: string): Promise<StoredRun | null> {
    return this.#connection.do('read', async (database) => (await database.get('runs', id)) ?? null);
  }

  async saveWhole(whole: WholeRun): Promise<Written> {
    const written = await this.#connection.do(
      'kept',
      (database) => writeWhole(database, this.#leases, whole),
      WHOLE_MS,
    );
    this.#tell();
    return written;
  }

  async changeRun(id: string, change: RunChange): Promise<Written> {
    const written = await this.#connection.do('kept', (database) =>
      writeChange(database, this.#leases, id, change),
    );
    this.#tell();
    return written;
  }

  async deleteRun(id: string): Promise<Written> {
    const hold = this.#leases.holds(id) ? () => undefined : await this.#leases.take(id, () => undefined);
    if (hold === null) return 'elsewhere';
    try {
      return await this.#connection.do(
        'deleted',
        (database) => removeRun(database, this.#leases, id),
        WHOLE_MS,
      );
    } finally {
      hold();
      this.#tell();
    }
  }

  appendEvent(place: EventPlace, event: LastingEvent, adds: EventAdds): Promise<Written> {
    return this.#connection.do('kept', (database) => writeEvent(database, this.#leases, place, event, adds));
  }

  events(run: string): Promise<ReadonlyMap<string, readonly LastingEvent[]>> {
    return this.#connection.do('read', (database) => readEvents(database, run), WHOLE_MS);
  }

  lastEvents(run: string): Promise<ReadonlyMap<string, LastingEvent>> {
    return this.#connection.do('read', (database) => readLastEvents(database, run));
  }

  saveTask(kept: KeptTask): Promise<void> {
    return this.#connection.do('kept', async (database) => {
      await database.put('tasks', kept);
    });
  }

  task(key: string): Promise<KeptTask['task'] | null> {
    return this.#connection.do('read', async (database) => (await database.get('tasks', key))?.task ?? null);
  }

  async listedTasks(): Promise<readonly KeptTask[]> {
    const all = await this.#connection.do('read', (database) => database.getAll('tasks'));
    return all.filter(({ isListed }) => isListed);
  }

  unlistTask(key: string): Promise<void> {
    return this.#connection.do('deleted', async (database) => {
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
    return this.#connection.do('read', (database) => database.get('settings', name));
  }

  saveSetting(name: string, value: unknown): Promise<void> {
    return this.#connection.do('kept', async (database) => {
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
