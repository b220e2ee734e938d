import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { Channel } from '../../src/protocol/channel.ts';
import { serve } from '../../src/protocol/server.ts';
import type { Port, PortEvent } from '../../src/protocol/wire.ts';
import {
  closePorts,
  connected,
  newRecord,
  pause,
  ports,
  realDelay,
  toyClient,
  toyEngine,
  toyHandlers,
} from './toy.ts';

afterEach(closePorts);

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof LabError ? error.code : 'not a LabError'),
  );

describe('a call', () => {
  it('reports progress in order and then answers', async () => {
    const { client } = await connected();
    const events: number[] = [];
    expect(await client.load({ name: 'tiny' }, { onEvent: (e) => events.push(e) })).toBe('tiny');
    expect(events).toEqual([1, 2, 3]);
  });

  it('brings a typed error across with code, what and remedy', async () => {
    const { client } = await connected();
    const error: unknown = await client.load({ name: 'broken' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({
      code: 'model-integrity',
      what: 'model.safetensors ends early.',
      remedy: new LabError('model-integrity', '').remedy,
    });
  });

  it('leaves the worker able to answer after a failure', async () => {
    const { client } = await connected();
    await codeOf(client.load({ name: 'broken' }));
    expect(await client.load({ name: 'tiny' })).toBe('tiny');
  });

  it('moves its buffers: the sender holds them no more, on either side', async () => {
    const { client, record } = await connected();
    const values = Float32Array.of(1, 2, 3);
    const result = await client.doubled(values);
    expect([...result]).toEqual([2, 4, 6]);
    expect(values.byteLength).toBe(0);
    expect(record.lastDoubled?.byteLength).toBe(0);
  });

  it('refuses what cannot be sent, by name, and goes on', async () => {
    const { client } = await connected();
    const uncloneable = {
      get name(): string {
        throw new Error('no name to read');
      },
    };
    expect(await codeOf(client.load(uncloneable))).toBe('invalid-request');
    expect(await client.current()).toBe('');
  });

  it('waits its turn behind another, while a concurrent one is answered at once', async () => {
    const { client } = await connected();
    const order: string[] = [];
    const first = client.load({ name: 'a' }).then(() => order.push('load a'));
    const second = client.load({ name: 'b' }).then(() => order.push('load b'));
    const beside = client.current().then(() => order.push('current'));
    await Promise.all([first, second, beside]);
    expect(order).toEqual(['current', 'load a', 'load b']);
    expect(await client.current()).toBe('b');
  });
});

describe('a stream', () => {
  it('is an async generator: events by for-await, the result from its end', async () => {
    const { client } = await connected();
    const stream = client.countTo(3);
    const seen: number[] = [];
    let next = await stream.next();
    for (; next.done !== true; next = await stream.next()) seen.push(next.value);
    expect(seen).toEqual([1, 2, 3]);
    expect(next.value).toBe('done');
  });

  it('is cancelled by leaving its loop, and the engine has then closed', async () => {
    const { client, record } = await connected();
    for await (const n of client.countTo(1_000_000)) if (n === 5) break;
    expect(record.isCounterClosed).toBe(true);
    expect(record.counted).toBeLessThan(200);
    expect(await client.current()).toBe('');
  });

  it('ends with cancelled when its signal is raised, within the messages already on their way', async () => {
    const { client, record } = await connected();
    const abort = new AbortController();
    let atAbort = 0;
    const run = (async () => {
      for await (const n of client.countTo(1_000_000, { signal: abort.signal })) {
        if (n === 10) {
          abort.abort();
          atAbort = record.counted;
        }
      }
    })();
    expect(await codeOf(run)).toBe('cancelled');
    expect(record.counted - atAbort).toBeLessThanOrEqual(2);
    expect(record.isCounterClosed).toBe(true);
  });

  it('gives the same to callers as the engine itself', async () => {
    const { client } = await connected();
    const drain = async (toy: Pick<typeof client, 'countTo'>) => {
      const seen: number[] = [];
      for await (const n of toy.countTo(4)) seen.push(n);
      return seen;
    };
    expect(await drain(client)).toEqual(await drain(toyEngine()));
  });

  it('asks nothing of the worker before it is first read', async () => {
    const { client, record } = await connected();
    client.countTo(3);
    await pause();
    await pause();
    expect(record.counted).toBe(0);
  });
});

describe('cancelling', () => {
  it('takes a request that waits out of the queue', async () => {
    const { client, record } = await connected();
    const abort = new AbortController();
    const running = client.load({ name: 'a' });
    const waiting = (async () => {
      await client.countTo(5, { signal: abort.signal }).next();
    })();
    abort.abort();
    expect(await codeOf(waiting)).toBe('cancelled');
    await running;
    expect(record.counted).toBe(0);
  });

  it('does not begin under a signal that is already raised', async () => {
    const { client } = await connected();
    expect(await codeOf(client.load({ name: 'a' }, { signal: AbortSignal.abort() }))).toBe('cancelled');
    expect(await client.current()).toBe('');
  });

  it('stops a call where the engine looks at the signal', async () => {
    const { client } = await connected();
    const abort = new AbortController();
    const loading = client.load(
      { name: 'a' },
      {
        signal: abort.signal,
        onEvent: () => {
          abort.abort();
        },
      },
    );
    expect(await codeOf(loading)).toBe('cancelled');
    expect(await client.current()).toBe('');
  });

  it('ends a worker that does not stop in time', async () => {
    const { page, worker } = ports();
    serve(worker, toyHandlers({ ...toyEngine(), load: () => new Promise<string>(() => undefined) }), {
      pause,
    });
    const deaths: LabError[] = [];
    const channel = new Channel({ delay: realDelay, onDeath: (r) => deaths.push(r), cancelGraceMs: 20 });
    await channel.attach(page, { replay: false });
    const abort = new AbortController();
    const loading = toyClient(channel).load({ name: 'a' }, { signal: abort.signal });
    abort.abort();
    expect(await codeOf(loading)).toBe('worker-died');
    expect(deaths).toHaveLength(1);
  });
});

describe('the handshake', () => {
  it('refuses a worker of another version, naming both', async () => {
    const { page, worker } = ports();
    serve(worker, toyHandlers(toyEngine()), { pause, version: 'old' });
    const channel = new Channel({ delay: realDelay, onDeath: () => undefined, version: 'new' });
    const error: unknown = await channel.attach(page, { replay: false }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'protocol-mismatch' });
    expect(String(error)).toMatch(/"new".*"old"/);
  });

  it('gives up on a worker that says nothing', async () => {
    const { page } = ports();
    const channel = new Channel({ delay: realDelay, onDeath: () => undefined, handshakeMs: 20 });
    expect(await codeOf(channel.attach(page, { replay: false }))).toBe('worker-died');
  });

  it('holds requests back until it is done', async () => {
    const { page, worker } = ports();
    const channel = new Channel({ delay: realDelay, onDeath: () => undefined });
    const early = toyClient(channel).load({ name: 'early' });
    void channel.attach(page, { replay: false });
    serve(worker, toyHandlers(toyEngine()), { pause });
    expect(await early).toBe('early');
  });
});

describe('a poisoned message', () => {
  it.each([
    ['no object', 7],
    ['null', null],
    ['an unknown kind', { kind: 'explode', id: 900 }],
    ['a request without a method', { kind: 'request', id: 901, params: null }],
    ['a request with a stray field', { kind: 'request', id: 902, method: 'load', params: 1, admin: true }],
  ])('to the worker, %s, is refused and the next request served', async (_name, poison) => {
    const { client, page } = await connected();
    page.postMessage(poison);
    expect(await client.load({ name: 'after' })).toBe('after');
  });

  it('of an unknown method gets an error that names it', async () => {
    const { page } = await connected();
    const answer = new Promise<unknown>((resolve) => {
      page.addEventListener('message', ({ data }: PortEvent) => {
        resolve(data);
      });
    });
    page.postMessage({ kind: 'request', id: 903, method: 'format', params: null });
    expect(await answer).toMatchObject({ kind: 'error', id: 903, error: { code: 'protocol-mismatch' } });
    expect(JSON.stringify(await answer)).toContain('format');
  });

  it('with params of the wrong shape names the field, what was expected and found', async () => {
    const { page } = await connected();
    const answer = new Promise<unknown>((resolve) => {
      page.addEventListener('message', ({ data }: PortEvent) => {
        if (JSON.stringify(data).includes('error')) resolve(data);
      });
    });
    page.postMessage({ kind: 'request', id: 904, method: 'load', params: { name: 3 } });
    const error = JSON.stringify(await answer);
    expect(error).toContain('invalid-request');
    expect(error).toContain('name: expected text, found 3');
  });

  it('to the page, of a known request, fails that request and no other', async () => {
    const { page, worker } = ports();
    const channel = new Channel({ delay: realDelay, onDeath: () => undefined });
    const client = toyClient(channel);
    const reply = (frame: unknown) => {
      worker.postMessage(frame);
    };
    worker.addEventListener('message', ({ data }: PortEvent) => {
      const said = JSON.stringify(data);
      if (said.includes('hello')) reply({ kind: 'welcome', version: 'source' });
      else if (said.includes('"load"')) reply({ kind: 'result', id: 1, result: { not: 'text' } });
      else if (said.includes('"current"')) reply({ kind: 'result', id: 2, result: 'fine' });
    });
    await channel.attach(page, { replay: false });
    const [loading, current] = [codeOf(client.load({ name: 'a' })), client.current()];
    expect(await loading).toBe('protocol-mismatch');
    expect(await current).toBe('fine');
  });

  it('never stops a server, whatever it is', async () => {
    const inbox = new Set<(event: PortEvent) => void>();
    const sent: unknown[] = [];
    const port: Port = {
      postMessage: (frame) => {
        sent.push(structuredClone(frame));
      },
      addEventListener: (type, listener) => {
        if (type === 'message') inbox.add(listener);
      },
      removeEventListener: (_type, listener) => {
        inbox.delete(listener);
      },
    };
    serve(port, toyHandlers(toyEngine(newRecord())), { pause });
    const isAnswer = (frame: unknown) =>
      JSON.stringify(frame).includes('"kind":"result"') && JSON.stringify(frame).includes('"id":99999');
    const frame = fc.oneof(
      fc.anything(),
      fc.record({ kind: fc.constantFrom('hello', 'request', 'cancel', 'x'), id: fc.anything() }),
      fc.record({
        kind: fc.constant('request'),
        id: fc.nat(50),
        method: fc.constantFrom('load', 'countTo', 'doubled', '__proto__', 'constructor'),
        params: fc.anything(),
      }),
    );
    fc.assert(
      fc.property(frame, (data) => {
        for (const listener of inbox) listener({ data });
      }),
      { numRuns: 500 },
    );
    for (let i = 0; i < 20; i++) await pause();
    for (const listener of inbox)
      listener({ data: { kind: 'request', id: 99_999, method: 'current', params: undefined } });
    // Among the frames, not the last: one of the random requests may be a right one and still be counting.
    for (let i = 0; i < 1000 && !sent.some(isAnswer); i++) await pause();
    expect(sent.filter(isAnswer)).toHaveLength(1);
  });
});
