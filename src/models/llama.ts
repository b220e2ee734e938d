/**
 * @file Llama (SmolLM2 included), Qwen2 and Qwen3: pre-norm decoders with rotary grouped-query attention and a gated
 * MLP. They differ in three switches only - biases on q/k/v, norms on q and k, where the head size stands - so they
 * are one definition. Field and weight names are those of transformers' modeling_llama / modeling_qwen2 / _qwen3.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { once, ShapeBuilder } from './builder.ts';
import {
  readActivation,
  readCount,
  readFlag,
  readPositive,
  refuseQuantised,
  requireNeutral,
} from './config-reader.ts';
import { LabError } from '../core/errors.ts';
import { readFullLayers, readQwenLayers } from './layer-types.ts';
import type { AttentionSpec, Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

/** What sets one member of the family apart from the others. */
interface Variant {
  readonly modelType: 'llama' | 'qwen2' | 'qwen3';
  /** Biases on q, k, v and on o. */
  readonly qkvBias: (config: JsonObject) => boolean;
  readonly outputBias: (config: JsonObject) => boolean;
  /** RMSNorm on each head of q and k before the rotation. */
  readonly headNorms: boolean;
  readonly headDimDefault: (config: JsonObject) => number;
  readonly kvHeadsDefault: (config: JsonObject) => number;
  readonly maxPositionsDefault: number;
}

