/** @file Windows of one browser: each with a vault of its own over one fake IndexedDB, one clock, locks or none. */
import type { Delay } from '../../src/core/patience.ts';
import type { Channel } from '../../src/storage/browser-vault.ts';
import { BrowserVault } from '../../src/storage/browser-vault.ts';
import type { Locks } from '../../src/storage/leases.ts';

/** The wall clock that all windows share, and the timers of each, which sleep with it. */
export class FakeClock {
  /** Milliseconds since 1970. */
  wall = 1_000_000_000;
  #passed = 0;
  #waiting: { readonly at: number; readonly then: () => void; readonly owner: string }[] = [];
  readonly asleep = new Set<string>();

  delayOf(owner: string): Delay {
    return (ms, then) => {
      const entry = { at: this.#passed + ms, then, owner };
      this.#waiting.push(entry);
      return () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
      };
    };
  }

  /** In steps, so that what a timer begins is done before the next. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.wall += 1000;
      this.#passed += 1000;
      for (const entry of this.#waiting.filter(
        ({ at, owner }) => at <= this.#passed && !this.asleep.has(owner),
      )) {
        if (!this.#waiting.includes(entry)) continue;
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        entry.then();
        await settled();
      }
    }
  }
}

/** fake-indexeddb answers in turns of the event loop; a transaction takes a few. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Web Locks of all windows; `end` frees what a window holds, as the browser does when it goes. */
export class FakeLocks {
  readonly #held = new Map<string, { readonly owner: string; readonly free: () => void }>();

  of(owner: string): Locks {
    const request: Locks['request'] = async (name, _options, work) => {
      await Promise.resolve();
      if (this.#held.has(name)) return work(null);
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      this.#held.set(name, { owner, free: end });
      try {
        return await Promise.race([work({ name }), ended]);
      } finally {
        this.#held.delete(name);
      }
    };
    const query = () => Promise.resolve({ held: [...this.#held.keys()].map((name) => ({ name })) });
    return { request, query };
  }

  end(owner: string): void {
    for (const held of this.#held.values()) if (held.owner === owner) held.free();
  }
}

/** Tells all other windows, in a later turn. */
class FakeChannels {
  readonly #all: { readonly owner: string; readonly listeners: (() => void)[] }[] = [];

  of(owner: string): Channel {
    const own = { owner, listeners: new Array<() => void>() };
    this.#all.push(own);
    return {
      postMessage: () => {
        for (const { owner: name, listeners } of this.#all)
          if (name !== owner) for (const listener of listeners) setTimeout(listener, 0);
      },
      addEventListener: (_type, listener) => {
        own.listeners.push(listener);
      },
    };
  }
}

export interface Windows {
  readonly clock: FakeClock;
  readonly locks: FakeLocks | null;
  /** A window's vault. */
  readonly open: (owner: string) => BrowserVault;
}

/** Locks that may not be asked for, as on an opaque origin. */
const refuse = () => Promise.reject(new DOMException('denied', 'SecurityError'));
const REFUSED: Locks = { request: refuse, query: refuse };

export function windows(how: 'locks' | 'no locks' | 'refused'): Windows {
  const clock = new FakeClock();
  const locks = how === 'locks' ? new FakeLocks() : null;
  const channels = new FakeChannels();
  const open = (owner: string) =>
    new BrowserVault({
      ...{ owner, now: () => clock.wall, delay: clock.delayOf(owner) },
      ...{ locks: how === 'refused' ? REFUSED : (locks?.of(owner) ?? null), channel: channels.of(owner) },
    });
  return { clock, locks, open };
}
