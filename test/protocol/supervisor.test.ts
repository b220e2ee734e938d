import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { serve } from '../../src/protocol/server.ts';
import type { ServerHandle } from '../../src/protocol/server.ts';
import type { Replacement, SupervisorOptions } from '../../src/protocol/supervisor.ts';
import { Supervisor } from '../../src/protocol/supervisor.ts';
import type { Port } from '../../src/protocol/wire.ts';
import type { Toy } from './toy.ts';
import { FakeWorker, closePorts, pause, realDelay, toyClient, toyEngine, toyHandlers } from './toy.ts';

afterEach(closePorts);

interface Spawned {
  readonly worker: FakeWorker;
  readonly server: ServerHandle | null;
}

/** A supervisor over toy workers; `engines[i]` is the i-th worker's engine, null: a worker that never speaks. */
function supervised(
  engines: (i: number) => Toy | null = () => toyEngine(),
  options: Partial<SupervisorOptions> = {},
) {
  const spawned: Spawned[] = [];
  const replacements: Replacement[] = [];
  const gaveUp: LabError[] = [];
  let tell: () => void = () => undefined;
  const supervisor = new Supervisor({
    delay: realDelay,
    replay: true,
    handshakeMs: 50,
    spawn: () => {
      let server: ServerHandle | null = null;
      const worker = new FakeWorker((inside: Port) => {
        const engine = engines(spawned.length);
        if (engine !== null) server = serve(inside, toyHandlers(engine), { pause });
      });
      spawned.push({ worker, server });
      return worker;
    },
    onReplaced: (replacement) => {
      replacements.push(replacement);
      tell();
    },
    onGaveUp: (reason) => {
      gaveUp.push(reason);
      tell();
    },
    ...options,
  });
  const settled = () => new Promise<void>((resolve) => (tell = resolve));
  const last = () => {
    const item = spawned.at(-1);
    if (item === undefined) throw new Error('no worker was started');
    return item;
  };
  return { supervisor, client: toyClient(supervisor.channel), spawned, replacements, gaveUp, settled, last };
}

const fault = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (e: unknown) => e,
  );
const forever = (): Toy => ({ ...toyEngine(), countTo: hang });
async function* hang(): AsyncGenerator<number, string, void> {
  await new Promise<void>(() => undefined);
  yield 1;
  return '';
}

