/**
 * @file GPT-2: learnt positions, LayerNorm, one fused q/k/v projection, Conv1D weights (in, out). Names are those of
 * transformers' modeling_gpt2; the older files without the `transformer.` prefix and with mask buffers load too.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { ShapeBuilder } from './builder.ts';
import { readActivation, readCount, readFlag, readPositive, requireNeutral } from './config-reader.ts';
import { LabError } from '../core/errors.ts';
import type { Ops } from './ops.ts';

function fromConfig(config: JsonObject): Architecture {
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
  requireNeutral(config, 'quantization_config');
  if (hiddenSize % heads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: n_embd ${hiddenSize} is no multiple of n_head ${heads}.`,
    );
  }
  const headDim = hiddenSize / heads;

  const shapes = new ShapeBuilder();
  const conv1d = { bias: true, layout: 'in_out' } as const;
  shapes.tensor('transformer.wte.weight', vocabSize, hiddenSize);
  shapes.tensor('transformer.wpe.weight', maxPositions, hiddenSize);
  for (let i = 0; i < numLayers; i++) {
    const block = `transformer.h.${i}`;
    shapes.layerNorm(`${block}.ln_1`, hiddenSize);
    shapes.linear(`${block}.attn.c_attn`, hiddenSize, 3 * hiddenSize, conv1d);
    shapes.linear(`${block}.attn.c_proj`, hiddenSize, hiddenSize, conv1d);
    shapes.layerNorm(`${block}.ln_2`, hiddenSize);
    shapes.linear(`${block}.mlp.c_fc`, hiddenSize, intermediateSize, conv1d);
    shapes.linear(`${block}.mlp.c_proj`, intermediateSize, hiddenSize, conv1d);
  }
  shapes.layerNorm('transformer.ln_f', hiddenSize);
  shapes.head('lm_head', hiddenSize, vocabSize, tiedHead ? 'transformer.wte.weight' : null);

  return {
    modelType: 'gpt2',
    hiddenSize,
    vocabSize,
    numLayers,
    heads,
    kvHeads: heads,
    headDim,
    intermediateSize,
    maxPositions,
    tiedHead,
    tensors: shapes.tensors,
    linears: shapes.linears,
    headModule: 'lm_head',

    canonicalName(name) {
      if (tiedHead && name === 'lm_head.weight') return null;
      const full = /^(wte|wpe|ln_f|h)\./.test(name) ? `transformer.${name}` : name;
      return /\.attn\.(bias|masked_bias)$/.test(full) ? null : full;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.add(ops.embed('transformer.wte.weight'), ops.embedPositions('transformer.wpe.weight'));
      for (let i = 0; i < numLayers; i++) {
        const block = `transformer.h.${i}`;
        const scale = (scaleAttention ? 1 / Math.sqrt(headDim) : 1) / (scaleByLayer ? i + 1 : 1);
        const h = ops.layerNorm(x, `${block}.ln_1`, eps);
        const [q, k, v] = ops.splitQkv(ops.linear(h, `${block}.attn.c_attn`), { kind: 'blocks' });
        const mixed = ops.attention(q, k, v, { layer: i, heads, kvHeads: heads, headDim, scale });
        x = ops.add(x, ops.linear(mixed, `${block}.attn.c_proj`));
        const m = ops.layerNorm(x, `${block}.ln_2`, eps);
        const inner = ops.activate(ops.linear(m, `${block}.mlp.c_fc`), activation);
        x = ops.add(x, ops.linear(inner, `${block}.mlp.c_proj`));
      }
      return ops.layerNorm(x, 'transformer.ln_f', eps);
    },
  };
}

export const gpt2Family: Family = { modelTypes: ['gpt2'], fromConfig };
