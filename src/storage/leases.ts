/**
 * @file Who computes a run: one window at a time. Web Locks say it exactly, for the browser frees them when a page goes,
 * however it goes. Where there are none (insecure origins, old browsers) a record in the database says it: its owner renews
 * it while it lives, and another window takes it only when it has run out. Every write of a run looks at that record in its
 * own transaction, so that a window which slept while another took over writes nothing more.
 */
import type { IDBPObjectStore } from 'idb';
import type { Clock } from '../store/clock.ts';
import { is } from '../core/shape.ts';
import type { Database, Lease, Tables } from './database.ts';
import { lease } from './database.ts';

/** Between two renewals, milliseconds. Hidden pages may be held up to a minute. */
const BEAT_MS = 10_000;
/** How long a lease lasts that is not renewed. */
const LEASE_MS = 90_000;

const nameOf = (run: string): string => `run/${run}`;

/** The part of the browser's LockManager that is used here. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    work: (lock: object | null) => Promise<void> | undefined,
  ): Promise<unknown>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

export interface LeaseOptions {
  /** A name of this window that no other has. */
  readonly owner: string;
  /** Milliseconds since 1970: the one clock that windows share. */
  readonly now: () => number;
  readonly delay: Clock['delay'];
  /** null where the browser has none. */
  readonly locks: Locks | null;
  /** Opens the database, and says what a failure means. */
  readonly within: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
}

type Store<Mode extends IDBTransactionMode> = Pick<IDBPObjectStore<Tables, never, 'leases', Mode>, 'get'>;

interface Held {
  /** Ends what the hold stands on. */
  readonly release: () => void;
  /** Of the record in the database, when it was last renewed; null where a Web Lock stands for it. */
  until: number | null;
}

export class Leases {
  readonly #options: LeaseOptions;
  readonly #held = new Map<string, Held>();
  /** Taken over by other windows. */
  readonly #lost = new Set<string>();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  holds(run: string): boolean {
    return this.#held.has(run);
  }

  async take(run: string, onLost: () => void): Promise<(() => void) | null> {
    const held = await this.#ask(run, onLost);
    if (held === null) return null;
    this.#held.set(run, held);
    this.#lost.delete(run);
    return () => {
      if (this.#held.get(run) !== held) return;
      this.#held.delete(run);
      held.release();
    };
  }

  async elsewhere(): Promise<ReadonlySet<string>> {
    const { locks, within } = this.#options;
    const { held = [] } = (await locks?.query().catch(() => null)) ?? {};
    const locked = held.flatMap(({ name }) => (name?.startsWith('run/') === true ? [name.slice(4)] : []));
    const leases = await within((database) => database.getAll('leases'));
    const leased = leases.filter((kept) => this.#isOthers(kept)).map(({ run }) => run);
    return new Set([...locked, ...leased].filter((run) => !this.#held.has(run)));
  }

  /** Within a transaction that is about to write: another window's record stands. */
  async isTaken(leases: Store<IDBTransactionMode>, run: string): Promise<boolean> {
    const kept = await leases.get(run);
    if (kept === undefined || kept.owner === this.#options.owner) return false;
    // Whoever was overtaken writes nothing more, even when the window that overtook it has ended.
    return this.#lost.has(run) || this.#held.has(run) || this.#isOthers(kept);
  }

  /** The page goes away: what it holds is free at once. There is no time to look first whether it still holds it. */
  leave(): void {
    const { owner, now, within } = this.#options;
    for (const [run, { until }] of this.#held) {
      if (until === null || until < now()) continue;
      const end = within(async (database) => {
        const change = database.transaction('leases', 'readwrite');
        const put = change.store.put({ run, owner, until: 0 });
        // Nobody will be here to see the write succeed, and without that the browser takes it back.
        change.commit();
        await Promise.all([put, change.done]);
      });
      end.catch(() => undefined);
    }
  }

  /** One that ends later than any could was written before the clock was set back: its owner renews it, if it lives. What
   * the disk gives back and is no lease holds nothing. */
  #isOthers(kept: Lease): boolean {
    if (!is(lease, kept)) return false;
    const left = kept.until - this.#options.now();
    return kept.owner !== this.#options.owner && left > 0 && left <= LEASE_MS;
  }

  async #ask(run: string, onLost: () => void): Promise<Held | null> {
    const { locks } = this.#options;
    if (locks === null) return this.#askRecord(run, onLost);
    let lock: (() => void) | null;
    try {
      lock = await this.#askLock(locks, run);
    } catch {
      return this.#askRecord(run, onLost); // Locks that may not be asked for are none.
    }
    return lock === null ? null : { release: lock, until: null };
  }

  #askLock(locks: Locks, run: string): Promise<(() => void) | null> {
    return new Promise((resolve, reject) => {
      locks
        .request(nameOf(run), { ifAvailable: true }, (lock) => {
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

  async #askRecord(run: string, onLost: () => void): Promise<Held | null> {
    // Without a database there is nothing that two windows could spoil for each other; it is asked again at every beat.
    if (!(await this.#claim(run, false).catch(() => true))) return null;
    const { delay, now } = this.#options;
    let isOver = false;
    const beat = async (): Promise<void> => {
      const until = now() + LEASE_MS;
      const isOwn = await this.#claim(run, true).catch(() => null);
      if (isOver) return;
      if (isOwn === false) {
        if (this.#held.get(run) === held) this.#held.delete(run);
        this.#lost.add(run);
        onLost();
        return;
      }
      if (isOwn === true) held.until = until;
      stopBeat = delay(BEAT_MS, () => void beat());
    };
    let stopBeat = delay(BEAT_MS, () => void beat());
    const held: Held = {
      until: now() + LEASE_MS,
      release: () => {
        isOver = true;
        stopBeat();
        this.#letGo(run).catch(() => undefined);
      },
    };
    return held;
  }

  /** Writes the record unless another window's stands; one transaction, so of two windows one gets it. */
  #claim(run: string, isRenewal: boolean): Promise<boolean> {
    const { owner, now, within } = this.#options;
    return within(async (database) => {
      const change = database.transaction('leases', 'readwrite');
      const kept = await change.store.get(run);
      const isOwn = kept === undefined || kept.owner === owner;
      const isFree = isOwn || (!isRenewal && !this.#isOthers(kept));
      if (isFree) await change.store.put({ run, owner, until: now() + LEASE_MS });
      await change.done;
      return isFree;
    });
  }

  /** The record stays with its owner's name: a window that was overtaken is to find it. */
  #letGo(run: string): Promise<void> {
    const { owner, within } = this.#options;
    return within(async (database) => {
      const change = database.transaction('leases', 'readwrite');
      const kept = await change.store.get(run);
      if (kept?.owner === owner) await change.store.put({ run, owner, until: 0 });
      await change.done;
    });
  }
}
