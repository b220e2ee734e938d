/** @file Adapters by their hash: sent to a worker that does not know them, once, and never a state of it. */
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { labPorts } from '../../src/lab/ports.ts';
import { adapterBytes, adapterHash } from '../../src/lora/hash.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { adapter as adapterShape } from '../../src/lora/config.ts';
import { Channel } from '../../src/protocol/channel.ts';
import type { InferenceService } from '../../src/protocol/inference.ts';
import { inferenceMethods } from '../../src/protocol/inference.ts';
import { KeptAdapters } from '../../src/protocol/kept-adapters.ts';
import type { Service } from '../../src/protocol/method.ts';
import { Call, Stream, clientOf, handlersOf, methods } from '../../src/protocol/method.ts';
import { serve } from '../../src/protocol/server.ts';
import { count, exactly, never, nothing, nullable, object, text } from '../../src/core/shape.ts';
import { Supervisor } from '../../src/protocol/supervisor.ts';
import type { PortEvent } from '../../src/protocol/wire.ts';
import { FACTS, fakeServices } from '../unit/lab-fakes.ts';
import { FakeWorker, closePorts, pause, ports, realDelay } from './toy.ts';

afterEach(closePorts);

const LORA = { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' } as const;
const adapterOf = (value: number, size = 4): Adapter => ({
  config: LORA,
  pairs: new Map([['q', { a: new Float32Array(size).fill(value), b: new Float32Array(size) }]]),
});

const asking = object({ adapter: nullable(adapterShape) });
const contract = methods({
  /** The first number of the adapter, as text. */
  ask: new Call('ask', { params: asking, event: never, result: text, adapterIn: 'adapter' }),
  wait: new Call('wait', { params: nothing, event: never, result: nothing }),
  count: new Stream('count', {
    ...{ params: asking, event: text, result: exactly('done'), adapterIn: 'adapter' },
  }),
  size: new Call('size', { params: nothing, event: never, result: count, isConcurrent: true }),
});
type Toy = Service<typeof contract>;
const nameOf = (adapter: Adapter | null) => String(adapter?.pairs.get('q')?.a[0] ?? 'base');

function engineOf(order: string[], gate: Promise<void> = Promise.resolve()): Toy {
  return {
    ask: ({ adapter }) => {
      order.push(nameOf(adapter));
      return Promise.resolve(nameOf(adapter));
    },
    wait: () => gate,
    async *count({ adapter }) {
      for (let i = 0; i < 3; i++) {
        await Promise.resolve();
        yield nameOf(adapter);
      }
      return 'done';
    },
    size: () => Promise.resolve(order.length),
  };
}

/** A worker that keeps adapters of so many bytes; what it was sent is counted. */
async function connected(mostBytes?: number, gate?: Promise<void>) {
  const { page, worker } = ports();
  const sent: string[] = [];
  worker.addEventListener('message', ({ data }: PortEvent) => {
    if (typeof data === 'object' && data !== null && 'hash' in data) sent.push(String(data.hash));
  });
  const order: string[] = [];
  const adapters = new KeptAdapters(mostBytes);
  serve(worker, handlersOf(contract, engineOf(order, gate)), { pause, adapters });
  const channel = new Channel({ delay: realDelay, onDeath: () => undefined });
  await channel.attach(page, { replay: false });
  return { client: clientOf(contract, channel), sent, order, page };
}

describe('the hash of an adapter', () => {
  it('is that of its content, and another one where anything that is computed with differs', () => {
    const one = adapterOf(1);
    const pair = one.pairs.get('q') ?? { a: new Float32Array(4), b: new Float32Array(4) };
    expect(adapterHash(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(adapterHash(structuredClone(one))).toBe(adapterHash(one));
    const others: Adapter[] = [
      adapterOf(1.0000001),
      adapterOf(1, 5),
      { ...one, pairs: new Map([['k', pair]]) },
      { ...one, pairs: new Map([['q', { a: pair.b, b: pair.a }]]) },
      { ...one, baseSha256: '0'.repeat(64) },
      ...(['r', 'loraAlpha', 'loraDropout'] as const).map((name) => ({
        ...one,
        config: { ...LORA, [name]: 0.5 },
      })),
      { ...one, config: { ...LORA, useRslora: true } },
      { ...one, config: { ...LORA, targetModules: ['q'] } },
    ];
    expect(new Set([one, ...others].map(adapterHash)).size).toBe(others.length + 1);
  });

  it('does not depend on the order in which the modules stand, nor on where the numbers lie in a buffer', () => {
    const [[, pair] = ['', { a: new Float32Array(1), b: new Float32Array(1) }]] = adapterOf(2).pairs;
    const inside = new Float32Array(10).fill(2).subarray(3, 7);
    const there = new Map([
      ['q', pair],
      ['k', pair],
    ]);
    const back = new Map([
      ['k', pair],
      ['q', { ...pair, a: inside }],
    ]);
    expect(adapterHash({ config: LORA, pairs: back })).toBe(adapterHash({ config: LORA, pairs: there }));
  });
});

describe('a worker that does not know an adapter', () => {
  it('is sent it once, however often and however soon it is named again', async () => {
    const { client, sent } = await connected();
    const [a, b] = [adapterOf(1), adapterOf(2)];
    const answers = await Promise.all(
      [a, b, a, null, structuredClone(a)].map((adapter) => client.ask({ adapter })),
    );
    expect(answers).toEqual(['1', '2', '1', 'base', '1']);
    expect(await client.ask({ adapter: a })).toBe('1');
    expect(sent).toEqual([adapterHash(a), adapterHash(b)]);
  });

  it('answers in the order in which it was asked all the same', async () => {
    const { client, order } = await connected();
    await client.ask({ adapter: adapterOf(1) });
    const asked = [3, 1, 4, 1, 5].map((value) => client.ask({ adapter: adapterOf(value) }));
    await Promise.all(asked);
    expect(order).toEqual(['1', '3', '1', '4', '1', '5']);
  });

  it('lets whoever asks one thing after the other wait for one request of another user at most', async () => {
    const { client, order } = await connected();
    const user = async (value: number) => {
      for (let i = 0; i < 5; i++) await client.ask({ adapter: adapterOf(value) });
    };
    await Promise.all([user(1), user(2)]);
    expect(order.join('')).toBe('1212121212');
  });

  it('streams with the one that was named, two at a time', async () => {
    const { client } = await connected();
    const told = async (adapter: Adapter | null) => {
      const events: string[] = [];
      for await (const event of client.count({ adapter })) events.push(event);
      return events.join();
    };
    expect(await Promise.all([adapterOf(7), null, adapterOf(8)].map(told))).toEqual([
      ...['7,7,7', 'base,base,base', '8,8,8'],
    ]);
  });

  it('is sent one again that it had no more room for', async () => {
    const { client, sent } = await connected(2 * adapterBytes(adapterOf(0)));
    const ask = (value: number) => client.ask({ adapter: adapterOf(value) });
    for (const value of [1, 2, 1, 3, 1, 2]) expect(await ask(value)).toBe(String(value));
    // 3 drove out 2, which had been asked for longest ago; 2 then drove out 3.
    expect(sent).toEqual([1, 2, 3, 2].map((value) => adapterHash(adapterOf(value))));
    expect(await ask(1)).toBe('1');
    expect(sent).toHaveLength(4);
  });

  it('answers with one that is larger than all its room', async () => {
    const { client, sent } = await connected(8);
    for (const value of [1, 1, 2])
      expect(await client.ask({ adapter: adapterOf(value, 100) })).toBe(`${value}`);
    expect(sent).toHaveLength(2);
  });

  it('goes on where the request that named it is cancelled before it came, and is sent it for the next', async () => {
    const gate: { open: () => void } = { open: () => undefined };
    const { client } = await connected(
      undefined,
      new Promise((resolve) => {
        gate.open = resolve;
      }),
    );
    const first = client.wait();
    const abort = new AbortController();
    const adapter = adapterOf(6);
    const cancelled = client.ask({ adapter }, { signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    gate.open();
    await first;
    expect(await client.ask({ adapter })).toBe('6');
  });

  it('refuses what is sent in its place and is none', async () => {
    const { client, page } = await connected();
    const answers: unknown[] = [];
    page.addEventListener('message', ({ data }: PortEvent) => answers.push(data));
    page.postMessage({ kind: 'request', id: 900, method: 'ask', params: { adapter: null }, adapter: 'x' });
    page.postMessage({ kind: 'adapter', hash: 'x', adapter: { pairs: 'none' } });
    while (!JSON.stringify(answers).includes('"id":900,"error"')) await pause();
    expect(answers.at(-1)).toMatchObject({ kind: 'error', error: { code: 'invalid-request' } });
    expect(await client.ask({ adapter: adapterOf(1) })).toBe('1');
  });
});

describe('a worker that took the place of another in the middle of a run', () => {
  it('is sent the run’s adapter by the next request that names it', async () => {
    const sent: string[][] = [];
    const workers: FakeWorker[] = [];
    let isReplaced: () => void = () => undefined;
    const fake = fakeServices();
    const engine: InferenceService = {
      ...fake.inference,
      load: () => Promise.reject(new LabError('internal', 'not here')),
      unload: () => Promise.resolve(),
      decode: () => Promise.resolve([]),
      logits: () => Promise.resolve([]),
      deviceInfo: () => Promise.resolve(null),
      memory: () => Promise.reject(new LabError('internal', 'not here')),
    };
    const supervisor = new Supervisor({
      ...{ delay: realDelay, replay: true, onGaveUp: () => undefined },
      spawn: () => {
        const own: string[] = [];
        sent.push(own);
        const worker = new FakeWorker((inside) => {
          inside.addEventListener('message', ({ data }) => {
            if (typeof data === 'object' && data !== null && 'hash' in data) own.push(String(data.hash));
          });
          serve(inside, handlersOf(inferenceMethods, engine), { pause });
        });
        workers.push(worker);
        return worker;
      },
      onReplaced: () => {
        isReplaced();
      },
    });
    await supervisor.start();
    const { signal } = new AbortController();
    const inference = clientOf(inferenceMethods, supervisor.channel);
    const { training } = fake;
    const lab = labPorts({ inference, training, model: FACTS, signal, now: () => 0 });
    const run: Adapter = {
      ...adapterOf(3),
      pairs: new Map([['run', { a: new Float32Array(1), b: new Float32Array(1) }]]),
    };
    const row = { promptIds: [1], completionIds: [0] };
    const scored = async () => (await lab.score(run, [row])).map(({ logprobs }) => logprobs);
    expect(await scored()).toEqual([[-3]]);
    const told = new Promise<void>((resolve) => (isReplaced = resolve));
    workers[0]?.crash('gone');
    await told;
    expect(await scored()).toEqual([[-3]]);
    expect(await scored()).toEqual([[-3]]);
    expect(sent).toEqual([[adapterHash(run)], [adapterHash(run)]]);
    supervisor.stop();
  });
});
