/** @file Nothing is computed twice, and retrieval finds what is near. */
import { mkdtempSync, readdirSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GREEDY, TRAIN_DEFAULTS } from '../../src/words/engine.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { METHOD_NAMES } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { LabelRequest, Ports, TrainingRequest } from '../../src/method/ports.ts';
import { labPorts } from '../../src/lab/ports.ts';
import type { RetrievalName } from '../../src/lab/ports.ts';
import { Computed, reusing } from '../../src/lab/reuse.ts';
import { ComputedFiles } from '../../tools/experiment/computed.ts';
import { keptFromText, keptToText } from '../../tools/experiment/kept-text.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';
import { FACTS, LORA, adapterNamed, fakeServices } from './lab-fakes.ts';

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

const training = (change: Partial<TrainingRequest> = {}): TrainingRequest => ({
  ...{ start: null, lora: LORA, initSeed: 1 },
  examples: [
    { promptIds: [1], completionIds: [2] },
    { promptIds: [3], completionIds: [4] },
  ],
  config: { ...TRAIN_DEFAULTS, maxSteps: 3 },
  ...change,
});
async function trainedBy(ports: Ports, asked: TrainingRequest) {
  const steps = [];
  const trace = ports.train(asked);
  let next = await trace.next();
  for (; next.done !== true; next = await trace.next()) steps.push(next.value);
  return { steps, adapter: next.value };
}

