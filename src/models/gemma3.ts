/**
 * @file Gemma 3, its text model: norms before and after attention and MLP that multiply by 1 + w, norms on the heads of
 * q and k, embeddings times sqrt(hidden), five sliding layers for each full one with a rotation of their own. Names are
 * those of transformers' modeling_gemma3.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { isJsonObject } from '../core/json-object.ts';
import { readFlag, readPositive, refuse, requireNeutral, wholly } from './config-reader.ts';
import { attentionShapes, decoder, gatedMlp, mlpShapes, readSizes } from './decoder.ts';
import { readPatternLayers } from './layer-types.ts';
import type { AttentionSpec, Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

const NORMS = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

function fromConfig(config: JsonObject, rename?: (name: string) => string | null): Architecture {
  const sizes = readSizes(config, {
    ...{ maxPositions: 131072, tiedHead: true, kvHeads: 4, headDim: 256 },
    activation: ['hidden_activation', 'gelu_pytorch_tanh'],
  });
  const { heads, kvHeads, headDim, numLayers, hiddenSize, eps, activation } = sizes;
  const bias = readFlag(config, 'attention_bias', false);
  const scale = 1 / Math.sqrt(readPositive(config, 'query_pre_attn_scalar', 256));
  // The reference keeps this field and computes nothing with it, so what a checkpoint means by it is not known.
  requireNeutral(config, 'attn_logit_softcapping', false);
  requireNeutral(config, 'use_bidirectional_attention', false);
  const layers = readPatternLayers(config, numLayers, { window: 4096, fullEvery: 6 });
  const ropeOf = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: 1_000_000, share: null, layerTypes: layers.kinds },
    local: { theta: 'rope_local_base_freq', thetaDefault: 10_000 },
  });
  const cap = config.final_logit_softcapping == null ? null : readPositive(config, 'final_logit_softcapping');

  return decoder('gemma3_text', sizes, {
    ...(rename === undefined ? {} : { rename }),
    normOffset: 1,
    embeddingScale: Math.fround(Math.sqrt(hiddenSize)),
    ...(cap === null ? {} : { logitMaps: [{ name: 'softcap', by: cap }] }),

    shapes(built, layer) {
      for (const norm of NORMS) built.norm(`${layer}.${norm}`, hiddenSize, 1);
      attentionShapes(built, layer, sizes, { qkv: bias, output: bias });
      built.norm(`${layer}.self_attn.q_norm`, headDim, 1);
      built.norm(`${layer}.self_attn.k_norm`, headDim, 1);
      mlpShapes(built, layer, sizes);
    },

    layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T {
      const window = layers.window(i);
      const attention: AttentionSpec = {
        ...{ layer: i, heads, kvHeads, headDim, scale, rope: ropeOf(layers.of(i)) },
        ...(window === undefined ? {} : { window }),
      };
      const norm = (value: T, name: string) => ops.rmsNorm(value, `${layer}.${name}.weight`, eps);
      const h = norm(x, 'input_layernorm');
      const q = norm(ops.linear(h, `${layer}.self_attn.q_proj`), 'self_attn.q_norm');
      const k = norm(ops.linear(h, `${layer}.self_attn.k_proj`), 'self_attn.k_norm');
      const v = ops.linear(h, `${layer}.self_attn.v_proj`);
      const mixed = ops.linear(ops.attention(q, k, v, attention), `${layer}.self_attn.o_proj`);
      const attended = ops.add(x, norm(mixed, 'post_attention_layernorm'));
      const m = gatedMlp(ops, norm(attended, 'pre_feedforward_layernorm'), layer, activation);
      return ops.add(attended, norm(m, 'post_feedforward_layernorm'));
    },
  });
}

/** The text model inside a checkpoint that sees pictures too, under transformers 4's names and 5's. */
function textName(name: string): string | null {
  if (/^(model\.)?(vision_tower|multi_modal_projector)\./.test(name)) return null;
  return name
    .replace(/^language_model\.(?=model\.|lm_head\.)/, '')
    .replace(/^model\.language_model\./, 'model.');
}

function fromMultimodal(config: JsonObject): Architecture {
  const { text_config: text } = config;
  if (!isJsonObject(text)) throw refuse('text_config', 'an object', text);
  // transformers writes there only what differs from its defaults.
  const whole = { ...MULTIMODAL_DEFAULTS, ...text };
  return wholly(whole, (fields) => fromConfig(fields, textName));
}

/** Gemma3TextConfig's. */
const MULTIMODAL_DEFAULTS = {
  ...{ vocab_size: 262_208, hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26 },
  ...{ num_attention_heads: 8 },
};

export const gemma3Families: readonly Family[] = [
  { modelTypes: ['gemma3_text'], fromConfig: (config) => fromConfig(config) },
  { modelTypes: ['gemma3'], fromConfig: fromMultimodal },
];
