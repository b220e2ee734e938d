/**
 * @file Llama (SmolLM2 included), Qwen2, Qwen3, Mistral and SmolLM3: pre-norm decoders with rotary grouped-query
 * attention and a gated MLP. They differ in switches only - biases, norms on q and k, windows, layers without
 * rotation - so they are one definition. Field and weight names are those of transformers' modeling_llama and the others.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { readFlag, requireNeutral } from './config-reader.ts';
import type { SizeDefaults } from './decoder.ts';
import { attentionShapes, decoder, gatedMlp, mlpShapes, readSizes } from './decoder.ts';
import type { LayerTypes } from './layer-types.ts';
import { readFullLayers, readOneWindow, readQwenLayers, readSmolLayers } from './layer-types.ts';
import type { AttentionSpec, Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

/** What sets one member of the family apart from the others. */
interface Variant {
  readonly modelType: 'llama' | 'qwen2' | 'qwen3' | 'mistral' | 'smollm3';
  readonly defaults: SizeDefaults;
  /** Biases on q, k, v and on o; 'config': as attention_bias says. */
  readonly bias: { readonly qkv: boolean | 'config'; readonly output: boolean | 'config' };
  /** Whether mlp_bias is a field. */
  readonly mlpBias: boolean;
  /** RMSNorm on each head of q and k before the rotation. */
  readonly headNorms: boolean;
  readonly theta: number;
  readonly layers: (config: JsonObject, layers: number) => LayerTypes;
}

const AS_CONFIGURED = { qkv: 'config', output: 'config' } as const;
const NO_BIAS = { qkv: false, output: false } as const;

const VARIANTS: readonly Variant[] = [
  {
    modelType: 'llama',
    defaults: { maxPositions: 2048, tiedHead: false },
    ...{ bias: AS_CONFIGURED, mlpBias: true, headNorms: false, theta: 10000, layers: readFullLayers },
  },
  {
    modelType: 'qwen2',
    defaults: { maxPositions: 32768, tiedHead: false, kvHeads: 32 },
    bias: { qkv: true, output: false },
    ...{ mlpBias: false, headNorms: false, theta: 10000, layers: readQwenLayers },
  },
  {
    modelType: 'qwen3',
    defaults: { maxPositions: 32768, tiedHead: false, kvHeads: 32, headDim: 128 },
    ...{ bias: AS_CONFIGURED, mlpBias: false, headNorms: true, theta: 10000, layers: readQwenLayers },
  },
  {
    modelType: 'mistral',
    defaults: { maxPositions: 131072, tiedHead: false, kvHeads: 8 },
    ...{ bias: NO_BIAS, mlpBias: false, headNorms: false, theta: 10000 },
    layers: (config) => readOneWindow(config, 4096),
  },
  {
    modelType: 'smollm3',
    defaults: { maxPositions: 32768, tiedHead: true, kvHeads: 4 },
    ...{ bias: AS_CONFIGURED, mlpBias: true, headNorms: false, theta: 2000000, layers: readSmolLayers },
  },
];

function fromConfig(config: JsonObject, variant: Variant): Architecture {
  const sizes = readSizes(config, variant.defaults);
  const { heads, kvHeads, headDim, numLayers, hiddenSize, eps, activation } = sizes;
  const stated = (bias: boolean | 'config') =>
    bias === 'config' ? readFlag(config, 'attention_bias', false) : bias;
  const bias = { qkv: stated(variant.bias.qkv), output: stated(variant.bias.output) };
  const mlpBias = variant.mlpBias && readFlag(config, 'mlp_bias', false);
  requireNeutral(config, 'rope_interleaved', false);
  const layers = variant.layers(config, numLayers);
  const ropeOf = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: variant.theta, share: null, layerTypes: layers.kinds },
  });

  return decoder(variant.modelType, sizes, {
    shapes(built, layer) {
      built.norm(`${layer}.input_layernorm`, hiddenSize);
      attentionShapes(built, layer, sizes, bias);
      if (variant.headNorms) {
        built.norm(`${layer}.self_attn.q_norm`, headDim);
        built.norm(`${layer}.self_attn.k_norm`, headDim);
      }
      built.norm(`${layer}.post_attention_layernorm`, hiddenSize);
      mlpShapes(built, layer, sizes, mlpBias);
    },

    layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T {
      const window = layers.window(i);
      const attention: AttentionSpec = {
        ...{ layer: i, heads, kvHeads, headDim, scale: 1 / Math.sqrt(headDim) },
        ...(layers.isRotated(i) ? { rope: ropeOf(layers.of(i)) } : {}),
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
      const attended = ops.add(x, ops.linear(mixed, `${layer}.self_attn.o_proj`));
      const m = ops.rmsNorm(attended, `${layer}.post_attention_layernorm.weight`, eps);
      return ops.add(attended, gatedMlp(ops, m, layer, activation));
    },
  });
}

export const llamaFamilies: readonly Family[] = VARIANTS.map((variant) => ({
  modelTypes: [variant.modelType],
  fromConfig: (config) => fromConfig(config, variant),
}));
