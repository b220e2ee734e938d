/**
 * @file OLMo 2: norms after attention and MLP and none before, one norm over all heads of q and one over those of k.
 * Names are those of transformers' modeling_olmo2.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { readFlag } from './config-reader.ts';
import { attentionShapes, decoder, gatedMlp, mlpShapes, readSizes } from './decoder.ts';
import { readFullLayers } from './layer-types.ts';
import type { Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

function fromConfig(config: JsonObject): Architecture {
  const sizes = readSizes(config, { maxPositions: 2048, tiedHead: false, eps: 1e-5 });
  const { heads, kvHeads, headDim, numLayers, hiddenSize, eps, activation } = sizes;
  const bias = readFlag(config, 'attention_bias', false);
  const layers = readFullLayers(config, numLayers);
  const rope = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: 10000, share: null, layerTypes: layers.kinds },
  })(layers.of(0));

  return decoder('olmo2', sizes, {
    shapes(built, layer) {
      attentionShapes(built, layer, sizes, { qkv: bias, output: bias });
      built.norm(`${layer}.self_attn.q_norm`, heads * headDim);
      built.norm(`${layer}.self_attn.k_norm`, kvHeads * headDim);
      built.norm(`${layer}.post_attention_layernorm`, hiddenSize);
      mlpShapes(built, layer, sizes);
      built.norm(`${layer}.post_feedforward_layernorm`, hiddenSize);
    },

    layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T {
      const norm = (value: T, name: string) => ops.rmsNorm(value, `${layer}.${name}.weight`, eps);
      const q = norm(ops.linear(x, `${layer}.self_attn.q_proj`), 'self_attn.q_norm');
      const k = norm(ops.linear(x, `${layer}.self_attn.k_proj`), 'self_attn.k_norm');
      const v = ops.linear(x, `${layer}.self_attn.v_proj`);
      const scale = 1 / Math.sqrt(headDim);
      const mixed = ops.attention(q, k, v, { layer: i, heads, kvHeads, headDim, scale, rope });
      const out = ops.linear(mixed, `${layer}.self_attn.o_proj`);
      const attended = ops.add(x, norm(out, 'post_attention_layernorm'));
      return ops.add(
        attended,
        norm(gatedMlp(ops, attended, layer, activation), 'post_feedforward_layernorm'),
      );
    },
  });
}

export const olmo2Family: Family = { modelTypes: ['olmo2'], fromConfig };