describe('what was computed', () => {
  it('to a whole request is not computed again, and comes again the same', async () => {
    const { ports, asked } = bound();
    const own = reusing(ports, new Computed());
    const first = await labelled(own, request('abc'));
    expect(await labelled(own, request('abc'))).toEqual(first);
    expect(generated(asked)).toBe(1);
    const rows = [{ promptIds: [1], completionIds: [2, 3] }];
    const scores = await own.score(null, rows);
    expect(await own.score(null, rows)).toEqual(scores);
    expect(asked.filter((line) => line.startsWith('score'))).toHaveLength(1);
  });

  it('by an adapter is known by what the adapter holds', async () => {
    const { ports, asked } = bound();
    const own = reusing(ports, new Computed());
    const [a, same, other] = ['a', 'a', 'b'].map((name) => request('abc', { adapter: adapterNamed(name) }));
    if (a === undefined || same === undefined || other === undefined) throw new Error('three requests');
    expect(await labelled(own, same)).toEqual(await labelled(own, a));
    expect(generated(asked)).toBe(1);
    await labelled(own, other);
    expect(generated(asked)).toBe(2);
  });

  const SAMPLED = { ...GREEDY, doSample: true };
  it.each([
    ['other tokens', request('abc', { rows: [{ key: 'a', ids: [7] }] })],
    ['fewer rows', request('ab')],
    ['another limit', request('abc', { config: { ...GREEDY, maxNewTokens: 3 } })],
    ['another stop', request('abc', { config: { ...GREEDY, stopStrings: ['x'] } })],
    ['another end', request('abc', { config: { ...GREEDY, eosTokenIds: [4] } })],
    ['a penalty', request('abc', { config: { ...GREEDY, repetitionPenalty: 2 } })],
    ['draws', request('abc', { config: SAMPLED })],
    ['an adapter', request('abc', { adapter: adapterNamed('a') })],
  ])('does not serve a request with %s', async (_, other) => {
    const { ports, asked } = bound();
    const own = reusing(ports, new Computed());
    await labelled(own, request('abc'));
    await labelled(own, other);
    expect(generated(asked)).toBe(2);
  });

  it('greedily serves whatever the rows are called; keys and seed are a part of draws alone', async () => {
    const { ports, asked } = bound();
    const own = reusing(ports, new Computed());
    await labelled(own, request('abc'));
    const named = await labelled(own, request('xyz', { config: { ...GREEDY, seed: 7, temperature: 3 } }));
    expect(named.map(({ key }) => key)).toEqual(['x', 'y', 'z']);
    expect(generated(asked)).toBe(1);
    const draws = ['abc', 'xyz', 'abc'].map((keys, i) =>
      request(keys, { config: { ...SAMPLED, seed: i < 2 ? 1 : 2 } }),
    );
    for (const one of draws) await labelled(own, one);
    expect(generated(asked)).toBe(4);
    for (const one of draws) await labelled(own, one);
    expect(generated(asked)).toBe(4);
  });

  it('by a training is its adapter and every step on the way', async () => {
    const { ports, count } = bound();
    const own = reusing(ports, new Computed());
    const first = await trainedBy(own, training());
    expect(first.steps).toHaveLength(3);
    expect(await trainedBy(own, training())).toEqual(first);
    expect(count('train')).toBe(2); // The training and its end.
  });

  it.each<[string, Partial<TrainingRequest>]>([
    ['another order', { examples: training().examples.toReversed() }],
    ['other examples', { examples: training().examples.slice(1) }],
    ['another key', { initSeed: 2 }],
    ['another rank', { lora: { ...LORA, r: 4 } }],
    ['another seed', { config: { ...training().config, seed: 5 } }],
    ['more steps', { config: { ...training().config, maxSteps: 4 } }],
    ['another rate', { config: { ...training().config, learningRate: 0.1 } }],
    ['a start', { start: adapterNamed('a') }],
  ])('does not serve a training with %s', async (_, change) => {
    const { ports, count } = bound();
    const own = reusing(ports, new Computed());
    await trainedBy(own, training());
    await trainedBy(own, training(change));
    expect(count('train')).toBe(4);
  });

  it('goes by the start alone where one is gone on with: it brings its configuration', async () => {
    const { ports, count } = bound();
    const own = reusing(ports, new Computed());
    await trainedBy(own, training({ start: adapterNamed('a') }));
    await trainedBy(own, training({ start: adapterNamed('a'), initSeed: 9 }));
    expect(count('train')).toBe(2);
  });

  it('is not kept where it broke off', async () => {
    const { ports, asked, count } = bound();
    const own = reusing(ports, new Computed());
    for await (const { key } of own.generate(request('abc'))) if (key === 'a') break;
    expect(await labelled(own, request('abc'))).toHaveLength(3);
    expect(generated(asked)).toBe(2);
    const left = own.train(training());
    await left.next();
    await left.return(Promise.reject(new Error('left'))).catch(() => undefined);
    expect(count('train')).toBe(2); // It was ended.
    expect((await trainedBy(own, training())).steps).toHaveLength(3);
    expect(count('train')).toBe(4);
  });

  it('serves the ports of another run, is counted, and stays with its model and its device', async () => {
    const computed = new Computed();
    await labelled(reusing(bound().ports, computed), request('abc'));
    const second = bound();
    expect(await labelled(reusing(second.ports, computed), request('abc'))).toHaveLength(3);
    expect(second.asked).toEqual([]);
    expect(computed.spared).toEqual({ prompts: 3, ofPrompts: 6, trainings: 0, ofTrainings: 0 });
    const other = { ...second.ports, model: { ...FACTS, sha256: '11' } };
    await labelled(reusing(other, computed), request('abc'));
    expect(generated(second.asked)).toBe(1);
    await labelled(reusing(second.ports, computed, 'another device'), request('abc'));
    expect(generated(second.asked)).toBe(2);
  });

  it('is forgotten, the least recently asked for first, when it outgrows the memory', async () => {
    const { ports, asked } = bound();
    // An answer of one token and a letter takes 17 bytes.
    const own = reusing(ports, new Computed(null, 2 * 3 * 17));
    const rows = (id: number) => request('abc', { rows: Array.from('abc', (key) => ({ key, ids: [id] })) });
    const ask = async (id: number) => {
      const before = generated(asked);
      await labelled(own, rows(id));
      return generated(asked) > before ? 'computed' : 'found';
    };
    expect([await ask(1), await ask(2), await ask(1)]).toEqual(['computed', 'computed', 'found']);
    expect([await ask(3), await ask(1), await ask(2)]).toEqual(['computed', 'found', 'computed']);
  });

  it('is looked for in the slower place behind the memory, and written there', async () => {
    const files = new Map<string, string>();
    const behind = (): Computed =>
      new Computed({
        read: (key) => {
          const text = files.get(key);
          return Promise.resolve(text === undefined ? null : keptFromText(text));
        },
        write: (key, kept) => {
          files.set(key, keptToText(kept));
          return Promise.resolve();
        },
      });
    const first = reusing(bound().ports, behind());
    const rows = [{ promptIds: [1], completionIds: [2, 3] }];
    const scored = request('ab', { rows: [{ key: 'a', ids: [5], candidates: [[1, 2], [3]] }] });
    const all = async (ports: Ports) => [
      ...[await labelled(ports, request('abc')), await ports.score(null, rows)],
      await labelled(ports, scored),
      await trainedBy(ports, training()),
    ];
    const told = await all(first);
    const second = bound();
    expect(await all(reusing(second.ports, behind()))).toEqual(told);
    expect(second.asked).toEqual([]);
  });

  it('is not that of the same prompts with other candidates, or with none', async () => {
    const { ports, asked } = bound();
    const own = reusing(ports, new Computed());
    const ask = async (candidates?: readonly (readonly number[])[]) => {
      const [one] = await labelled(own, {
        ...request('a'),
        rows: [{ key: 'a', ids: [5], ...(candidates && { candidates }) }],
      });
      return one?.scores?.map(({ entropies }) => entropies) ?? null;
    };
    expect(await ask()).toBeNull();
    expect(await ask([[1, 2]])).toEqual([[1, 2]]);
    expect(await ask([[3]])).toEqual([[3]]);
    expect(await ask([[1, 2]])).toEqual([[1, 2]]);
    expect(generated(asked)).toBe(3);
  });

  it('is not given after the signal was raised', async () => {
    const { ports, abort } = bound();
    const own = reusing(ports, new Computed());
    await labelled(own, request('abc'));
    await trainedBy(own, training());
    abort.abort();
    await expect(labelled(own, request('abc'))).rejects.toMatchObject({ code: 'cancelled' });
    await expect(trainedBy(own, training())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('runs over ports that reuse', () => {
  it.each(METHOD_NAMES)('tell what %s tells without, behind all other methods', async (last) => {
    const planOf = (method: MethodName) => ({
      ...{ task: fakeTask(), seed: 1 },
      arm: armOf(method, method, { rounds: 2, promptsPerRound: 6, batchSize: 4, decoding: 'sampled' }),
    });
    const told = async (method: MethodName, ports: Ports) => {
      const events = [];
      for await (const event of bootstrap(planOf(method), ports)) events.push(event);
      return events;
    };
    const computed = new Computed();
    for (const method of METHOD_NAMES) await told(method, reusing(fakePorts().ports, computed));
    const again = fakePorts();
    expect(await told(last, reusing(again.ports, computed))).toEqual(await told(last, fakePorts().ports));
    expect(again.recorded).toEqual({ generated: [], scored: [], trained: [] });
  });
});

describe('the folder of what was computed', () => {
  it('gives back what was written whole, nothing of what is not, and goes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'computed-'));
    const files = new ComputedFiles(folder);
    expect(await files.read('ab')).toBeNull();
    await files.write('ab', '{"of":"two\nlines"}');
    expect(await files.read('ab')).toBe('{"of":"two\nlines"}');
    truncateSync(join(folder, 'computed', 'ab.json'), 70);
    expect(await files.read('ab')).toBeNull();
    await files.clear();
    expect(readdirSync(folder)).toEqual([]);
    await files.clear();
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
