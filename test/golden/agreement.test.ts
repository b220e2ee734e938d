/**
 * @file Shapes and switches that the golden folders do not have: random models of every family through both runtimes.
 * The two share nothing but the family's definition, so what they agree on is what it says.
 */
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maxAbsDifference } from '../../src/metrics/agreement.ts';
import { deriveKey, integerAt, normalAt } from '../../src/core/random.ts';
import { initAdapter } from '../../src/lora/config.ts';
import type { JsonObject } from '../../src/models/architecture.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomModel } from '../../src/models/random-weights.ts';
import type { OrtEngine } from '../../src/runtimes/ort/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { initNodeBackend } from '../../tools/bench/training.ts';

const LLAMA = {
  model_type: 'llama',
  vocab_size: 71,
  hidden_size: 48,
  intermediate_size: 56,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
};
const QWEN2 = { ...LLAMA, model_type: 'qwen2', tie_word_embeddings: true };
const QWEN3 = { ...LLAMA, model_type: 'qwen3', head_dim: 8 };
const GPT2 = { model_type: 'gpt2', vocab_size: 71, n_embd: 48, n_head: 3, n_layer: 2, n_positions: 96 };
const NEOX = { ...LLAMA, model_type: 'gpt_neox', rotary_pct: 0.25 };

const LLAMA3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

const VARIANTS: Readonly<Record<string, JsonObject>> = {
  'llama: one key/value head, one layer': { ...LLAMA, num_key_value_heads: 1, num_hidden_layers: 1 },
  'llama: as many key/value heads, head size 64': { ...LLAMA, num_key_value_heads: 4, head_dim: 64 },
  'llama: head size 6, biases everywhere': { ...LLAMA, head_dim: 6, attention_bias: true, mlp_bias: true },
  'llama: head size 80, GELU': { ...LLAMA, head_dim: 80, hidden_act: 'gelu' },
  'llama: linear rope scaling, tied': {
    ...LLAMA,
    rope_scaling: { type: 'linear', factor: 4 },
    tie_word_embeddings: true,
  },
  'llama: llama3 rope scaling': { ...LLAMA, rope_scaling: LLAMA3, rope_theta: 500000 },
  'qwen2: sliding window in the upper layer': {
    ...QWEN2,
    use_sliding_window: true,
    sliding_window: 9,
    max_window_layers: 1,
  },
  'qwen2: untied': { ...QWEN2, tie_word_embeddings: false },
  'qwen3: biases, more heads than hidden holds': { ...QWEN3, attention_bias: true, num_attention_heads: 8 },
  'qwen3: sliding window in every layer': {
    ...QWEN3,
    use_sliding_window: true,
    sliding_window: 5,
    max_window_layers: 0,
  },
  'gpt2: odd head count, n_inner, exact GELU, attention scaled by layer': {
    ...GPT2,
    n_inner: 40,
    activation_function: 'gelu',
    scale_attn_by_inverse_layer_idx: true,
  },
  'gpt2: untied, attention not scaled': { ...GPT2, tie_word_embeddings: false, scale_attn_weights: false },
  'gpt_neox: whole rotation, sequential residual, tied': {
    ...NEOX,
    rotary_pct: 1,
    use_parallel_residual: false,
    tie_word_embeddings: true,
  },
  'gpt_neox: half rotation, no attention bias, ReLU': {
    ...NEOX,
    rotary_pct: 0.5,
    attention_bias: false,
    hidden_act: 'relu',
  },
};

/** The families that have switches of their own; what all share is tried above. */
const MORE: Readonly<Record<string, JsonObject>> = {
  'gemma3: pattern of windows, biases, no cap': {
    ...{ ...LLAMA, model_type: 'gemma3_text', head_dim: 12, num_hidden_layers: 3, attention_bias: true },
    ...{ sliding_window_pattern: 3, sliding_window: 11, query_pre_attn_scalar: 30 },
  },
  'phi3: no window, a quarter rotated, tied': {
    ...{ ...LLAMA, model_type: 'phi3', head_dim: 8, partial_rotary_factor: 0.25, tie_word_embeddings: true },
  },
  "granite: no multiplier but the logits'": { ...LLAMA, model_type: 'granite', logits_scaling: 8 },
  'smollm3: windows where nothing is rotated': {
    ...{ ...LLAMA, model_type: 'smollm3', num_hidden_layers: 4, use_sliding_window: true, sliding_window: 6 },
  },
  'mistral: no window': { ...LLAMA, model_type: 'mistral', sliding_window: null },
};

let engine: OrtEngine;
beforeAll(async () => {
  engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  await initNodeBackend('wasm');
});
afterAll(() => {
  engine.close();
});

test.each(Object.entries({ ...VARIANTS, ...MORE }))('%s', async (_, config) => {
  const source = randomModel(architectureFromConfig(config), 3);
  const { architecture } = source;
  const lora = { r: 3, loraAlpha: 6, useRslora: false, loraDropout: 0 } as const;
  const targets = [...new Set(architecture.linears.map(({ module }) => module.split('.').at(-1) ?? module))];
  const adapter = initAdapter(architecture.linears, { ...lora, targetModules: targets }, 0);
  // The head too: targets name every linear layer.
  expect(adapter.pairs.size).toBe(architecture.linears.length);
  for (const [module, { b }] of adapter.pairs) {
    for (let i = 0; i < b.length; i++) b[i] = 0.1 * normalAt(deriveKey(module), i);
  }
  const rows = [3, 40, 17].map((length, row) =>
    Array.from({ length }, (__, i) => integerAt(deriveKey('row', row), i, architecture.vocabSize)),
  );
  const labels = await engine.loadModel(source);
  const learns = await TrainableModel.load(source);
  const base = await labels.logits(rows);
  for (const used of [null, adapter]) {
    const ours = await labels.logits(rows, { adapter: used });
    const theirs = await learns.logits(used, rows);
    for (const [i, row] of theirs.entries()) expect(maxAbsDifference(ours[i] ?? [], row)).toBeLessThan(1e-4);
    if (used !== null) expect(maxAbsDifference(ours[1] ?? [], base[1] ?? [])).toBeGreaterThan(1e-2);
  }
  learns.dispose();
  await labels.release();
});
