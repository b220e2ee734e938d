/** @file What is said of a model's memory before it is loaded, against what it then takes. */
import * as ort from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { initAdapter } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { fitOf, widestThatFits } from '../../src/core/memory-need.ts';
import { labellingBytes, needsOf, trainingBytes } from '../../src/models/memory.ts';
import { randomModel } from '../../src/models/random-weights.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../../src/runtimes/tfjs/device.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { GREEDY } from '../../src/words/engine.ts';

/** The estimate is within this factor of what is held at most, either way. */
const FACTOR = 1.6;
const BATCH = { rows: 8, tokens: 128 };

const architecture = architectureFromConfig({
  ...{ model_type: 'llama', vocab_size: 10_000, hidden_size: 512, intermediate_size: 1376 },
  ...{ num_hidden_layers: 4, num_attention_heads: 8, num_key_value_heads: 4, tie_word_embeddings: true },
});
const promptOf = (row: number) => Array.from({ length: BATCH.tokens - 4 }, (_, i) => (31 * i + row) % 10_000);
const prompts = Array.from({ length: BATCH.rows }, (_, row) => promptOf(row));

function expectWithin(estimate: number, measured: number): void {
  expect(measured).toBeGreaterThan(estimate / FACTOR);
  expect(measured).toBeLessThan(estimate * FACTOR);
}

describe('a model of 17 M parameters', () => {
  const source = randomModel(architecture, 0);

  test('training', async () => {
    await initBackend('wasm');
    const model = await TrainableModel.load(source);
    const lora = {
      r: 8,
      loraAlpha: 8,
      useRslora: false,
      loraDropout: 0,
      targetModules: 'all-linear',
    } as const;
    await model.lossAndGradients(
      initAdapter(architecture.linears, lora, 0),
      prompts.map((promptIds) => ({ promptIds, completionIds: [1, 2, 3, 4] })),
    );
    model.dispose();
    expectWithin(trainingBytes(architecture, 'float32', BATCH), deviceMemory().heapBytes);
  });

  test('labelling', async () => {
    const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
    const model = await engine.loadModel(source);
    const rows = prompts.map((ids, key) => ({ key: `${key}`, ids }));
    for await (const event of model.generate(rows, { ...GREEDY, maxNewTokens: 4 }))
      expect(event).toBeDefined();
    const held = engine.held().heap + (model.tableBytes ?? 0);
    expectWithin(labellingBytes(architecture, 'float32', BATCH), held);
    await model.release();
  });
});

describe('what fits', () => {
  const needs = needsOf(architecture, null);
  const room = (i: number) => 2 * ((needs[i]?.labelling ?? 0) + (needs[i]?.training ?? 0));
  const on = (bytes: number | null, more: { isLeast?: boolean; isWasm?: boolean } = {}) => ({
    ...{ bytes, isLeast: false, isWasm: true },
    ...more,
  });

  test('a narrower type needs less, and the widest that fits is named', () => {
    for (const what of ['labelling', 'training'] as const) {
      const bytes = needs.map((one) => one[what]);
      expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
    }
    expect(widestThatFits(needs, on(null))).toBe('float32');
    expect(widestThatFits(needs, on(2 ** 40))).toBe('float32');
    // Nothing fits well into less than twice what the narrowest needs, but it may go.
    expect(widestThatFits(needs, on(0.9 * room(3)))).not.toBeNull();
    expect(widestThatFits(needs, on(2 ** 26))).toBeNull();
  });

  test('a device that tells at least so much may have more, and one that tells nothing is not judged', () => {
    const [widest] = needs;
    if (widest === undefined) throw new Error('There is a type.');
    expect(fitOf(widest, on(room(0)))).toBe('fits');
    expect(fitOf(widest, on(0.7 * room(0)))).toBe('tight');
    expect(fitOf(widest, on(0.4 * room(0)))).toBe('too-large');
    expect(fitOf(widest, on(0.4 * room(0), { isLeast: true }))).toBe('tight');
    expect(fitOf(widest, on(null))).toBe('unknown');
  });

  test('wasm’s bound counts where the machine has more, and not on a GPU', () => {
    const large = architectureFromConfig({
      ...{ model_type: 'qwen3', vocab_size: 151_936, hidden_size: 2560, intermediate_size: 9728 },
      ...{ num_hidden_layers: 36, num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128 },
      tie_word_embeddings: true,
    });
    const all = needsOf(large, 2 ** 40);
    expect(widestThatFits(all, on(2 ** 40))).not.toBe('float32');
    expect(widestThatFits(all, on(2 ** 40, { isWasm: false }))).toBe('float32');
  });

  test('a run with longer prompts and larger batches needs more', () => {
    const [usual, own] = [needs[0], needsOf(architecture, null, { labelling: { rows: 64, tokens: 512 } })[0]];
    expect(own?.labelling).toBeGreaterThan(usual?.labelling ?? NaN);
    expect(own?.training).toBe(usual?.training);
  });
});
