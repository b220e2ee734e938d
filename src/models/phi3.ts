/**
 * @file Phi-3 (Phi-3.5, Phi-4-mini): Llama with q, k and v in one projection, gate and up in another, part of each head
 * rotated and one window for all layers. Names are those of transformers' modeling_phi3.
 */
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { decoder, readSizes } from './decoder.ts';
import { readOneWindow } from './layer-types.ts';
import type { Ops } from './ops.ts';
import { readRopes } from './rope-config.ts';

function fromConfig(config: JsonObject): Architecture {
  const sizes = readSizes(config, { maxPositions: 4096, tiedHead: false, eps: 1e-5 });
  const { heads, kvHeads, headDim, hiddenSize, intermediateSize, eps, activation } = sizes;
  const layers = readOneWindow(config, null);
  const rope = readRopes(config, headDim, {
    ...{ theta: 'rope_theta', thetaDefault: 10000, layerTypes: layers.kinds },
    share: { field: 'partial_rotary_factor', fallback: 1 },
  })(layers.of(0));
  const window = layers.window(0);
  const [queries, keys] = [heads * headDim, kvHeads * headDim];

  return decoder('phi3', sizes, {
    shapes(built, layer) {
      built.norm(`${layer}.input_layernorm`, hiddenSize);
      built.linear(`${layer}.self_attn.qkv_proj`, hiddenSize, queries + 2 * keys);
      built.linear(`${layer}.self_attn.o_proj`, queries, hiddenSize);
      built.norm(`${layer}.post_attention_layernorm`, hiddenSize);
      built.linear(`${layer}.mlp.gate_up_proj`, hiddenSize, 2 * intermediateSize);
      built.linear(`${layer}.mlp.down_proj`, intermediateSize, hiddenSize);
    },

    layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T {
      const h = ops.rmsNorm(x, `${layer}.input_layernorm.weight`, eps);
      const fused = ops.linear(h, `${layer}.self_attn.qkv_proj`);
      const [q = fused, k = fused, v = fused] = ops.split(fused, [queries, keys, keys]);
      const mixed = ops.attention(q, k, v, {
        ...{ layer: i, heads, kvHeads, headDim, scale: 1 / Math.sqrt(headDim), rope },
        ...(window === undefined ? {} : { window }),
      });
      const attended = ops.add(x, ops.linear(mixed, `${layer}.self_attn.o_proj`));
      const m = ops.rmsNorm(attended, `${layer}.post_attention_layernorm.weight`, eps);
      const both = ops.linear(m, `${layer}.mlp.gate_up_proj`);
      const [gate = both, up = both] = ops.split(both, [intermediateSize, intermediateSize]);
      return ops.add(attended, ops.linear(ops.gated(gate, up, activation), `${layer}.mlp.down_proj`));
    },
  });
}

export const phi3Family: Family = { modelTypes: ['phi3'], fromConfig };
