/** @file Scoring and embedding on wasm: a row's numbers are its own, and those of its distributions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Score, ScoreRow } from '../../src/words/engine.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import { TOY_CONFIG, toyModel, toyPrompts, VOCABULARY } from './ort-toy.ts';

const TOLERANCE = 1e-5;
const prompts = toyPrompts(6).map(({ ids }) => ids);
const candidates = [[1], [2, 3], [2, 4], [90, 80, 70, 60, 50], [5]];

let model: OrtModel;
beforeAll(async () => {
  model = await toyModel();
});
afterAll(async () => {
  await model.release();
});

function expectClose(a: Score | undefined, b: Score | undefined) {
  for (const part of ['logprobs', 'entropies'] as const) {
    const [one, other] = [a?.[part] ?? [], b?.[part] ?? []];
    expect(one).toHaveLength(other.length);
    for (const [i, value] of one.entries()) {
      expect(Math.abs(value - (other[i] ?? NaN))).toBeLessThan(TOLERANCE);
    }
  }
}

async function scoredAlone(rows: readonly ScoreRow[], by = model): Promise<Score[]> {
  const scores: Score[] = [];
  for (const row of rows) scores.push(...(await by.score([row])));
  return scores;
}

const windowed = {
  ...TOY_CONFIG,
  model_type: 'qwen2',
  use_sliding_window: true,
  sliding_window: 6,
  max_window_layers: 1,
};

test.each([
  ['the toy', undefined],
  ['a model with sliding windows', windowed],
  ['learnt positions', { model_type: 'gpt2', n_embd: 48, n_head: 4, n_layer: 2, vocab_size: VOCABULARY }],
])('candidates of one prompt score as each does alone: %s', async (_, config) => {
  const own = await toyModel(config);
  const rows = candidates.flatMap((completionIds) =>
    prompts.map((promptIds) => ({ promptIds, completionIds })),
  );
  const together = await own.score(rows);
  const alone = await scoredAlone(rows, own);
  for (const [i, row] of rows.entries()) {
    expect(together[i]?.logprobs).toHaveLength(row.completionIds.length);
    expectClose(together[i], alone[i]);
  }
  await own.release();
});

test('many long candidates, over what one row of branches takes', async () => {
  const [promptIds = []] = prompts;
  const rows = Array.from({ length: 12 }, (_, c) => ({
    promptIds,
    completionIds: Array.from({ length: 100 }, (__, i) => (i * 7 + c) % VOCABULARY),
  }));
  const together = await model.score(rows);
  for (const [i, score] of (await scoredAlone(rows)).entries()) expectClose(together[i], score);
});

// A sum over a large vocabulary in float32, one after the other, was wrong by 1e-4, and by blocks of a root of it by 7e-6.
// One size is prime.
test.each([VOCABULARY, 49_152, 50_021])(
  'log-probabilities and entropies are those of the softmax of %i logits',
  async (vocabulary) => {
    const own = await toyModel({ ...TOY_CONFIG, vocab_size: vocabulary, hidden_size: 16 });
    const rows = prompts
      .slice(0, vocabulary === VOCABULARY ? 6 : 1)
      .map((ids) => ({ promptIds: ids.slice(0, 1), completionIds: [...ids.slice(1), 7] }));
    const scores = await own.score(rows);
    for (const [i, { promptIds, completionIds }] of rows.entries()) {
      const [logits = new Float32Array()] = await own.logits([[...promptIds, ...completionIds]]);
      for (const [t, target] of completionIds.entries()) {
        const row = Array.from(logits.subarray(t * vocabulary, (t + 1) * vocabulary));
        const logZ = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
        const entropy = row.reduce((sum, logit) => sum - Math.exp(logit - logZ) * (logit - logZ), 0);
        expect(Math.abs((scores[i]?.logprobs[t] ?? NaN) - ((row[target] ?? NaN) - logZ))).toBeLessThan(2e-6);
        expect(Math.abs((scores[i]?.entropies[t] ?? NaN) - entropy)).toBeLessThan(4e-6);
      }
    }
    await own.release();
  },
);

test('without a prompt the first token has no score', async () => {
  const [none, two] = await model.score([
    { promptIds: [], completionIds: [4] },
    { promptIds: [], completionIds: [4, 5, 6] },
  ]);
  expect(none).toEqual({ logprobs: [], entropies: [] });
  const [same] = await model.score([{ promptIds: [4], completionIds: [5, 6] }]);
  expectClose(two, same);
});

test("an embedding does not depend on the row's neighbours", async () => {
  const together = await model.embed(prompts);
  for (const [i, ids] of prompts.entries()) {
    const [alone = new Float32Array()] = await model.embed([ids]);
    expect(alone).toHaveLength(48);
    for (const [c, value] of alone.entries()) {
      expect(Math.abs(value - (together[i]?.[c] ?? NaN))).toBeLessThan(TOLERANCE);
    }
  }
});

describe('refused', () => {
  test.each([
    ['nothing to score', [], [], 'invalid-request'],
    ['an id outside the vocabulary', [1], [VOCABULARY], 'invalid-request'],
    [
      'a row over the context',
      Array.from({ length: 250 }, () => 1),
      [1, 2, 3, 4, 5, 6, 7],
      'context-overflow',
    ],
  ])('%s', async (_, promptIds, completionIds, code) => {
    await expect(model.score([{ promptIds, completionIds }])).rejects.toMatchObject({ code });
  });

  test('an empty text to embed', async () => {
    await expect(model.embed([[1], []])).rejects.toMatchObject({ code: 'invalid-request' });
  });

  test('cancelled work', async () => {
    const signal = { aborted: true };
    const work = model.score([{ promptIds: [1], completionIds: [2] }], { signal });
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a load', () => {
  test('of float16 weights, or within a shorter context', async () => {
    const short = await toyModel(TOY_CONFIG, { maxLength: 8 });
    await expect(short.logits([[1, 2, 3, 4, 5, 6, 7, 8, 9]])).rejects.toMatchObject({
      code: 'context-overflow',
    });
    await short.release();
    await expect(toyModel(TOY_CONFIG, { maxLength: 1000 })).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  test('that is cancelled, and a model that was released', async () => {
    const signal = { aborted: true };
    await expect(toyModel(TOY_CONFIG, { signal })).rejects.toMatchObject({ code: 'cancelled' });
    const own = await toyModel();
    await own.release();
    await expect(own.logits([[1]])).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
