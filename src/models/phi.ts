/**
 * @file Phi (1, 1.5, 2): attention and MLP read one LayerNorm side by side, a share of each head is rotated, and every
 * projection has a bias, the head too. Names are those of transformers' modeling_phi.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import type { ShapeBuilder } from './builder.ts';
import { withShapes } from './builder.ts';
import { readActivation, readCount, readFlag, readPositive, requireNeutral } from './config-reader.ts';
import { LabError } from '../core/errors.ts';
import { readFullLayers } from './layer-types.ts';
import type { Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const LAYERS = 'model.layers.';
const HEAD = 'lm_head';

function fromConfig(config: JsonObject): Architecture {
  const hiddenSize = readCount(config, 'hidden_size', 2048);
  const heads = readCount(config, 'num_attention_heads', 32);
  const kvHeads = readCount(config, 'num_key_value_heads', heads);
  const numLayers = readCount(config, 'num_hidden_layers', 24);
  const intermediateSize = readCount(config, 'intermediate_size', 8192);
  const vocabSize = readCount(config, 'vocab_size', 51200);
  const maxPositions = readCount(config, 'max_position_embeddings', 2048);
  const eps = readPositive(config, 'layer_norm_eps', 1e-5);
  const activation = readActivation(config, 'hidden_act', 'gelu_new');
  const tiedHead = readFlag(config, 'tie_word_embeddings', false);
  requireNeutral(config, 'qk_layernorm', false);
  if (hiddenSize % heads !== 0 || heads % kvHeads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: hidden_size ${hiddenSize}, num_attention_heads ${heads} and num_key_value_heads ${kvHeads} do not divide one another.`,
    );
  }
  const headDim = hiddenSize / heads;
  const layers = readFullLayers(config, numLayers);
  const rope = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: 10000, layerTypes: layers.kinds },
    share: { field: 'partial_rotary_factor', fallback: 0.5 },
  })(layers.of(0));
  const scale = 1 / Math.sqrt(headDim);

  const shapes = (built: ShapeBuilder) => {
    built.tensor(EMBEDDING, vocabSize, hiddenSize);
    for (let i = 0; i < numLayers; i++) {
      const layer = `${LAYERS}${i}`;
      const linear = (module: string, inFeatures: number, outFeatures: number) => {
        built.linear(`${layer}.${module}`, inFeatures, outFeatures, { bias: true });
      };
      linear('self_attn.q_proj', hiddenSize, heads * headDim);
      linear('self_attn.k_proj', hiddenSize, kvHeads * headDim);
      linear('self_attn.v_proj', hiddenSize, kvHeads * headDim);
      linear('self_attn.dense', heads * headDim, hiddenSize);
      linear('mlp.fc1', hiddenSize, intermediateSize);
      linear('mlp.fc2', intermediateSize, hiddenSize);
      built.layerNorm(`${layer}.input_layernorm`, hiddenSize);
    }
    built.layerNorm('model.final_layernorm', hiddenSize);
    built.head(HEAD, hiddenSize, vocabSize, tiedHead ? EMBEDDING : null, true);
  };

  return withShapes(shapes, {
    ...{ modelType: 'phi', hiddenSize, vocabSize, numLayers, heads, kvHeads, headDim, intermediateSize },
    ...{ maxPositions, tiedHead, layerPrefix: LAYERS, headModule: HEAD },

    canonicalName(name) {
      if (tiedHead && name === `${HEAD}.weight`) return null;
      return name.endsWith('.rotary_emb.inv_freq') ? null : name;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.embed(EMBEDDING);
      for (let i = 0; i < numLayers; i++) {
        const layer = `${LAYERS}${i}`;
        const h = ops.layerNorm(x, `${layer}.input_layernorm`, eps);
        const [q, k, v] = [
          ops.linear(h, `${layer}.self_attn.q_proj`),
          ops.linear(h, `${layer}.self_attn.k_proj`),
          ops.linear(h, `${layer}.self_attn.v_proj`),
        ];
        const mixed = ops.attention(q, k, v, { layer: i, heads, kvHeads, headDim, scale, rope });
        const attended = ops.add(x, ops.linear(mixed, `${layer}.self_attn.dense`));
        const inner = ops.map(ops.linear(h, `${layer}.mlp.fc1`), activation);
        x = ops.add(attended, ops.linear(inner, `${layer}.mlp.fc2`));
      }
      return ops.layerNorm(x, 'model.final_layernorm', eps);
    },
  });
}

export const phiFamily: Family = { modelTypes: ['phi'], fromConfig };
