/** @file Candidates that go in with their prompts: one read, the same scores as apart, and answers that do not notice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Completion, PromptRow, Score } from '../../src/words/engine.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import type { RunStats } from '../../src/runtimes/ort/generate.ts';
import { TOY_CONFIG, VOCABULARY, complete, toyAdapter, toyModel, toyPrompts } from './ort-toy.ts';

const TOLERANCE = 1e-5;
const CANDIDATES = [[1], [2, 3], [2, 4], [90, 80, 70, 60, 50], [5]];
const prompts = toyPrompts(12);
const asked = prompts.map((row) => ({ ...row, candidates: CANDIDATES }));
const config = { maxNewTokens: 10 };

let model: OrtModel;
beforeAll(async () => {
  model = await toyModel();
});
afterAll(async () => {
  await model.release();
});

function expectScores(own: readonly Score[] | undefined, apart: readonly Score[]) {
  expect(own).toHaveLength(apart.length);
  for (const [i, { logprobs, entropies }] of apart.entries()) {
    for (const [part, values] of [
      ['logprobs', logprobs],
      ['entropies', entropies],
    ] as const) {
      const found = own?.[i]?.[part] ?? [];
      expect(found).toHaveLength(values.length);
      for (const [j, value] of values.entries())
        expect(Math.abs(value - (found[j] ?? NaN))).toBeLessThan(TOLERANCE);
    }
  }
}

const scoresApart = (of: OrtModel, { ids, candidates = [] }: PromptRow, adapter = null as Adapter | null) =>
  of.score(
    candidates.map((completionIds) => ({ promptIds: ids, completionIds })),
    { adapter },
  );

function expectSameAnswers(a: ReadonlyMap<string, Completion>, b: ReadonlyMap<string, Completion>) {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  for (const [key, one] of a) {
    expect(b.get(key)?.ids).toEqual(one.ids);
    for (const [i, logprob] of one.logprobs.entries())
      expect(Math.abs(logprob - (b.get(key)?.logprobs[i] ?? NaN))).toBeLessThan(TOLERANCE);
  }
}

describe('candidates of a prompt', () => {
  test.each([
    ['the toy', undefined],
    [
      'sliding windows',
      {
        ...{ ...TOY_CONFIG, model_type: 'qwen2', use_sliding_window: true },
        ...{ sliding_window: 6, max_window_layers: 1 },
      },
    ],
    ['learnt positions', { model_type: 'gpt2', n_embd: 48, n_head: 4, n_layer: 2, vocab_size: VOCABULARY }],
  ])('score as they do apart, and the answer is what it is without them: %s', async (_, own) => {
    const toy = await toyModel(own);
    const with_ = await complete(toy, asked, config, { batchSize: 5 });
    expectSameAnswers(await complete(toy, prompts, config, { batchSize: 5 }), with_);
    for (const row of asked) expectScores(with_.get(row.key)?.scores, await scoresApart(toy, row));
    await toy.release();
  });

  test('are read in the prompt’s own run: no token of a prompt goes in twice', async () => {
    const runs: RunStats[] = [];
    await complete(model, asked, config, { batchSize: 12, onRun: (run) => runs.push(run) });
    const read = runs.flatMap(({ kind, tokens }) => (kind === 'prefill' ? [tokens] : []));
    // Of a candidate all but its last token.
    const behind = CANDIDATES.reduce((sum, { length }) => sum + length - 1, 0);
    const prompted = prompts.reduce((sum, { ids }) => sum + ids.length, 0);
    expect(read.reduce((sum, tokens) => sum + tokens, 0)).toBe(prompted + prompts.length * behind);
  });

  test('are those of an adapter, of sampled answers, and of some rows only', async () => {
    const adapter = toyAdapter(model.architecture, 3);
    const sampled = { ...config, doSample: true, temperature: 0.9, seed: 4 };
    const some = asked.map((row, i) => (i % 3 === 0 ? row : (prompts[i] ?? row)));
    const plain = await complete(model, prompts, sampled, { adapter, batchSize: 4 });
    const mixed = await complete(model, some, sampled, { adapter, batchSize: 4 });
    expectSameAnswers(plain, mixed);
    for (const row of some) {
      const { scores } = mixed.get(row.key) ?? {};
      if (row.candidates === undefined) expect(scores).toBeUndefined();
      else expectScores(scores, await scoresApart(model, row, adapter));
    }
  });

  test('that do not fit into one row with their prompt are scored apart', async () => {
    const long = Array.from({ length: 60 }, (_, i) => Array.from({ length: 12 }, (__, j) => (i + j) % 90));
    const [first] = prompts;
    if (first === undefined) throw new Error('There is a prompt.');
    const row = { ...first, candidates: long };
    const found = await complete(model, [row], config);
    expectScores(found.get(first.key)?.scores, await scoresApart(model, row));
  });

  test('without tokens, or with one that the model has not, are refused by name', async () => {
    const [first] = prompts;
    if (first === undefined) throw new Error('There is a prompt.');
    for (const candidates of [[[]], [[VOCABULARY]]])
      await expect(complete(model, [{ ...first, candidates }], config)).rejects.toMatchObject({
        code: 'invalid-request',
        message: expect.stringContaining(`"${first.key}"`) as string,
      });
  });
});
