/**
 * @file GPT-NeoX (Pythia): parallel residual, partial rotary embedding, q/k/v fused and laid out per head. Names are
 * those of transformers' modeling_gpt_neox; older files' mask and frequency buffers are ignored.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import type { ShapeBuilder } from './builder.ts';
import { withShapes } from './builder.ts';
import { readActivation, readCount, readFlag, readPositive } from './config-reader.ts';
import { LabError } from '../core/errors.ts';
import type { Ops } from './ops.ts';
import { readFullLayers } from './layer-types.ts';
import { readRopes } from './rope-config.ts';

function fromConfig(config: JsonObject): Architecture {
  const hiddenSize = readCount(config, 'hidden_size', 6144);
  const heads = readCount(config, 'num_attention_heads', 64);
  const numLayers = readCount(config, 'num_hidden_layers', 44);
  const intermediateSize = readCount(config, 'intermediate_size', 24576);
  const vocabSize = readCount(config, 'vocab_size', 50432);
  const maxPositions = readCount(config, 'max_position_embeddings', 2048);
  const eps = readPositive(config, 'layer_norm_eps', 1e-5);
  const activation = readActivation(config, 'hidden_act', 'gelu');
  const tiedHead = readFlag(config, 'tie_word_embeddings', false);
  const parallel = readFlag(config, 'use_parallel_residual', true);
  const bias = readFlag(config, 'attention_bias', true);
  if (hiddenSize % heads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: hidden_size ${hiddenSize} is no multiple of num_attention_heads ${heads}.`,
    );
  }
  const headDim = hiddenSize / heads;
  const layers = readFullLayers(config, numLayers);
  const rope = readRopes(config, headDim, {
    theta: 'rotary_emb_base',
    thetaDefault: 10000,
    share: { field: 'rotary_pct', fallback: 0.25 },
    layerTypes: layers.kinds,
  })(layers.of(0));
  const scale = 1 / Math.sqrt(headDim);

  const layerPrefix = 'gpt_neox.layers.';
  const shapes = (built: ShapeBuilder) => {
    built.tensor('gpt_neox.embed_in.weight', vocabSize, hiddenSize);
    for (let i = 0; i < numLayers; i++) {
      const layer = `${layerPrefix}${i}`;
      built.layerNorm(`${layer}.input_layernorm`, hiddenSize);
      built.linear(`${layer}.attention.query_key_value`, hiddenSize, 3 * hiddenSize, { bias });
      built.linear(`${layer}.attention.dense`, hiddenSize, hiddenSize, { bias });
      built.layerNorm(`${layer}.post_attention_layernorm`, hiddenSize);
      built.linear(`${layer}.mlp.dense_h_to_4h`, hiddenSize, intermediateSize, { bias: true });
      built.linear(`${layer}.mlp.dense_4h_to_h`, intermediateSize, hiddenSize, { bias: true });
    }
    built.layerNorm('gpt_neox.final_layer_norm', hiddenSize);
    built.head('embed_out', hiddenSize, vocabSize, tiedHead ? 'gpt_neox.embed_in.weight' : null);
  };

  return withShapes(shapes, {
    modelType: 'gpt_neox',
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
    headModule: 'embed_out',

    canonicalName(name) {
      if (tiedHead && name === 'embed_out.weight') return null;
      return /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/.test(name) ? null : name;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.embed('gpt_neox.embed_in.weight');
      for (let i = 0; i < numLayers; i++) {
        const layer = `${layerPrefix}${i}`;
        const h = ops.layerNorm(x, `${layer}.input_layernorm`, eps);
        const fused = ops.linear(h, `${layer}.attention.query_key_value`);
        const [q = fused, k = fused, v = fused] = ops.split(fused, [headDim, headDim, headDim], heads);
        const mixed = ops.attention(q, k, v, {
          layer: i,
          heads,
          kvHeads: heads,
          headDim,
          scale,
          rope,
        });
        const attended = ops.add(x, ops.linear(mixed, `${layer}.attention.dense`));
        // In parallel, the MLP reads the layer's input; otherwise what attention left.
        const m = ops.layerNorm(parallel ? x : attended, `${layer}.post_attention_layernorm`, eps);
        const inner = ops.map(ops.linear(m, `${layer}.mlp.dense_h_to_4h`), activation);
        x = ops.add(attended, ops.linear(inner, `${layer}.mlp.dense_4h_to_h`));
      }
      return ops.layerNorm(x, 'gpt_neox.final_layer_norm', eps);
    },
  });
}

export const gptNeoxFamily: Family = { modelTypes: ['gpt_neox'], fromConfig };
