/**
 * @file What most decoders of today share: the sizes of their config.json, the names around the layers
 * (`model.embed_tokens`, `model.layers.i`, `model.norm`, `lm_head`), and layers of grouped-query attention and a gated
 * MLP. What sets a family apart stands in its own file.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture, JsonObject } from './architecture.ts';
import type { ShapeBuilder } from './builder.ts';
import { withShapes } from './builder.ts';
import { readActivation, readCount, readFlag, readPositive } from './config-reader.ts';
import type { Activation, Ops } from './ops.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const LAYER_PREFIX = 'model.layers.';
const FINAL_NORM = 'model.norm.weight';
const HEAD = 'lm_head';

export interface Sizes {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly eps: number;
  readonly activation: Activation;
  readonly tiedHead: boolean;
}

/** What transformers takes where config.json is silent; each family has its own. */
export interface SizeDefaults {
  readonly maxPositions: number;
  readonly tiedHead: boolean;
  readonly eps?: number;
  /** As many as there are heads if left out. */
  readonly kvHeads?: number;
  /** hidden_size / num_attention_heads if left out. */
  readonly headDim?: number;
  /** The field of the activation and its default. */
  readonly activation?: readonly [field: string, fallback: string];
}

/** @throws LabError `unsupported-architecture` naming the field */
export function readSizes(config: JsonObject, defaults: SizeDefaults): Sizes {
  const hiddenSize = readCount(config, 'hidden_size');
  const heads = readCount(config, 'num_attention_heads');
  const kvHeads = readCount(config, 'num_key_value_heads', defaults.kvHeads ?? heads);
  if (config.head_dim == null && defaults.headDim === undefined && hiddenSize % heads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: hidden_size ${hiddenSize} is no multiple of num_attention_heads ${heads}, and head_dim is absent.`,
    );
  }
  if (heads % kvHeads !== 0) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: num_attention_heads ${heads} is no multiple of num_key_value_heads ${kvHeads}.`,
    );
  }
  const [activationField, activation] = defaults.activation ?? ['hidden_act', 'silu'];
  return {
    ...{ hiddenSize, heads, kvHeads },
    intermediateSize: readCount(config, 'intermediate_size'),
    numLayers: readCount(config, 'num_hidden_layers'),
    headDim: readCount(config, 'head_dim', defaults.headDim ?? hiddenSize / heads),
    vocabSize: readCount(config, 'vocab_size'),
    maxPositions: readCount(config, 'max_position_embeddings', defaults.maxPositions),
    eps: readPositive(config, 'rms_norm_eps', defaults.eps ?? 1e-6),
    activation: readActivation(config, activationField, activation),
    tiedHead: readFlag(config, 'tie_word_embeddings', defaults.tiedHead),
  };
}

/** What a family says of itself beside its sizes. */
export interface DecoderSpec {
  /** Tensors and linear projections of the layer whose names begin with `layer`. */
  shapes(built: ShapeBuilder, layer: string): void;
  /** What the final norm's stored weight stands short of: 1 where the norm multiplies by 1 + w. */
  readonly normOffset?: number;
  /** The embedding's rows are multiplied by it. */
  readonly embeddingScale?: number;
  readonly logitMaps?: Architecture['logitMaps'];
  /** For a name in a file the one without what stands around the text model; null for a tensor of another part. */
  rename?(name: string): string | null;
  /** One layer: (N, hidden) -> (N, hidden). */
  layer<T>(ops: Ops<T>, x: T, layer: string, i: number): T;
}

export function decoder(modelType: string, sizes: Sizes, spec: DecoderSpec): Architecture {
  const { hiddenSize, vocabSize, numLayers, eps, tiedHead } = sizes;
  const { normOffset = 0, embeddingScale = 1, logitMaps } = spec;
  const shapes = (built: ShapeBuilder) => {
    built.tensor(EMBEDDING, vocabSize, hiddenSize);
    for (let i = 0; i < numLayers; i++) spec.shapes(built, `${LAYER_PREFIX}${i}`);
    built.norm('model.norm', hiddenSize, normOffset);
    built.head(HEAD, hiddenSize, vocabSize, tiedHead ? EMBEDDING : null);
  };
  return withShapes(shapes, {
    ...sizes,
    modelType,
    layerPrefix: LAYER_PREFIX,
    headModule: HEAD,
    ...(logitMaps === undefined ? {} : { logitMaps }),

    canonicalName(stored) {
      const name = spec.rename === undefined ? stored : spec.rename(stored);
      if (name === null) return null;
      if (name.endsWith('.rotary_emb.inv_freq')) return null;
      return tiedHead && name === `${HEAD}.weight` ? null : name;
    },

    forward<T>(ops: Ops<T>): T {
      let x = ops.embed(EMBEDDING);
      if (embeddingScale !== 1) x = ops.map(x, 'scale', embeddingScale);
      for (let i = 0; i < numLayers; i++) x = spec.layer(ops, x, `${LAYER_PREFIX}${i}`, i);
      return ops.rmsNorm(x, FINAL_NORM, eps);
    },
  });
}

/** q, k, v and o of a layer. */
export function attentionShapes(
  built: ShapeBuilder,
  layer: string,
  { hiddenSize, heads, kvHeads, headDim }: Sizes,
  bias: { readonly qkv: boolean; readonly output: boolean },
): void {
  const options = { bias: bias.qkv };
  built.linear(`${layer}.self_attn.q_proj`, hiddenSize, heads * headDim, options);
  built.linear(`${layer}.self_attn.k_proj`, hiddenSize, kvHeads * headDim, options);
  built.linear(`${layer}.self_attn.v_proj`, hiddenSize, kvHeads * headDim, options);
  built.linear(`${layer}.self_attn.o_proj`, heads * headDim, hiddenSize, { bias: bias.output });
}

/** gate, up and down of a layer. */
export function mlpShapes(
  built: ShapeBuilder,
  layer: string,
  { hiddenSize, intermediateSize }: Sizes,
  bias = false,
): void {
  built.linear(`${layer}.mlp.gate_proj`, hiddenSize, intermediateSize, { bias });
  built.linear(`${layer}.mlp.up_proj`, hiddenSize, intermediateSize, { bias });
  built.linear(`${layer}.mlp.down_proj`, intermediateSize, hiddenSize, { bias });
}

/** down(activation(gate(x)) * up(x)) */
export function gatedMlp<T>(ops: Ops<T>, x: T, layer: string, activation: Activation): T {
  const gate = ops.linear(x, `${layer}.mlp.gate_proj`);
  const up = ops.linear(x, `${layer}.mlp.up_proj`);
  return ops.linear(ops.gated(gate, up, activation), `${layer}.mlp.down_proj`);
}
