import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOFTWARE_WEBGPU, WASM_THREADS } from './devices.ts';
import type { OpenedPage } from './pages.ts';
import { openHarness } from './pages.ts';

const DEVICES = [
  { ...WASM_THREADS, newTokens: 12, cancelRows: 64 },
  // The software adapter needs a quarter of a second for every step.
  { ...SOFTWARE_WEBGPU, newTokens: 4, cancelRows: 4 },
];

describe.each(DEVICES)('the inference worker on $name', ({ newTokens, cancelRows, ...device }) => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openHarness(device.open);
    await opened.page.evaluate(async (backend) => {
      await window.lab.inference.load({ source: window.lab.tinyCheckpoint(), backend });
    }, device.backend);
  });
  afterAll(() => opened.close());

  it('gives 16 prompts of different lengths in one batch what each gets alone', async () => {
    const seen = await opened.page.evaluate(async (maxNewTokens) => {
      const { completions, randomIds, largestDifference } = window.lab;
      const rows = Array.from({ length: 16 }, (_, i) => ({ key: `p${i}`, ids: randomIds(3 + 5 * i, i) }));
      const together = await completions(rows, 16, { maxNewTokens });
      const alone = [];
      for (const row of rows) alone.push(...(await completions([row], 1, { maxNewTokens })));
      return {
        together: together.map(({ ids }) => ids),
        alone: alone.map(({ ids }) => ids),
        logprobs: largestDifference(
          together.map(({ logprobs }) => logprobs),
          alone.map(({ logprobs }) => logprobs),
        ),
      };
    }, newTokens);
    expect(seen.together).toHaveLength(16);
    expect(seen.together.every((ids) => ids.length === newTokens)).toBe(true);
    expect(seen.together).toEqual(seen.alone);
    expect(seen.logprobs).toBeLessThan(1e-4);
  });

  it('knows the tokenizer’s words, and says that this model has no chat template', async () => {
    const seen = await opened.page.evaluate(async () => {
      const { inference } = window.lab;
      const [ids = []] = await inference.encode({ texts: ['Hi'], addSpecialTokens: false });
      const chat = await inference
        .encodeChat({ conversations: [[{ role: 'user', content: 'Hi' }]], isOpen: false })
        .catch(String);
      return { ids, texts: await inference.decode([ids]), chat };
    });
    expect(seen).toEqual({
      ...{ ids: [72, 105], texts: ['Hi'] },
      chat: expect.stringContaining('has no chat template: it is a base model') as unknown,
    });
  });

  it('samples for a prompt the same tokens in a batch as alone', async () => {
    const seen = await opened.page.evaluate(async () => {
      const { completions, randomIds } = window.lab;
      const rows = Array.from({ length: 6 }, (_, i) => ({ key: `s${i}`, ids: randomIds(4 + 3 * i, i) }));
      const config = { doSample: true, topK: 40, topP: 0.95, temperature: 0.8, seed: 7, maxNewTokens: 8 };
      const together = await completions(rows, 6, config);
      const alone = [];
      for (const row of rows) alone.push(...(await completions([row], 1, config)));
      return [together.map(({ ids }) => ids), alone.map(({ ids }) => ids)];
    });
    expect(seen[0]).toEqual(seen[1]);
  });

  it('decodes with its cache what a full pass scores', async () => {
    const difference = await opened.page.evaluate(async () => {
      const { completions, inference, randomIds, largestDifference } = window.lab;
      const rows = [5, 17, 31].map((length, i) => ({ key: `c${i}`, ids: randomIds(length, i) }));
      const cached = await completions(rows, 3, { maxNewTokens: 20 });
      const full = await inference.score({
        adapter: null,
        rows: rows.map(({ ids }, i) => ({ promptIds: ids, completionIds: cached[i]?.ids ?? [] })),
      });
      return largestDifference(
        cached.map(({ logprobs }) => logprobs),
        full.map(({ logprobs }) => logprobs),
      );
    });
    expect(difference).toBeLessThan(1e-4);
  });

  it('with an adapter whose B is zero answers as the base does, to the bit', async () => {
    const difference = await opened.page.evaluate(async () => {
      const { inference, randomIds, largestDifference, randomAdapter } = window.lab;
      const rows = [randomIds(20, 1), randomIds(9, 2)];
      const base = await inference.logits({ adapter: null, rows });
      const adapted = await inference.logits({ adapter: randomAdapter(4, 1, 0), rows });
      return largestDifference(base, adapted);
    });
    expect(difference).toBe(0);
  });

  it('swaps adapters A, B, A of different ranks: A gives the same to the bit, B something else', async () => {
    const seen = await opened.page.evaluate(async () => {
      const { inference, randomIds, largestDifference, randomAdapter } = window.lab;
      const rows = [randomIds(20, 1), randomIds(9, 2)];
      const [a, b] = [randomAdapter(4, 1, 0.3), randomAdapter(8, 2, 0.3)];
      const under = (adapter: typeof a | null) => inference.logits({ adapter, rows });
      // All at once: each names its own.
      const [base, first, second, third, baseAgain] = await Promise.all([null, a, b, a, null].map(under));
      return {
        backToA: largestDifference(first ?? [], third ?? []),
        aToB: largestDifference(first ?? [], second ?? []),
        aToBase: largestDifference(first ?? [], base ?? []),
        backToBase: largestDifference(base ?? [], baseAgain ?? []),
        rows: base?.length,
      };
    });
    expect(seen.rows).toBe(2);
    expect(seen.backToA).toBe(0);
    expect(seen.backToBase).toBe(0);
    expect(seen.aToB).toBeGreaterThan(0.01);
    expect(seen.aToBase).toBeGreaterThan(0.01);
  });

  it('stops a generation within one token of the cancel, and answers the next request', async () => {
    const seen = await opened.page.evaluate(async (cancelRows) => {
      const { inference, randomIds, outcome, GREEDY } = window.lab;
      const abort = new AbortController();
      // So many that a step of the worker takes longer than the page needs to read its events.
      const rows = Array.from({ length: cancelRows }, (_, i) => ({ key: `p${i}`, ids: randomIds(20, i) }));
      const request = { adapter: null, rows, config: { ...GREEDY, maxNewTokens: 40 }, batchSize: cancelRows };
      let steps = 0;
      let atAbort = 0;
      const run = async () => {
        for await (const event of inference.generate(request, { signal: abort.signal })) {
          if (event.type === 'token' && event.key === 'p0') steps++;
          if (steps === 3 && !abort.signal.aborted) {
            atAbort = steps;
            abort.abort();
          }
        }
      };
      const code = await outcome(run());
      const next = await outcome(inference.logits({ adapter: null, rows: [randomIds(4, 1)] }));
      return { code, late: steps - atAbort, next };
    }, cancelRows);
    expect(seen.code).toBe('cancelled');
    expect(seen.next).toBe('answered');
    // The token under way when the cancel is sent, and at most one that was on its way to the page.
    expect(seen.late).toBeLessThanOrEqual(2);
  });

  it('stops when the page leaves the loop', async () => {
    const next = await opened.page.evaluate(async () => {
      const { inference, randomIds, outcome, GREEDY } = window.lab;
      const rows = [{ key: 'left', ids: randomIds(10, 4) }];
      const events = inference.generate({
        ...{ adapter: null, rows, config: { ...GREEDY, maxNewTokens: 200 }, batchSize: 1 },
      });
      await events.next();
      await events.return();
      return outcome(inference.logits({ adapter: null, rows: [randomIds(4, 1)] }));
    });
    expect(next).toBe('answered');
  });

  it('pools hidden states into one vector a row, the same alone and in company', async () => {
    const seen = await opened.page.evaluate(async () => {
      const { inference, randomIds, largestDifference } = window.lab;
      const rows = [randomIds(12, 1), randomIds(3, 2)];
      const together = await inference.embed({ adapter: null, rows });
      const alone = [];
      for (const row of rows) alone.push(...(await inference.embed({ adapter: null, rows: [row] })));
      return { sizes: together.map(({ length }) => length), difference: largestDifference(together, alone) };
    });
    expect(seen.sizes).toEqual([64, 64]);
    expect(seen.difference).toBeLessThan(1e-4);
  });

  // Loads another model: the last of these.
  it('never says an id that its tokenizer has no token for, likely as it is', async () => {
    const seen = await opened.page.evaluate(
      async ({ backend, maxNewTokens }) => {
        const { completions, inference, randomIds, tinyCheckpoint } = window.lab;
        const rows = Array.from({ length: 6 }, (_, i) => ({ key: `a${i}`, ids: randomIds(5 + i, i, 64) }));
        const said = async (config: object) =>
          (await completions(rows, 6, { maxNewTokens, ...config })).flatMap(({ ids }) => ids);
        const sampling = { doSample: true, topK: 8, topP: 1, temperature: 1, seed: 3 };
        const likely = new Set([...(await said({})), ...(await said(sampling))].filter((id) => id < 256));
        const source = tinyCheckpoint();
        if (source.kind !== 'memory') throw new Error('made in memory');
        const files = new Map(source.files);
        const tokenizer = JSON.parse(new TextDecoder().decode(files.get('tokenizer.json'))) as {
          model: { vocab: Record<string, number> };
        };
        const { model } = tokenizer;
        model.vocab = Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => !likely.has(id)));
        files.set('tokenizer.json', new TextEncoder().encode(JSON.stringify(tokenizer)));
        await inference.load({ source: { ...source, files }, backend });
        return { absent: [...likely], greedy: await said({}), sampled: await said(sampling) };
      },
      { backend: device.backend, maxNewTokens: newTokens },
    );
    expect(seen.absent.length).toBeGreaterThan(4);
    expect(seen.greedy.length).toBeGreaterThan(6);
    for (const said of [seen.greedy, seen.sampled])
      expect(
        said.filter((id) => seen.absent.includes(id)),
        JSON.stringify(seen),
      ).toEqual([]);
  });
});

describe('half precision', () => {
  it('is refused by name where the GPU has no shader-f16, and the worker lives on', async () => {
    const opened = await openHarness(SOFTWARE_WEBGPU.open);
    const seen = await opened.page.evaluate(async () => {
      const { inference, tinyCheckpoint } = window.lab;
      const source = tinyCheckpoint();
      const refused = await inference.load({ source, backend: 'webgpu', inferenceDtype: 'float16' }).then(
        () => 'loaded',
        (thrown: unknown) => String(thrown),
      );
      const { device, eosTokenIds } = await inference.load({ source, backend: 'wasm' });
      return { refused, backend: device.backend, eosTokenIds };
    });
    await opened.close();
    expect(seen.refused).toContain('float16 needs shader-f16');
    expect(seen.backend).toBe('wasm');
    expect(seen.eosTokenIds).toEqual([256]);
  });
});
