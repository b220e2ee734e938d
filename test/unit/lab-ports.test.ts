/** @file The loop's ports over services that answer without a model. */
import { describe, expect, it } from 'vitest';
import type { Completion } from '../../src/words/engine.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../../src/words/engine.ts';
import type { Ports } from '../../src/method/ports.ts';
import { rowsTogether } from '../../src/lab/batching.ts';
import type { LabPortsOptions } from '../../src/lab/ports.ts';
import { labPorts } from '../../src/lab/ports.ts';
import type { Probed } from '../../src/lab/probe.ts';
import { IN_PASSING, probeRates } from '../../src/lab/probe.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { FACTS, LORA, adapterNamed, fakeServices } from './lab-fakes.ts';

function bound(options: Partial<LabPortsOptions> = {}) {
  const services = fakeServices();
  const abort = new AbortController();
  const ports = labPorts({ ...services, model: FACTS, signal: abort.signal, now: () => 0, ...options });
  return { ...services, abort, ports };
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `${i}`, ids: [5, 6] }));

async function labelled(ports: Ports, adapter: Adapter | null, count = 2): Promise<Completion[]> {
  const completions: Completion[] = [];
  for await (const completion of ports.generate({ adapter, rows: rows(count), config: GREEDY })) {
    completions.push(completion);
  }
  return completions;
}

const A = adapterNamed('a');
const TRAINING = {
  ...{ start: null, lora: LORA, initSeed: 9, examples: [{ promptIds: [1], completionIds: [2] }] },
  config: { ...TRAIN_DEFAULTS, maxSteps: 3 },
};

