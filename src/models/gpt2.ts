/**
 * @file GPT-2: learnt positions, LayerNorm, one fused q/k/v projection, Conv1D weights (in, out). Names are those of
 * transformers' modeling_gpt2; the older files without the `transformer.` prefix and with mask buffers load too.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import type { ShapeBuilder } from './builder.ts';
import { withShapes } from './builder.ts';
import { shown } from '../core/json-object.ts';
import {
  readActivation,
  readCount,
  readFlag,
  readPositive,
  refuse,
  requireNeutral,
} from './config-reader.ts';
import { LabError } from '../core/errors.ts';
import type { Ops } from './ops.ts';

/** transformers' other names of GPT-2's fields (its attribute_map). */
const ALIASES = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
} as const;

/** @throws LabError where a field and its other name differ. */
function withOwnNames(json: JsonObject): JsonObject {
  const config: Record<string, unknown> = { ...json };
  for (const [alias, field] of Object.entries(ALIASES)) {
    const [other, own] = [json[alias] ?? null, json[field] ?? null];
    if (other !== null && own !== null && other !== own)
      throw refuse(alias, `${shown(own)} as in ${field}`, other);
    if (own === null) config[field] = other;
  }
  return config;
}

function fromConfig(json: JsonObject): Architecture {
  const config = withOwnNames(json);
  const hiddenSize = readCount(config, 'n_embd', 768);
  const heads = readCount(config, 'n_head', 12);
  const numLayers = readCount(config, 'n_layer', 12);
  const intermediateSize = readCount(config, 'n_inner', 4 * hiddenSize);
  const vocabSize = readCount(config, 'vocab_size', 50257);
  const maxPositions = readCount(config, 'n_positions', 1024);
  const eps = readPositive(config, 'layer_norm_epsilon', 1e-5);
  const activation = readActivation(config, 'activation_function', 'gelu_new');
  const tiedHead = readFlag(config, 'tie_word_embeddings', true);
  const scaleAttention = readFlag(config, 'scale_attn_weights', true);
  const scaleByLayer = readFlag(config, 'scale_attn_by_inverse_layer_idx', false);
  requireNeutral(config, 'add_cross_attention', false);
  if (hiddenSize % heads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: n_embd ${hiddenSize} is no multiple of n_head ${heads}.`,
    );
  }
  const headDim = hiddenSize / heads;

  const layerPrefix = 'transformer.h.';
  const shapes = (built: ShapeBuilder) => {
    const conv1d = { bias: true, layout: 'in_out' } as const;
    built.tensor('transformer.wte.weight', vocabSize, hiddenSize);
    built.tensor('transformer.wpe.weight', maxPositions, hiddenSize);
    for (let i = 0; i < numLayers; i++) {
      const block = `${layerPrefix}${i}`;
      built.layerNorm(`${block}.ln_1`, hiddenSize);
      built.linear(`${block}.attn.c_attn`, hiddenSize, 3 * hiddenSize, conv1d);
      built.linear(`${block}.attn.c_proj`, hiddenSize, hiddenSize, conv1d);
      built.layerNorm(`${block}.ln_2`, hiddenSize);
      built.linear(`${block}.mlp.c_fc`, hiddenSize, intermediateSize, conv1d);
      built.linear(`${block}.mlp.c_proj`, intermediateSize, hiddenSize, conv1d);
    }
    built.layerNorm('transformer.ln_f', hiddenSize);
    built.head('lm_head', hiddenSize, vocabSize, tiedHead ? 'transformer.wte.weight' : null);
  };

  return withShapes(shapes, {
    modelType: 'gpt2',
    hiddenSize,
    vocabSize,
    numLayers,
    layerPrefix,
    heads,
    kvHeads: heads,
    headDim,
    intermediateSize,
    maxPositions,
    tiedHead,
    headModule: 'lm_head',

    canonicalName(name) {
      if (tiedHead && name === 'lm_head.weight') return null;
      const full = /^(wte|wpe|ln_f|h)\./.test(name) ? `transformer.${name}` : name;
      return /\.attn\.(bias|masked_bias)$/.test(full) ? null : full;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.add(ops.embed('transformer.wte.weight'), ops.embedPositions('transformer.wpe.weight'));
      for (let i = 0; i < numLayers; i++) {
        const block = `${layerPrefix}${i}`;
        const scale = (scaleAttention ? 1 / Math.sqrt(headDim) : 1) / (scaleByLayer ? i + 1 : 1);
        const h = ops.layerNorm(x, `${block}.ln_1`, eps);
        const fused = ops.linear(h, `${block}.attn.c_attn`);
        const [q = fused, k = fused, v = fused] = ops.split(fused, [hiddenSize, hiddenSize, hiddenSize]);
        const mixed = ops.attention(q, k, v, { layer: i, heads, kvHeads: heads, headDim, scale });
        x = ops.add(x, ops.linear(mixed, `${block}.attn.c_proj`));
        const m = ops.layerNorm(x, `${block}.ln_2`, eps);
        const inner = ops.map(ops.linear(m, `${block}.mlp.c_fc`), activation);
        x = ops.add(x, ops.linear(inner, `${block}.mlp.c_proj`));
      }
      return ops.layerNorm(x, 'transformer.ln_f', eps);
    },
  });
}

export const gpt2Family: Family = { modelTypes: ['gpt2'], fromConfig };
