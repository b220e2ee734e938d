/**
 * @file Typed reading of config.json: each field is checked where it is read, and a field that the lab cannot
 * honour is refused by name. Field names are the Hub's, both the classic and the transformers 5 spelling.
 */
import { LabError } from '../core/errors.ts';
import { isJsonObject, shown } from '../core/json-object.ts';
import type { JsonObject } from './architecture.ts';
import type { Activation } from './ops.ts';

export const refuse = (
  field: string,
  expected: string,
  found: unknown,
  remedy = 'Correct config.json, or choose another checkpoint.',
): LabError =>
  new LabError(
    'unsupported-architecture',
    `config.json: ${field} must be ${expected}, found ${shown(found)}.`,
    { remedy },
  );

/** A positive whole number; `fallback` where the field may be absent or null. */
export function readCount(config: JsonObject, field: string, fallback?: number): number {
  const value = config[field] ?? fallback;
  // 2^24 bounds every size a browser could hold and keeps products of two sizes exact.
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 2 ** 24) {
    throw refuse(field, 'a whole number from 1 to 16777216', value);
  }
  return value;
}

/** A finite positive number; `name` is the field's in messages. */
export function readPositive(config: JsonObject, field: string, fallback?: number, name = field): number {
  const value = config[field] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw refuse(name, 'a positive number', value);
  }
  return value;
}

export function readFlag(config: JsonObject, field: string, fallback: boolean): boolean {
  const value = config[field] ?? fallback;
  if (typeof value !== 'boolean') throw refuse(field, 'true or false', value);
  return value;
}

/** @throws LabError when `field` is there with another value than the only one the lab computes. */
export function requireNeutral(config: JsonObject, field: string, neutral: boolean | number): void {
  const value = config[field];
  if (value !== undefined && value !== null && value !== neutral) {
    throw refuse(field, shown(neutral), value, 'Choose a checkpoint without this variant.');
  }
}

/** How transformers (5.24) undoes a method of quantisation on loading; the others it cannot undo. */
const UNDONE: Readonly<Record<string, string>> = {
  bitsandbytes: 'load it and call model.dequantize()',
  'compressed-tensors': 'load it with CompressedTensorsConfig(dequantize=True)',
  fp8: 'load it with FineGrainedFP8Config(dequantize=True)',
  mxfp4: 'load it with Mxfp4Config(dequantize=True)',
};

/** @throws LabError for a checkpoint whose weights are quantised, naming the method and what undoes it. */
export function refuseQuantised(config: JsonObject): void {
  const { quantization_config: quantisation, text_config: text } = config;
  if (isJsonObject(text)) refuseQuantised(text);
  if (quantisation === undefined || quantisation === null) return;
  const method = isJsonObject(quantisation) ? quantisation.quant_method : undefined;
  const undone = typeof method === 'string' && Object.hasOwn(UNDONE, method) ? UNDONE[method] : undefined;
  const other = 'hoose the checkpoint that it was quantised from, with float weights.';
  throw new LabError(
    'unsupported-architecture',
    `config.json: the weights are quantised${typeof method === 'string' ? ` with ${shown(method)}` : ''} (quantization_config).`,
    {
      remedy:
        undone === undefined
          ? `C${other}`
          : `In transformers, ${undone}, then model.save_pretrained(FOLDER); or c${other}`,
    },
  );
}

/** Fields by which some family of transformers computes something else; those of names, training and caching are not here. */
const CHANGES_MATHEMATICS: ReadonlySet<string> = new Set([
  ...['activation_function', 'hidden_act', 'hidden_activation', 'norm_type', 'qk_layernorm', 'use_qk_norm'],
  ...['attention_bias', 'attention_out_bias', 'lm_head_bias', 'mlp_bias', 'use_bias', 'tie_word_embeddings'],
  ...['attention_multiplier', 'embedding_multiplier', 'logit_scale', 'logits_scaling', 'residual_multiplier'],
  ...[
    'scale_depth',
    'scale_emb',
    'query_pre_attn_scalar',
    'attn_logit_softcapping',
    'final_logit_softcapping',
  ],
  ...[
    'attention_chunk_size',
    'layer_types',
    'no_rope_layers',
    'sliding_window',
    'use_bidirectional_attention',
  ],
  ...[
    'alibi',
    'use_alibi',
    'partial_rotary_factor',
    'rope_local_base_freq',
    'rope_parameters',
    'rope_scaling',
  ],
  ...[
    'rope_theta',
    'rotary_pct',
    'clip_qkv',
    'kv_lora_rank',
    'q_lora_rank',
    'num_experts',
    'num_local_experts',
  ],
  ...['n_routed_experts', 'pruned_heads', 'is_encoder_decoder'],
]);

/** Nothing, off, or one time. */
function isNeutral(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return [undefined, null, false, 0, 1, ''].some((neutral) => neutral === value);
}

/**
 * What `build` makes of a config, once every field that changes the mathematics was read for it.
 * @throws LabError `unsupported-architecture` naming a field that stood unread
 */
export function wholly<T>(config: JsonObject, build: (config: JsonObject) => T): T {
  const read = new Set<string | symbol>();
  const watched = new Proxy(config, {
    get: (target, key) => {
      read.add(key);
      const value: unknown = Reflect.get(target, key);
      return value;
    },
  });
  const built = build(watched);
  for (const [field, value] of Object.entries(config)) {
    if (!CHANGES_MATHEMATICS.has(field) || read.has(field) || isNeutral(value)) continue;
    throw refuse(field, 'absent in this family', value, 'Choose a checkpoint without this variant.');
  }
  return built;
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  relu: 'relu',
};

export function readActivation(config: JsonObject, field: string, fallback: string): Activation {
  const value = config[field] ?? fallback;
  const activation =
    typeof value === 'string' && Object.hasOwn(ACTIVATIONS, value) ? ACTIVATIONS[value] : undefined;
  if (activation === undefined) throw refuse(field, `one of ${Object.keys(ACTIVATIONS).join(', ')}`, value);
  return activation;
}
