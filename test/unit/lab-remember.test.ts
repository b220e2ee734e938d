/** @file What the base answered is kept, and retrieval finds what is near. */
import { describe, expect, it } from 'vitest';
import { GREEDY } from '../../src/words/engine.ts';
import type { LabelRequest, Ports } from '../../src/method/ports.ts';
import { labPorts } from '../../src/lab/ports.ts';
import type { RetrievalName } from '../../src/lab/ports.ts';
import { BaseMemory, rememberBase } from '../../src/lab/remember-base.ts';
import { FACTS, adapterNamed, fakeServices } from './lab-fakes.ts';

function bound(retrieval: RetrievalName = 'bm25') {
  const services = fakeServices();
  const abort = new AbortController();
  const ports = labPorts({ ...services, model: FACTS, signal: abort.signal, now: () => 0, retrieval });
  const count = (request: string) => services.asked.filter((line) => line.startsWith(`${request} `)).length;
  return { ...services, abort, ports, count };
}

const request = (keys: string, change: Partial<LabelRequest> = {}): LabelRequest => ({
  ...{ adapter: null, rows: Array.from(keys, (key) => ({ key, ids: [5, 6] })), config: GREEDY },
  ...change,
});
async function labelled(ports: Ports, asked: LabelRequest) {
  const completions = [];
  for await (const completion of ports.generate(asked)) completions.push(completion);
  return completions;
}
const generated = (asked: readonly string[]) =>
  asked.filter((line) => line.startsWith('generate ') && line !== 'generate ended').length;

describe('the base’s answers', () => {
  it('to a whole request are computed once and come again the same', async () => {
    const { ports, asked } = bound();
    const remembering = rememberBase(ports);
    const first = await labelled(remembering, request('abc'));
    expect(await labelled(remembering, request('abc'))).toEqual(first);
    expect(generated(asked)).toBe(1);
    const rows = [{ promptIds: [1], completionIds: [2, 3] }];
    const scores = await remembering.score(null, rows);
    expect(await remembering.score(null, rows)).toEqual(scores);
    expect(asked.filter((line) => line.startsWith('score'))).toHaveLength(1);
  });

  it.each([
    ['other rows', request('abd')],
    ['other keys', request('xyz')],
    ['fewer rows', request('ab')],
    ['another order', request('acb')],
    ['another configuration', request('abc', { config: { ...GREEDY, seed: 1 } })],
    ['an adapter', request('abc', { adapter: adapterNamed('a') })],
  ])('to %s are computed anew', async (_, other) => {
    const { ports, asked } = bound();
    const remembering = rememberBase(ports);
    await labelled(remembering, request('abc'));
    await labelled(remembering, other);
    expect(generated(asked)).toBe(2);
  });

  it('of an adapter are never kept', async () => {
    const { ports, asked } = bound();
    const remembering = rememberBase(ports);
    const asking = request('abc', { adapter: adapterNamed('a') });
    await labelled(remembering, asking);
    await labelled(remembering, asking);
    expect(generated(asked)).toBe(2);
  });

  it('that broke off are not kept', async () => {
    const { ports, asked } = bound();
    const remembering = rememberBase(ports);
    for await (const { key } of remembering.generate(request('abc'))) if (key === 'a') break;
    expect(await labelled(remembering, request('abc'))).toHaveLength(3);
    expect(generated(asked)).toBe(2);
  });

  it('serve the ports of another run where these share the memory', async () => {
    const memory = new BaseMemory();
    await labelled(rememberBase(bound().ports, memory), request('abc'));
    const second = bound();
    expect(await labelled(rememberBase(second.ports, memory), request('abc'))).toHaveLength(3);
    expect(second.asked).toEqual([]);
  });

  it('are forgotten, the least recently asked for first, when they outgrow the memory', async () => {
    const { ports, asked } = bound();
    // A request of three rows and its answer count for some sixty-five numbers.
    const remembering = rememberBase(ports, new BaseMemory(150));
    const ask = async (keys: string) => {
      const before = generated(asked);
      await labelled(remembering, request(keys));
      return generated(asked) > before ? 'computed' : 'remembered';
    };
    expect([await ask('abc'), await ask('def'), await ask('abc')]).toEqual([
      'computed',
      'computed',
      'remembered',
    ]);
    expect([await ask('ghi'), await ask('abc'), await ask('def')]).toEqual([
      'computed',
      'remembered',
      'computed',
    ]);
  });

  it('are not given after the signal was raised', async () => {
    const { ports, abort } = bound();
    const remembering = rememberBase(ports);
    await labelled(remembering, request('abc'));
    abort.abort();
    await expect(labelled(remembering, request('abc'))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

const TEXTS = ['the cat sat', 'a dog ran', 'the bird sang', 'a dog sat', 'nothing'];

describe('retrieval by words', () => {
  const nearest = async (query: string, k: number) =>
    (await bound().ports.retriever(TEXTS)).nearest(query, k);

  it('puts the texts first that share the most and the rarest words', async () => {
    expect(await nearest('A dog sat there.', 2)).toEqual([3, 1]);
    expect((await nearest('the BIRD', 1))[0]).toBe(2);
  });

  it('gives equally near texts in their order', async () => {
    expect(await nearest('dog', 2)).toEqual([1, 3]);
    expect(await nearest('the', 3)).toEqual([0, 2, 1]);
  });

  it.each(['', '???', 'zebra'])(
    'gives k texts, the first ones, to a query of no known word: "%s"',
    async (query) => {
      expect(await nearest(query, 3)).toEqual([0, 1, 2]);
    },
  );

  it('gives all texts where k is more, and none for k = 0', async () => {
    expect([...(await nearest('cat', 99))].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(await nearest('cat', 0)).toEqual([]);
  });
});

describe('retrieval by embeddings', () => {
  const retriever = async (texts: readonly string[]) => {
    const own = bound('embeddings');
    return { ...own, found: await own.ports.retriever(texts) };
  };

  it('goes by the cosine of the base’s states; equals come in their order', async () => {
    const { found, asked } = await retriever(['c', 'ab', 'b', 'cba', 'ba']);
    expect(await found.nearest('ab', 5)).toEqual([1, 4, 3, 2, 0]);
    const embedded = asked.filter((line) => line.startsWith('embed '));
    expect(embedded).toEqual(['embed 5 with base', 'embed 1 with base']);
  });

  it('gives k texts to a query without any state', async () => {
    const { found } = await retriever(['a', 'b', 'c']);
    expect(await found.nearest('zzz', 2)).toEqual([0, 1]);
  });
});
