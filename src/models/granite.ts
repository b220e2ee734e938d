/**
 * @file Granite: Llama with four multipliers - of the embeddings, of attention's scores, of what each half of a layer
 * adds, and a divisor of the logits. Names are those of transformers' modeling_granite.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { readFlag, readPositive } from './config-reader.ts';
import { attentionShapes, decoder, gatedMlp, mlpShapes, readSizes } from './decoder.ts';
import { readFullLayers } from './layer-types.ts';
import type { Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

function fromConfig(config: JsonObject): Architecture {
  const sizes = readSizes(config, { maxPositions: 2048, tiedHead: false });
  const { heads, kvHeads, headDim, numLayers, hiddenSize, eps, activation } = sizes;
  const bias = readFlag(config, 'attention_bias', false);
  const mlpBias = readFlag(config, 'mlp_bias', false);
  const scale = readPositive(config, 'attention_multiplier', 1);
  const added = readPositive(config, 'residual_multiplier', 1);
  const divisor = readPositive(config, 'logits_scaling', 1);
  const layers = readFullLayers(config, numLayers);
  const rope = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: 10000, share: null, layerTypes: layers.kinds },
  })(layers.of(0));

  return decoder('granite', sizes, {
    embeddingScale: readPositive(config, 'embedding_multiplier', 1),
    ...(divisor === 1 ? {} : { logitMaps: [{ name: 'scale', by: 1 / divisor }] }),

    shapes(built, layer) {
      built.norm(`${layer}.input_layernorm`, hiddenSize);
      attentionShapes(built, layer, sizes, { qkv: bias, output: bias });
      built.norm(`${layer}.post_attention_layernorm`, hiddenSize);
      mlpShapes(built, layer, sizes, mlpBias);
    },

    layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T {
      const scaled = (value: T) => (added === 1 ? value : ops.map(value, 'scale', added));
      const h = ops.rmsNorm(x, `${layer}.input_layernorm.weight`, eps);
      const q = ops.linear(h, `${layer}.self_attn.q_proj`);
      const k = ops.linear(h, `${layer}.self_attn.k_proj`);
      const v = ops.linear(h, `${layer}.self_attn.v_proj`);
      const mixed = ops.attention(q, k, v, { layer: i, heads, kvHeads, headDim, scale, rope });
      const attended = ops.add(x, scaled(ops.linear(mixed, `${layer}.self_attn.o_proj`)));
      const m = ops.rmsNorm(attended, `${layer}.post_attention_layernorm.weight`, eps);
      return ops.add(attended, scaled(gatedMlp(ops, m, layer, activation)));
    },
  });
}

export const graniteFamily: Family = { modelTypes: ['granite'], fromConfig };