const perHead = (config: JsonObject) => {
  const hidden = readCount(config, 'hidden_size');
  const heads = readCount(config, 'num_attention_heads');
  if (hidden % heads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: hidden_size ${hidden} is no multiple of num_attention_heads ${heads}, and head_dim is absent.`,
    );
  }
  return hidden / heads;
};

const VARIANTS: readonly Variant[] = [
  {
    modelType: 'llama',
    qkvBias: (config) => readFlag(config, 'attention_bias', false),
    outputBias: (config) => readFlag(config, 'attention_bias', false),
    headNorms: false,
    headDimDefault: perHead,
    kvHeadsDefault: (config) => readCount(config, 'num_attention_heads'),
    maxPositionsDefault: 2048,
  },
  {
    modelType: 'qwen2',
    qkvBias: () => true,
    outputBias: () => false,
    headNorms: false,
    headDimDefault: perHead,
    kvHeadsDefault: () => 32,
    maxPositionsDefault: 32768,
  },
  {
    modelType: 'qwen3',
    qkvBias: (config) => readFlag(config, 'attention_bias', false),
    outputBias: (config) => readFlag(config, 'attention_bias', false),
    headNorms: true,
    headDimDefault: () => 128,
    kvHeadsDefault: () => 32,
    maxPositionsDefault: 32768,
  },
];

function fromConfig(config: JsonObject, variant: Variant): Architecture {
  const hiddenSize = readCount(config, 'hidden_size');
  const intermediateSize = readCount(config, 'intermediate_size');
  const numLayers = readCount(config, 'num_hidden_layers');
  const heads = readCount(config, 'num_attention_heads');
  const kvHeads = readCount(config, 'num_key_value_heads', variant.kvHeadsDefault(config));
  const headDim = config.head_dim == null ? variant.headDimDefault(config) : readCount(config, 'head_dim');
  const vocabSize = readCount(config, 'vocab_size');
  const maxPositions = readCount(config, 'max_position_embeddings', variant.maxPositionsDefault);
  const eps = readPositive(config, 'rms_norm_eps', 1e-6);
  const activation = readActivation(config, 'hidden_act', 'silu');
  const tiedHead = readFlag(config, 'tie_word_embeddings', false);
  const mlpBias = variant.modelType === 'llama' && readFlag(config, 'mlp_bias', false);
  refuseQuantised(config);
  requireNeutral(config, 'rope_interleaved', false);
  const layers = (variant.modelType === 'llama' ? readFullLayers : readQwenLayers)(config, numLayers);
  const ropeOf = readRopes(config, headDim, {
    theta: 'rope_theta',
    thetaDefault: 10000,
    share: null,
    layerTypes: layers.kinds,
  });
  if (heads % kvHeads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: num_attention_heads ${heads} is no multiple of num_key_value_heads ${kvHeads}.`,
    );
  }

  const qkvBias = variant.qkvBias(config);
  const outputBias = variant.outputBias(config);
  const embedding = 'model.embed_tokens.weight';
  const layerPrefix = 'model.layers.';
  const shapes = once(() => {
    const built = new ShapeBuilder();
    built.tensor(embedding, vocabSize, hiddenSize);
    for (let i = 0; i < numLayers; i++) {
      const layer = `${layerPrefix}${i}`;
      built.tensor(`${layer}.input_layernorm.weight`, hiddenSize);
      built.linear(`${layer}.self_attn.q_proj`, hiddenSize, heads * headDim, { bias: qkvBias });
      built.linear(`${layer}.self_attn.k_proj`, hiddenSize, kvHeads * headDim, { bias: qkvBias });
      built.linear(`${layer}.self_attn.v_proj`, hiddenSize, kvHeads * headDim, { bias: qkvBias });
      if (variant.headNorms) {
        built.tensor(`${layer}.self_attn.q_norm.weight`, headDim);
        built.tensor(`${layer}.self_attn.k_norm.weight`, headDim);
      }
      built.linear(`${layer}.self_attn.o_proj`, heads * headDim, hiddenSize, { bias: outputBias });
      built.tensor(`${layer}.post_attention_layernorm.weight`, hiddenSize);
      built.linear(`${layer}.mlp.gate_proj`, hiddenSize, intermediateSize, { bias: mlpBias });
      built.linear(`${layer}.mlp.up_proj`, hiddenSize, intermediateSize, { bias: mlpBias });
      built.linear(`${layer}.mlp.down_proj`, intermediateSize, hiddenSize, { bias: mlpBias });
    }
    built.tensor('model.norm.weight', hiddenSize);
    built.head('lm_head', hiddenSize, vocabSize, tiedHead ? embedding : null);
    return built;
  });

  return {
    modelType: variant.modelType,
    hiddenSize,
    vocabSize,
    numLayers,
    layerPrefix,
    heads,
    kvHeads,
    headDim,
    intermediateSize,
    maxPositions,
    tiedHead,
    get tensors() {
      return shapes().tensors;
    },
    get linears() {
      return shapes().linears;
    },
    headModule: 'lm_head',

    canonicalName(name) {
      if (name.endsWith('.rotary_emb.inv_freq')) return null;
      return tiedHead && name === 'lm_head.weight' ? null : name;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.embed(embedding);
      for (let i = 0; i < numLayers; i++) {
        const layer = `${layerPrefix}${i}`;
        const window = layers.window(i);
        const rope = ropeOf(layers.of(i));
        const attention: AttentionSpec = {
          layer: i,
          heads,
          kvHeads,
          headDim,
          scale: 1 / Math.sqrt(headDim),
          rope,
          ...(window === undefined ? {} : { window }),
        };
        const h = ops.rmsNorm(x, `${layer}.input_layernorm.weight`, eps);
        let q = ops.linear(h, `${layer}.self_attn.q_proj`);
        let k = ops.linear(h, `${layer}.self_attn.k_proj`);
        const v = ops.linear(h, `${layer}.self_attn.v_proj`);
        if (variant.headNorms) {
          q = ops.rmsNorm(q, `${layer}.self_attn.q_norm.weight`, eps);
          k = ops.rmsNorm(k, `${layer}.self_attn.k_norm.weight`, eps);
        }
        const mixed = ops.attention(q, k, v, attention);
        x = ops.add(x, ops.linear(mixed, `${layer}.self_attn.o_proj`));
        const m = ops.rmsNorm(x, `${layer}.post_attention_layernorm.weight`, eps);
        const gate = ops.linear(m, `${layer}.mlp.gate_proj`);
        const up = ops.linear(m, `${layer}.mlp.up_proj`);
        x = ops.add(x, ops.linear(ops.gated(gate, up, activation), `${layer}.mlp.down_proj`));
      }
      return ops.rmsNorm(x, 'model.norm.weight', eps);
    },
  };
}

export const llamaFamilies: readonly Family[] = VARIANTS.map((variant) => ({
  modelTypes: [variant.modelType],
  fromConfig: (config) => fromConfig(config, variant),
}));