describe('labelling and scoring', () => {
  it('name the adapter with every request', async () => {
    const { ports, asked } = bound({ batchSize: 4 });
    await labelled(ports, null);
    await ports.score(null, [{ promptIds: [1], completionIds: [2] }]);
    await labelled(ports, A);
    expect(asked.filter((line) => line !== 'generate ended')).toEqual([
      'generate 2 with base, 4 together',
      'score 1 with base',
      'generate 2 with a, 4 together',
    ]);
  });

  it('asked at once, each gets the adapter that it named', async () => {
    const { ports } = bound();
    const row = { promptIds: [1], completionIds: [0] };
    const [first, completions, last] = await Promise.all([
      ports.score(adapterNamed('abc'), [row]),
      labelled(ports, adapterNamed('ab')),
      ports.score(A, [row, row]),
    ]);
    expect(first.map(({ logprobs }) => logprobs)).toEqual([[-3]]);
    expect(completions.map(({ logprobs }) => logprobs)).toEqual([[-2], [-2]]);
    expect(last.map(({ logprobs }) => logprobs)).toEqual([[-1], [-1]]);
  });

  it('give every row once; scores in the order of the rows', async () => {
    const { ports } = bound();
    expect((await labelled(ports, null, 5)).map(({ key }) => key).sort()).toEqual(['0', '1', '2', '3', '4']);
    const scored = [4, 2, 9].map((id) => ({ promptIds: [1], completionIds: [id] }));
    const scores = await ports.score(A, scored);
    expect(scores.map(({ logprobs }) => logprobs)).toEqual([[-5], [-3], [-10]]);
  });

  it('of no rows ask the worker nothing', async () => {
    const { ports, asked } = bound();
    expect(await labelled(ports, A, 0)).toEqual([]);
    expect(await ports.score(A, [])).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('left in the middle, the worker is told to stop', async () => {
    const { ports, asked } = bound();
    for await (const { key } of ports.generate({ adapter: null, rows: rows(9), config: GREEDY })) {
      if (key === '1') break;
    }
    expect(asked.at(-1)).toBe('generate ended');
  });

  it('end with `cancelled` when the signal is raised', async () => {
    const { ports, abort } = bound();
    const labelling = labelled(ports, null, 50);
    abort.abort();
    await expect(labelling).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('decode more rows together where they are short, by the request alone', () => {
    const of = (length: number, count: number) =>
      rowsTogether(
        Array.from({ length: count }, (_, i) => ({ key: `${i}`, ids: Array(length).fill(1) })),
        8,
      );
    expect([of(25, 400), of(125, 64), of(2000, 64)]).toEqual([64, 30, 8]);
    expect(of(25, 3)).toBe(of(25, 400));
  });
});

describe('training', () => {
  it('makes a fresh adapter by the seed, yields the steps and returns the trained one', async () => {
    const { ports, asked } = bound();
    const steps = ports.train(TRAINING);
    const seen: number[] = [];
    let next = await steps.next();
    for (; next.done !== true; next = await steps.next()) seen.push(next.value.step);
    expect(seen).toEqual([1, 2, 3]);
    expect([...next.value.pairs.keys()]).toEqual(['trained']);
    expect(asked).toEqual(['train seed 9, 1 for 3', 'train ended']);
  });

  it('goes on from the adapter that it is given', async () => {
    const { ports, asked } = bound();
    await ports.train({ ...TRAINING, start: A }).next();
    expect(asked).toEqual(['train a, 1 for 3']);
  });

  it('left in the middle, the worker is told to stop', async () => {
    const { ports, asked } = bound();
    const steps = ports.train(TRAINING);
    await steps.next();
    await steps.return(A);
    expect(asked.at(-1)).toBe('train ended');
  });

  it('ends with `cancelled` when the signal is raised', async () => {
    const { ports, abort } = bound();
    const steps = ports.train(TRAINING);
    await steps.next();
    abort.abort();
    await expect(steps.next()).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('encoding', () => {
  it('asks the worker for a text once', async () => {
    const { ports, asked } = bound();
    expect(await ports.encode(['b', 'a', 'b'])).toEqual([[98], [97], [98]]);
    expect(await ports.encode(['a', 'c'])).toEqual([[97], [99]]);
    expect(asked).toEqual(['encode b|a', 'encode c']);
  });

  it('asks again after a failure', async () => {
    const { ports, failNext } = bound();
    failNext('encode');
    await expect(ports.encode(['a'])).rejects.toMatchObject({ code: 'worker-died' });
    expect(await ports.encode(['a'])).toEqual([[97]]);
  });

  it('finds the ids before a text, not those behind it', async () => {
    expect(await bound().ports.prefixIds()).toEqual([1]);
  });
});

it('the probe run turns times into tokens per second and leaves out what warms up', async () => {
  const { inference, training, abort } = bound();
  let at = 0;
  // Every look at the clock is 10 ms after the one before.
  const probed = { inference, training, signal: abort.signal, now: () => (at += 10) };
  const model = { vocabSize: 100, maxPositions: 64 };
  const rates = await probeRates({ ...probed, model }, LORA);
  // The fake ends every row after its first token: 48 tokens read per row, nothing decoded.
  expect(rates.prefillTokensPerSecond).toBe((64 * 48) / 0.01);
  expect(rates.decodeTokensPerSecond).toBeCloseTo(rates.prefillTokensPerSecond);
  // Six steps of 100 tokens; five of them in 50 ms.
  expect(rates.trainTokensPerSecond).toBe(500 / 0.05);
});

it('the probe in passing stops at few rows, and tells what many would take: a pass costs something for itself', async () => {
  const { training, abort } = bound();
  let at = 0;
  const counts: number[] = [];
  // A pass costs 200 ms and 10 ms a row, the first of so many rows half a second more; a step of decoding 40 ms and 1 ms a row.
  const inference: Probed['inference'] = {
    async *generate({ rows, config }) {
      await Promise.resolve();
      at += 200 + 10 * rows.length + (counts.includes(rows.length) ? 0 : 500);
      counts.push(rows.length);
      for (let step = 0; step < config.maxNewTokens; step++) {
        if (step > 0) at += 40 + rows.length;
        for (const { key } of rows) yield { type: 'token', key, id: 7, logprob: 0, text: 'x' };
      }
    },
  };
  const probed = { inference, training, signal: abort.signal, now: () => at };
  const rates = await probeRates(
    { ...probed, model: { vocabSize: 100, maxPositions: 64 } },
    LORA,
    IN_PASSING,
  );
  expect(counts).toEqual([1, 1, 1, 4, 4, 16, 16]);
  expect(rates.prefillTokensPerSecond).toBeCloseTo((64 * 48) / 0.84);
  expect(rates.decodeTokensPerSecond).toBeCloseTo(64 / 0.104);
});
