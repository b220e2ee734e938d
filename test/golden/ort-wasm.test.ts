/** @file The inference runtime on wasm against the golden fixtures: every quantity that it computes. */
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GREEDY } from '../../src/core/engine.ts';
import type { Completion, PromptRow } from '../../src/core/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import * as golden from './golden.ts';

const LOGPROBS = 1e-4;
const PERPLEXITY_RELATIVE = 1e-4;

const load = async (family: golden.FamilyName, folder?: string) => {
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  return engine.loadModel(golden.goldenModel(family, folder));
};

/** Largest difference from a (B, T, V) array of the fixtures. */
async function logitError(
  model: OrtModel,
  family: golden.FamilyName,
  want: golden.GoldenTensor | undefined,
): Promise<number> {
  if (want === undefined) throw new Error('no golden logits');
  const { batch } = golden.goldenFacts(family);
  const logits = await model.logits(batch.sequences);
  const errors = golden
    .unpadded(want, batch.lengths)
    .map((row, b) => golden.maxAbsDifference(logits[b] ?? new Float32Array(), row));
  return Math.max(...errors);
}

/** Token log-probabilities, mean NLL and perplexity, over all tokens and over the completions alone. */
async function expectScores(model: OrtModel, batch: golden.GoldenBatch, want: golden.GoldenScores) {
  const all = await model.score(batch.sequences.map((ids) => ({ promptIds: [], completionIds: ids })));
  const completions = await model.score(
    batch.sequences.map((ids, b) => ({
      promptIds: ids.slice(0, batch.prompt_lengths[b]),
      completionIds: ids.slice(batch.prompt_lengths[b]),
    })),
  );
  let total = 0;
  for (const [b, expected] of want.token_logprobs.entries()) {
    expect(all[b]?.logprobs).toHaveLength(expected.length);
    for (const [i, logprob] of expected.entries()) {
      expect(Math.abs((all[b]?.logprobs[i] ?? NaN) - logprob)).toBeLessThan(LOGPROBS);
    }
    for (const [scores, means] of [
      [all[b], want.all],
      [completions[b], want.completion],
    ] as const) {
      const logprobs = scores?.logprobs ?? [];
      const meanNll = -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
      expect(logprobs).toHaveLength(means.n_tokens[b] ?? NaN);
      expect(Math.abs(meanNll - (means.mean_nll[b] ?? NaN))).toBeLessThan(LOGPROBS);
      const perplexity = means.perplexity[b] ?? NaN;
      expect(Math.abs(Math.exp(meanNll) - perplexity) / perplexity).toBeLessThan(PERPLEXITY_RELATIVE);
    }
    total += (completions[b]?.logprobs ?? []).reduce((sum, value) => sum - value, 0);
  }
  const tokens = want.completion.n_tokens.reduce((sum, count) => sum + count, 0);
  expect(Math.abs(total / tokens - want.batch_completion_loss)).toBeLessThan(golden.TOLERANCE.loss);
}

async function greedy(model: OrtModel, prompts: readonly PromptRow[], batchSize: number) {
  const completions = new Map<string, Completion>();
  const config = { ...GREEDY, maxNewTokens: 12 };
  for await (const event of model.generate(prompts, config, { batchSize })) {
    if (event.type === 'completion') completions.set(event.completion.key, event.completion);
  }
  return completions;
}

describe.each(golden.FAMILIES)('%s', (family) => {
  const facts = golden.goldenFacts(family);
  let model: OrtModel;
  beforeAll(async () => {
    model = await load(family);
  });
  afterAll(async () => {
    await model.release();
  });

  test('base logits and scores', async () => {
    const error = await logitError(model, family, golden.goldenArrays(family).get('logits'));
    expect(error).toBeLessThan(golden.TOLERANCE.logits);
    await expectScores(model, facts.batch, facts.scores);
  });

  test.each(['from_prompt', 'from_full'] as const)(
    'greedy ids %s, in one ragged batch and alone',
    async (from) => {
      const { prompts, new_tokens } = facts.greedy[from];
      const rows = prompts.map((ids, b) => ({ key: `row ${b}`, ids }));
      const together = await greedy(model, rows, 3);
      const alone = await greedy(model, rows, 1);
      for (const [b, expected] of new_tokens.entries()) {
        const [one, other] = [together.get(`row ${b}`), alone.get(`row ${b}`)];
        expect(one?.ids).toEqual(expected);
        expect(other?.ids).toEqual(expected);
        for (const [i, logprob] of (one?.logprobs ?? []).entries()) {
          expect(Math.abs(logprob - (other?.logprobs[i] ?? NaN))).toBeLessThan(LOGPROBS);
        }
      }
    },
  );

  test('the embedding is the mean of the last hidden states', async () => {
    const arrays = golden.goldenArrays(family);
    const { numLayers, hiddenSize } = model.architecture;
    const hidden = arrays.get(`hidden_states.${numLayers}`);
    if (hidden === undefined) throw new Error('no golden hidden states');
    const embeddings = await model.embed(facts.batch.sequences);
    for (const [b, states] of golden.unpadded(hidden, facts.batch.lengths).entries()) {
      const length = states.length / hiddenSize;
      const mean = Float32Array.from({ length: hiddenSize }, (_, c) => {
        let sum = 0;
        for (let t = 0; t < length; t++) sum += states[t * hiddenSize + c] ?? NaN;
        return sum / length;
      });
      expect(golden.maxAbsDifference(embeddings[b] ?? new Float32Array(), mean)).toBeLessThan(
        golden.TOLERANCE.logits,
      );
    }
  });

  test.each(['lora_all', 'lora_qv'] as const)('%s, at its start and after ten steps', async (lora) => {
    const arrays = golden.goldenArrays(family, lora);
    const loraFacts = golden.goldenLoraFacts(family, lora);
    model.setAdapter(golden.goldenAdapter(family, lora));
    const error = await logitError(model, family, arrays.get('logits'));
    expect(error).toBeLessThan(golden.TOLERANCE.logits);
    await expectScores(model, facts.batch, loraFacts.scores);
    model.setAdapter(golden.goldenAdapter(family, lora, true));
    const after = await logitError(model, family, arrays.get('logits_after10'));
    expect(after).toBeLessThan(golden.TOLERANCE.logitsAfter10);
    await expectScores(model, facts.batch, loraFacts.scores_after10);
    model.setAdapter(null);
  });
});

describe('llama', () => {
  test('rank-stabilised scaling', async () => {
    const model = await load('llama');
    model.setAdapter(golden.goldenAdapter('llama', 'lora_rslora'));
    const error = await logitError(model, 'llama', golden.goldenArrays('llama', 'lora_rslora').get('logits'));
    expect(error).toBeLessThan(golden.TOLERANCE.logits);
    await model.release();
  });

  test('the merged adapter', async () => {
    const model = await load('llama', 'merged');
    const error = await logitError(model, 'llama', golden.goldenArrays('llama', 'merged').get('logits'));
    expect(error).toBeLessThan(golden.TOLERANCE.logits);
    await model.release();
  });
});
