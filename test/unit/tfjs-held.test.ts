/** @file Weights held once and layers computed again: the same bits as with everything kept. */
import { partsOf } from '../../src/runtimes/tfjs/parts.ts';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { initAdapter } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { activationBytes } from '../../src/models/memory.ts';
import { randomModel } from '../../src/models/random-weights.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { trainBatch } from '../../src/runtimes/tfjs/batch.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';

const SIZES = { vocab_size: 301, max_position_embeddings: 64 };
const MODELS = {
  llama: {
    ...{ ...SIZES, model_type: 'llama', hidden_size: 32, intermediate_size: 72, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, tie_word_embeddings: true },
  },
  gpt2: { ...SIZES, model_type: 'gpt2', n_embd: 32, n_layer: 2, n_head: 4, n_positions: 64 },
};
const LORA = { r: 3, loraAlpha: 6, useRslora: false, loraDropout: 0.1, targetModules: 'all-linear' } as const;
const EXAMPLES = [4, 9, 17].map((length) => ({
  promptIds: Array.from({ length }, (_, i) => (7 * i + length) % 300),
  completionIds: [3, 1, 2],
}));

beforeAll(() => initBackend('wasm'));

test.each(Object.entries(MODELS))('%s, weights held once', async (_, config) => {
  const architecture = architectureFromConfig(config);
  const source = randomModel(architecture, 1);
  const adapter = initAdapter(architecture.linears, LORA, 2);
  const [both, once] = await Promise.all(
    (['both', 'once'] as const).map((layouts) => TrainableModel.load(source, { layouts })),
  );
  expect(once?.memoryBytes).toBeLessThan(0.4 * (both?.memoryBytes ?? 0));
  expect(await once?.lossAndGradients(adapter, EXAMPLES)).toEqual(
    await both?.lossAndGradients(adapter, EXAMPLES),
  );
  const rows = EXAMPLES.map(({ promptIds }) => promptIds);
  expect(await once?.logits(null, rows)).toEqual(await both?.logits(null, rows));
  both?.dispose();
  once?.dispose();
});

test.each(Object.entries(MODELS))('%s, all layers computed again, and some', async (_, config) => {
  const architecture = architectureFromConfig(config);
  const source = randomModel(architecture, 1);
  const adapter = initAdapter(architecture.linears, LORA, 2);
  // The examples are padded to one length.
  const tokens = EXAMPLES.length * 24;
  const all = tokens * activationBytes(architecture);
  const found = [];
  const runs: number[] = [];
  for (const budget of [2 * all, 0.6 * all, 0]) {
    const model = await TrainableModel.load(source, { activationBytes: budget });
    const session = model.session(adapter);
    const batch = trainBatch(EXAMPLES, architecture);
    const { kernels } = await tf.profile(() => {
      session.backward(batch, 0.1, { probability: 0.1, key: 7 });
      return tf.scalar(0);
    });
    runs.push(kernels.length);
    found.push([await session.measure(), await session.gradients()]);
    session.dispose();
    model.dispose();
  }
  const [kept, ...others] = found;
  for (const other of others) expect(other).toEqual(kept);
  const [plain = 0, some = 0, every = 0] = runs;
  expect(some).toBeGreaterThan(plain);
  expect(every).toBeGreaterThan(some);
});

/** The cuts lie between attention and MLP, and a part takes up where the one before ended. */
test.each(Object.entries(MODELS))('%s is cut into parts', (_, config) => {
  const parts = partsOf(architectureFromConfig(config));
  expect(parts.length).toBeGreaterThanOrEqual(4);
  expect(parts[0]).toMatchObject({ from: 0, input: null });
  for (const [i, { from, to, input, output }] of parts.entries()) {
    expect(output).toBeLessThan(to);
    if (i > 0) expect([from, input]).toEqual([parts[i - 1]?.to, parts[i - 1]?.output]);
  }
});
