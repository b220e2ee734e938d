/** @file The ports over the workers' own engines and a real model, in Node on wasm. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Completion, TrainExample } from '../../src/words/engine.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../../src/words/engine.ts';
import type { Ports, TrainingRequest } from '../../src/method/ports.ts';
import { modelFacts } from '../../src/lab/model-facts.ts';
import { labPorts } from '../../src/lab/ports.ts';
import { IN_PASSING, UNHURRIED, probeRates } from '../../src/lab/probe.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { adapterHash, withoutNumbers } from '../../src/lora/hash.ts';
import type { ModelInfo } from '../../src/protocol/words.ts';
import type { NodeServices } from '../../tools/node-services.ts';
import { loadFolder, nodeServices } from '../../tools/node-services.ts';
import { LORA } from './lab-fakes.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/models/tiny', import.meta.url));
const PLACES = ['the market', 'a small garden', 'the old house by the river', 'her room', 'school'];
const prompts = Array.from(
  { length: 24 },
  (_, i) => `Note: Anna went to ${PLACES[i % 5] ?? ''} ${i}.\nTheme:`,
);
const config = { ...GREEDY, maxNewTokens: 4, stopStrings: ['\n'] };
const never = new AbortController().signal;

let services: NodeServices;
let info: ModelInfo;
let ports: Ports;
let rows: { readonly key: string; readonly ids: readonly number[] }[];
let training: TrainingRequest;

beforeAll(async () => {
  services = await nodeServices();
  info = await loadFolder(services, FOLDER);
  const model = modelFacts(info);
  ports = labPorts({ ...services, model, signal: never, now: () => performance.now() });
  const prefix = await ports.prefixIds();
  rows = (await ports.encode(prompts)).map((ids, i) => ({ key: prompts[i] ?? '', ids: [...prefix, ...ids] }));
  const [answer = []] = await ports.encode([' music\n']);
  const examples: TrainExample[] = rows
    .slice(0, 16)
    .map(({ ids }) => ({ promptIds: ids, completionIds: answer }));
  training = {
    ...{ start: null, lora: LORA, initSeed: 3, examples },
    config: { ...TRAIN_DEFAULTS, learningRate: 2e-2, maxSteps: 20 },
  };
});
afterAll(async () => {
  await services.close();
});

async function labelled(adapter: Adapter | null, count = rows.length): Promise<Completion[]> {
  const completions: Completion[] = [];
  const request = { adapter, rows: rows.slice(0, count), config };
  for await (const completion of ports.generate(request)) completions.push(completion);
  return completions;
}
async function trained(request: TrainingRequest): Promise<Adapter> {
  const steps = ports.train(request);
  for (;;) {
    const { value, done } = await steps.next();
    if (done === true) return value;
  }
}
const factors = ({ pairs }: Adapter) => [...pairs.values()].flatMap(({ a, b }) => [...a, ...b]);

describe('a real model through the ports', () => {
  it('answers otherwise with the adapter that it was trained to, and as before without it', async () => {
    const before = await labelled(null);
    const adapter = await trained(training);
    const texts = new Set((await labelled(adapter)).map(({ text }) => text.trim()));
    expect([...texts]).toEqual(['music']);
    expect(before.map(({ text }) => text.trim())).not.toContain('music');
    expect(await labelled(null)).toEqual(before);
  });

  it('gives a request the same bits twice, and after other requests in between', async () => {
    const adapter = await trained({ ...training, config: { ...training.config, maxSteps: 2 } });
    const scored = rows.flatMap(({ ids }) =>
      [[5, 9], [11]].map((completionIds) => ({ promptIds: ids, completionIds })),
    );
    for (const own of [null, adapter]) {
      const first = { labels: await labelled(own), scores: await ports.score(own, scored) };
      expect(await labelled(own)).toEqual(first.labels);
      await labelled(own === null ? adapter : null, 7);
      await ports.score(own, scored.slice(3, 20));
      await labelled(own, 11);
      expect(await ports.score(own, scored)).toEqual(first.scores);
      expect(await labelled(own)).toEqual(first.labels);
    }
  });

  it('gives two users with different adapters, who ask in turns and at once, what each gets alone', async () => {
    const short = { ...training, config: { ...training.config, maxSteps: 4 } };
    const a = await trained(short);
    const b = await trained({ ...short, initSeed: 8, config: { ...short.config, learningRate: 5e-2 } });
    const ask = async (adapter: Adapter | null) => ({
      labels: await labelled(adapter, 6),
      scores: await ports.score(
        adapter,
        rows.slice(0, 6).map(({ ids }) => ({ promptIds: ids, completionIds: [5, 9] })),
      ),
      trained: factors(await trained({ ...short, start: adapter })),
    });
    const alone = [await ask(a), await ask(b), await ask(null)];
    expect(alone[0]).not.toEqual(alone[1]);
    expect(await Promise.all([a, b, null].map(ask))).toEqual(alone);
    expect(await Promise.all([b, null, a].map(ask))).toEqual([alone[1], alone[2], alone[0]]);
  });

  it('trains to the same bits twice, and goes on from an adapter', async () => {
    const short = { ...training, config: { ...training.config, maxSteps: 3 } };
    const first = await trained(short);
    expect(factors(await trained(short))).toEqual(factors(first));
    const second = await trained({ ...short, start: first });
    expect(factors(second)).not.toEqual(factors(first));
    expect(factors(await trained({ ...short, start: first }))).toEqual(factors(second));
  });

  it('stops labelling and training when the signal is raised, and serves the next run', async () => {
    const abort = new AbortController();
    const cancelled = labPorts({ ...services, model: ports.model, signal: abort.signal, now: () => 0 });
    const steps = cancelled.train(training);
    const made: number[] = [];
    const train = async () => {
      for await (const { step } of steps) {
        made.push(step);
        abort.abort();
      }
    };
    await expect(train()).rejects.toMatchObject({ code: 'cancelled' });
    // Steps that were on their way still arrive.
    expect(made.length).toBeLessThan(training.config.maxSteps / 2);
    await expect(cancelled.score(null, [{ promptIds: [5], completionIds: [6] }])).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await labelled(null, 3)).toHaveLength(3);
  });

  it('finds a text among others by its states', async () => {
    const model = ports.model;
    const byStates = labPorts({ ...services, model, signal: never, now: () => 0, retrieval: 'embeddings' });
    const retriever = await byStates.retriever([...PLACES, '']);
    expect((await retriever.nearest('her room', 2))[0]).toBe(3);
    expect(await retriever.nearest('', 2)).toEqual([0, 1]);
  });

  it('is measured in tokens per second', async () => {
    const now = () => performance.now();
    for (const pace of [UNHURRIED, IN_PASSING]) {
      const rates = await probeRates({ ...services, model: info, signal: never, now }, LORA, pace);
      for (const rate of Object.values(rates)) expect(rate).toBeGreaterThan(10);
      expect(rates.prefillTokensPerSecond).toBeLessThan(1e8);
    }
  });
});

it('the digest of the weights is the one in the model’s manifest', async () => {
  expect(await readFile(`${FOLDER}/manifest.json`, 'utf8')).toContain(ports.model.sha256);
  expect(ports.model).toMatchObject({ name: 'tiny', maxPositions: 256, eosTokenIds: [0] });
});

it('an adapter says whose it is, and one of another base is refused by both', async () => {
  const short = { ...training, config: { ...training.config, maxSteps: 1 } };
  const own = await trained(short);
  expect(own.baseSha256).toBe(info.sha256);
  const foreign = { ...own, baseSha256: '0'.repeat(64) };
  const mismatch = { code: 'adapter-mismatch' };
  await expect(labelled(foreign)).rejects.toMatchObject(mismatch);
  await expect(ports.score(foreign, [{ promptIds: [5], completionIds: [6] }])).rejects.toMatchObject(
    mismatch,
  );
  await expect(trained({ ...short, start: foreign })).rejects.toMatchObject(mismatch);
  expect(await labelled(own, 2)).toHaveLength(2);
});

it('an adapter whose numbers are not here is refused by both, and the whole one is answered with after that', async () => {
  const short = { ...training, config: { ...training.config, maxSteps: 1 } };
  const whole = await trained({ ...short, initSeed: 77 });
  const bare = withoutNumbers(whole);
  expect(adapterHash(bare)).toBe(adapterHash(whole));
  const refused = { code: 'invalid-request', what: expect.stringContaining('is not here') as string };
  await expect(labelled(bare, 2)).rejects.toMatchObject(refused);
  await expect(trained({ ...short, start: bare })).rejects.toMatchObject(refused);
  expect(await labelled(whole, 2)).toHaveLength(2);
});

it('the linear layers of a model are told with its digest: an adapter of rank r has r numbers for each of their sides', async () => {
  expect(info.linears.filter(({ isHead }) => isHead)).toHaveLength(1);
  const linears = info.linears.filter(({ isHead }) => !isHead);
  const { pairs } = await trained({ ...training, config: { ...training.config, maxSteps: 1 } });
  const count = [...pairs.values()].reduce((sum, { a, b }) => sum + a.length + b.length, 0);
  const sides = linears.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures + outFeatures, 0);
  expect(count).toBe(LORA.r * sides);
  expect(linears.map(({ module }) => module)).toEqual([...pairs.keys()]);
});
