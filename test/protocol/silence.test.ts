/** A worker that vanishes or falls silent while it is at work: no error event tells it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Delay } from '../../src/core/patience.ts';
import { serve } from '../../src/protocol/server.ts';
import type { Replacement } from '../../src/protocol/supervisor.ts';
import { Supervisor } from '../../src/protocol/supervisor.ts';
import type { Port } from '../../src/protocol/wire.ts';
import { FakeWorker, closePorts, pause, toyClient, toyEngine, toyHandlers } from './toy.ts';

afterEach(closePorts);

/** Time that passes when it is told to. */
class FakeTime {
  #now = 0;
  #waiting: { readonly at: number; readonly then: () => void }[] = [];
  readonly delay: Delay = (ms, then) => {
    const entry = { at: this.#now + ms, then };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  };
  /** In steps, so that messages arrive between them. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#now += 1000;
      for (const entry of this.#waiting.filter(({ at }) => at <= this.#now)) {
        if (!this.#waiting.includes(entry)) continue;
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        entry.then();
      }
      await pause();
    }
  }
}

/** Begins what it is asked for and never ends it; answers pings while `isAwake`. */
function sleeper(inside: Port, state: { isAwake: boolean }): void {
  inside.addEventListener('message', ({ data }) => {
    if (typeof data !== 'object' || data === null || !('kind' in data)) return;
    if (data.kind === 'hello') inside.postMessage({ kind: 'welcome', version: 'source' }, []);
    if (data.kind === 'request' && 'id' in data) inside.postMessage({ kind: 'accepted', id: data.id }, []);
    if (data.kind === 'ping' && state.isAwake) inside.postMessage({ kind: 'pong' }, []);
  });
}

/** The first worker is as given, the next ones are toys; each toy holds a lock named after its number. */
async function supervised(first: ((inside: Port) => void) | null) {
  const time = new FakeTime();
  const told: (number | null)[] = [];
  const replacements: Replacement[] = [];
  const watched = new Map<string, () => void>();
  let workers = 0;
  const supervisor = new Supervisor({
    ...{ delay: time.delay, replay: true },
    spawn: () =>
      new FakeWorker((inside) => {
        const life = `life ${workers++}`;
        if (first !== null && workers === 1) first(inside);
        else serve(inside, toyHandlers(toyEngine()), { pause, life: () => Promise.resolve(life) });
      }),
    onReplaced: (replacement) => replacements.push(replacement),
    onGaveUp: ({ message }) => {
      throw new Error(message);
    },
    onSilence: (seconds) => told.push(seconds),
    whenGone: (life, then) => {
      watched.set(life, then);
      return () => watched.delete(life);
    },
  });
  await supervisor.start();
  const client = toyClient(supervisor.channel);
  /** A request that never ends; the error that it fails with. */
  const asked = () =>
    client
      .countTo(Infinity)
      .next()
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
  return { time, told, replacements, watched, supervisor, client, asked };
}

describe('a worker that the browser ends while it is at work', () => {
  it('is known by the lock that it held: what was asked of it fails, and another takes its place', async () => {
    const { watched, client, replacements } = await supervised(null);
    expect([...watched.keys()]).toEqual(['life 0']);
    await client.load({ name: 'tiny' });
    const gone = watched.get('life 0');
    const pending = client.load({ name: 'next' }).catch((thrown: unknown) => thrown);
    gone?.();
    expect(await pending).toMatchObject({
      ...{ code: 'worker-died', what: 'The browser ended the worker, for want of memory perhaps.' },
    });
    await expect.poll(() => replacements).toMatchObject([{ hasReplayed: true }]);
    expect(await client.current()).toBe('tiny');
    // The lock of the one that is gone is watched no more, and says nothing of its successor.
    expect([...watched.keys()]).toEqual(['life 1']);
    gone?.();
    expect(await client.current()).toBe('tiny');
    expect(replacements).toHaveLength(1);
  });
});

describe('a worker that gives no sign while it is at work', () => {
  it('is told after a while and counted, and no more as soon as it gives one', async () => {
    const state = { isAwake: true };
    const { time, told, asked, replacements } = await supervised((inside) => {
      sleeper(inside, state);
    });
    void asked();
    await pause();
    await time.pass(120);
    expect(told).toEqual([]);
    state.isAwake = false; // A step of a large model blocks its thread.
    await time.pass(45);
    expect(told).toEqual([30, 35, 40]);
    state.isAwake = true;
    await time.pass(60);
    // The tick at 45 s asked for the sign that came.
    expect(told.slice(3)).toEqual([45, null]);
    expect(replacements).toEqual([]);
  });

  it('is replaced at a generous limit, and what it was asked for fails', async () => {
    const { time, told, asked, replacements } = await supervised((inside) => {
      sleeper(inside, { isAwake: false });
    });
    const pending = asked();
    await pause();
    await time.pass(14 * 60);
    expect(replacements).toEqual([]);
    await time.pass(2 * 60);
    expect(await pending).toMatchObject({ code: 'worker-died', what: 'The worker gave no sign for 900 s.' });
    expect(replacements).toHaveLength(1);
    expect(told.at(-1)).toBeNull();
  });

  it('is replaced when the person asks, and the silence is over', async () => {
    const { time, told, asked, supervisor, client } = await supervised((inside) => {
      sleeper(inside, { isAwake: false });
    });
    const pending = asked();
    await pause();
    await time.pass(60);
    supervisor.restart('It gave no sign, and was replaced when asked.');
    expect(await pending).toMatchObject({ code: 'worker-died' });
    expect(told.at(-1)).toBeNull();
    const count = told.length;
    expect(await client.current()).toBe('');
    await time.pass(60);
    expect(told).toHaveLength(count);
  });

  it('is not waited for while nothing is asked of it', async () => {
    const { time, told, replacements } = await supervised((inside) => {
      sleeper(inside, { isAwake: false });
    });
    await time.pass(20 * 60);
    expect([told, replacements]).toEqual([[], []]);
  });
});