describe('a supervised worker', () => {
  it('that dies rejects what was pending, is terminated and replaced, and the page is told', async () => {
    const { supervisor, client, replacements, settled, spawned, last } = supervised(forever);
    await supervisor.start();
    const pending = fault(client.countTo(5).next());
    await pause();
    const told = settled();
    last().worker.crash('Uncaught RuntimeError: unreachable');
    expect(await pending).toMatchObject({ code: 'worker-died' });
    await told;
    expect(spawned.map(({ worker }) => worker.isTerminated)).toEqual([true, false]);
    expect(replacements).toHaveLength(1);
    expect(replacements[0]?.reason.message).toContain('unreachable');
    expect(replacements[0]?.hasReplayed).toBe(false);
  });

  it('comes back with the last model loaded, before requests that waited', async () => {
    const { supervisor, client, replacements, settled, last } = supervised();
    await supervisor.start();
    await client.load({ name: 'first' });
    await client.load({ name: 'second' });
    const told = settled();
    last().worker.crash('gone');
    const waited = client.load({ name: 'third' });
    await told;
    expect(replacements[0]?.hasReplayed).toBe(true);
    expect(await waited).toBe('third');
  });

  it('is brought back to its model so that the caller may go on', async () => {
    const { supervisor, client, settled, last } = supervised();
    await supervisor.start();
    await client.load({ name: 'tiny' });
    const told = settled();
    last().worker.crash('gone');
    await told;
    expect(await client.current()).toBe('tiny');
  });

  it('does not load what was unloaded', async () => {
    const { supervisor, client, replacements, settled, last } = supervised();
    await supervisor.start();
    await client.load({ name: 'tiny' });
    await client.unload();
    const told = settled();
    last().worker.crash('gone');
    await told;
    expect(replacements[0]?.hasReplayed).toBe(false);
    expect(await client.current()).toBe('');
  });

  it('that reports its device lost is replaced, and the reason says so', async () => {
    const { supervisor, client, replacements, settled, last } = supervised(forever);
    await supervisor.start();
    const pending = fault(client.countTo(5).next());
    await pause();
    const told = settled();
    last().server?.broken(new LabError('device-lost', 'The GPU device "Apple M2" was lost.'));
    expect(await pending).toMatchObject({ code: 'device-lost' });
    await told;
    expect(replacements[0]?.reason.code).toBe('device-lost');
  });

  it('that accepts no request while idle counts as dead', async () => {
    const deaf = (i: number): Toy | null => (i === 0 ? null : toyEngine());
    const { supervisor, client, settled, last, replacements } = supervised(deaf, { acceptMs: 20 });
    const start = supervisor.start();
    last().worker.inside.postMessage({ kind: 'welcome', version: 'source' });
    await start;
    const told = settled();
    expect(await fault(client.current())).toMatchObject({ code: 'worker-died' });
    await told;
    expect(replacements).toHaveLength(1);
    expect(await client.current()).toBe('');
  });

  it('that is merely busy does not', async () => {
    const { supervisor, client, replacements } = supervised(forever, { acceptMs: 10 });
    await supervisor.start();
    const abort = new AbortController();
    const pending = fault(client.countTo(5, { signal: abort.signal }).next());
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(replacements).toHaveLength(0);
    supervisor.stop();
    expect(await pending).toMatchObject({ code: 'cancelled' });
  });

  it('whose model kills it is replaced without the model', async () => {
    const spawn: { crash: (() => void) | null } = { crash: null };
    const engines = (i: number): Toy => ({
      ...toyEngine(),
      load: ({ name }) => {
        if (i === 1) spawn.crash?.();
        return Promise.resolve(name);
      },
    });
    const { supervisor, client, replacements, gaveUp, settled, last, spawned } = supervised(engines);
    await supervisor.start();
    await client.load({ name: 'poison' });
    spawn.crash = () => {
      last().worker.crash('out of memory while loading');
    };
    const told = settled();
    last().worker.crash('gone');
    await told;
    expect(gaveUp).toHaveLength(0);
    expect(spawned).toHaveLength(3);
    expect(replacements[0]?.hasReplayed).toBe(false);
    expect(await client.current()).toBe('');
  });

  it('that never comes up again is given up on: pending and later requests fail', async () => {
    const { supervisor, client, gaveUp, settled, last } = supervised((i) => (i === 0 ? toyEngine() : null));
    await supervisor.start();
    const told = settled();
    last().worker.crash('gone');
    const waiting = fault(client.load({ name: 'a' }));
    await told;
    expect(gaveUp).toHaveLength(1);
    expect(await waiting).toMatchObject({ code: 'worker-died' });
    expect(await fault(client.load({ name: 'b' }))).toMatchObject({ code: 'worker-died' });
  });

  it('that does not come up at the start fails what is asked of it, until it is renewed', async () => {
    const { supervisor, client, spawned } = supervised((i) => (i === 0 ? null : toyEngine()));
    expect(await fault(supervisor.start())).toMatchObject({ code: 'worker-died' });
    expect(await fault(client.load({ name: 'a' }))).toMatchObject({ code: 'worker-died' });
    supervisor.renew(new LabError('start-stalled', 'The worker did not begin.'));
    expect(await client.load({ name: 'b' })).toBe('b');
    expect(spawned).toHaveLength(2);
  });

  it('that hangs is renewed with nothing loaded: what it was asked fails with the reason', async () => {
    const hung = (i: number): Toy => ({
      ...toyEngine(),
      countTo: i === 0 ? hang : toyEngine().countTo,
    });
    const { supervisor, client, replacements, settled, last } = supervised(hung);
    await supervisor.start();
    await client.load({ name: 'tiny' });
    const pending = fault(client.countTo(5).next());
    await pause();
    const told = settled();
    const why = new LabError('start-stalled', 'Threads did not start.');
    const { worker } = last();
    supervisor.renew(why);
    expect(await pending).toBe(why);
    await told;
    expect(worker.isTerminated).toBe(true);
    expect(replacements).toEqual([{ reason: why, hasReplayed: false }]);
    expect(await client.current()).toBe('');
  });

  it('can be restarted on purpose to free its memory', async () => {
    const { supervisor, client, settled, spawned } = supervised();
    await supervisor.start();
    await client.load({ name: 'tiny' });
    const told = settled();
    supervisor.restart('Memory is freed by a new worker.');
    await told;
    expect(spawned).toHaveLength(2);
    expect(await client.current()).toBe('tiny');
  });
});
