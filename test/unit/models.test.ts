import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/models/architecture.ts';
import { isJsonObject } from '../../src/core/json-object.ts';
import type { AttentionSpec } from '../../src/models/ops.ts';
import { architectureFromConfig, SUPPORTED_MODEL_TYPES } from '../../src/models/families.ts';
import { readRopes } from '../../src/models/rope-config.ts';
import { ropeTable } from '../../src/models/rope.ts';

const FAMILIES = ['llama', 'smollm2', 'qwen2', 'qwen3', 'gpt2', 'gpt_neox'] as const;

function config(family: string, file = 'config.json'): JsonObject {
  const path = new URL(`../fixtures/golden/${family}/${file}`, import.meta.url);
  const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isJsonObject(json)) throw new Error(`${file} is no object`);
  return json;
}

const shapeOf = (json: JsonObject) => {
  const { tensors, linears, maxPositions, tiedHead } = architectureFromConfig(json);
  return { tensors, linears, maxPositions, tiedHead };
};

it('README names every family', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const missing = SUPPORTED_MODEL_TYPES.filter((type) => !readme.includes(type.replace(/_text$/, '')));
  expect(missing).toEqual([]);
});

describe('architecture from config.json', () => {
  it.each(FAMILIES)('%s: the classic and the transformers 5 spelling describe the same model', (family) => {
    expect(shapeOf(config(family, 'config.v5.json'))).toEqual(shapeOf(config(family)));
  });

  it.each([
    ['llama', 'model_type', 'mamba', /model_type is "mamba"/],
    ['llama', 'hidden_size', '48', /hidden_size must be a whole number/],
    ['llama', 'hidden_size', 1e12, /hidden_size must be a whole number/],
    ['llama', 'num_key_value_heads', 3, /num_attention_heads 4 is no multiple of num_key_value_heads 3/],
    ['llama', 'hidden_act', 'xielu', /hidden_act must be one of silu/],
    ['llama', 'hidden_act', 'constructor', /hidden_act must be one of silu/],
    ['llama', 'rope_scaling', { rope_type: 'yarn', factor: 2 }, /rope scaling type "yarn"/],
    ['llama', 'rope_interleaved', true, /rope_interleaved must be false/],
    ['llama', 'quantization_config', { bits: 4 }, /weights are quantised \(quantization_config\)/],
    ['gpt2', 'quantization_config', { quant_method: 'gptq' }, /quantised with "gptq".*Choose the check/],
    [
      'llama',
      'quantization_config',
      { quant_method: 'bitsandbytes' },
      /, load it and call model.dequantize\(\)/,
    ],
    ['gpt_neox', 'quantization_config', { quant_method: 'fp8' }, /FineGrainedFP8Config\(dequantize=True\)/],
    ['llama', 'quantization_config', { quant_method: 'toString' }, /"toString" .*Choose the checkpoint/],
    ['gemma3', 'quantization_config', { quant_method: 'awq' }, /quantised with "awq"/],
    ['gemma3', 'text_config', { quantization_config: { quant_method: 'mxfp4' } }, /"mxfp4".*Mxfp4Config/],
    ['llama', 'layer_types', ['full_attention', 'sliding_attention'], /layer_types\[1\] must be "full_att/],
    ['llama', 'layer_types', ['full_attention'], /layer_types must be a list of 2 layers, found 1/],
    ['qwen3', 'layer_types', ['full_attention', 'linear_attention'], /layer_types\[1\] must be one of full_/],
    ['gpt2', 'num_attention_heads', 2, /num_attention_heads must be 4 as in n_head, found 2/],
    ['qwen3', 'rms_norm_eps', -1, /rms_norm_eps must be a positive number/],
    ['gpt2', 'n_head', 5, /n_embd 32 is no multiple of n_head 5/],
    ['gpt2', 'add_cross_attention', true, /add_cross_attention must be false/],
    ['phi', 'qk_layernorm', true, /qk_layernorm must be false/],
    ['phi', 'num_key_value_heads', 3, /num_attention_heads 4 and num_key_value_heads 3 do not divide/],
    ['gpt_neox', 'rotary_pct', 1.5, /rotary_pct must be at most 1, found 1.5/],
    ['gpt_neox', 'rotary_pct', 0.01, /rotated part of a head is 0 channels/],
  ])('%s: refuses %s = %j by name', (family, field, value, message) => {
    expect(() => architectureFromConfig({ ...config(family), [field]: value })).toThrow(message);
  });

  it('names older spellings and leaves out buffers', () => {
    const gpt2 = architectureFromConfig(config('gpt2'));
    expect(gpt2.canonicalName('h.0.attn.c_attn.weight')).toBe('transformer.h.0.attn.c_attn.weight');
    expect(gpt2.canonicalName('h.0.attn.bias')).toBeNull();
    expect(gpt2.canonicalName('h.0.attn.c_attn.bias')).toBe('transformer.h.0.attn.c_attn.bias');
    const neox = architectureFromConfig(config('gpt_neox'));
    expect(neox.canonicalName('gpt_neox.layers.0.attention.masked_bias')).toBeNull();
    expect(neox.canonicalName('gpt_neox.layers.0.attention.dense.bias')).toBe(
      'gpt_neox.layers.0.attention.dense.bias',
    );
  });

  it("GPT-2's fields may go by transformers' other names", () => {
    const { n_head: heads, n_layer: layers, ...rest } = config('gpt2');
    const other = architectureFromConfig({ ...rest, num_attention_heads: heads, num_hidden_layers: layers });
    expect(other).toMatchObject({ heads: 4, numLayers: 2 });
  });

  it("switches Qwen's sliding window on from layer max_window_layers upwards", () => {
    const windowed = {
      ...config('qwen2'),
      use_sliding_window: true,
      max_window_layers: 1,
      sliding_window: 7,
    };
    expect(attentionOf(windowed).map(({ window }) => window)).toEqual([undefined, 7]);
    const listed = { ...windowed, layer_types: ['sliding_attention', 'full_attention'] };
    expect(attentionOf(listed).map(({ window }) => window)).toEqual([7, undefined]);
    const off = { ...listed, use_sliding_window: false };
    expect(attentionOf(off).map(({ window }) => window)).toEqual([undefined, undefined]);
    // The reference's default, which it always writes.
    const unsaid = { ...windowed, sliding_window: undefined };
    expect(attentionOf(unsaid).map(({ window }) => window)).toEqual([undefined, 4096]);
  });
});

describe('a field that the family does not compute', () => {
  it.each([
    ['residual_multiplier', 0.5],
    ['final_logit_softcapping', 30],
    ['num_local_experts', 8],
    ['layer_types', ['chunked_attention']],
    ['clip_qkv', 8],
  ])('is refused by its name: %s', (field, value) => {
    expect(() => architectureFromConfig({ ...config('gpt_neox'), [field]: value })).toThrow(field);
  });

  it('may be there where it does nothing', () => {
    const off = { residual_multiplier: 1, final_logit_softcapping: null, num_experts: 0, pruned_heads: {} };
    expect(architectureFromConfig({ ...config('llama'), ...off }).modelType).toBe('llama');
  });

  it('may be any that changes no numbers', () => {
    expect(architectureFromConfig({ ...config('llama'), summary_type: 'x', use_cache: false }).heads).toBe(4);
  });
});

describe('Gemma 3 with pictures', () => {
  const text = config('gemma3');
  const whole = { model_type: 'gemma3', text_config: text, vision_config: { hidden_size: 8 } };

  it('is its text model, under both spellings of its names', () => {
    const model = architectureFromConfig(whole);
    expect(model.tensors).toEqual(architectureFromConfig(text).tensors);
    for (const name of ['language_model.model.norm.weight', 'model.language_model.norm.weight'])
      expect(model.canonicalName(name)).toBe('model.norm.weight');
    for (const name of ['vision_tower.x.weight', 'model.multi_modal_projector.y'])
      expect(model.canonicalName(name)).toBeNull();
  });

  it('needs a text_config', () => {
    expect(() => architectureFromConfig({ model_type: 'gemma3' })).toThrow('text_config must be an object');
    const odd = { ...whole, text_config: { ...text, attn_logit_softcapping: 50 } };
    expect(() => architectureFromConfig(odd)).toThrow('attn_logit_softcapping');
  });
});

describe('windows and rotations by layer', () => {
  it('follow a pattern where Gemma says no more', () => {
    const specs = attentionOf({
      ...{ ...config('gemma3'), layer_types: undefined, rope_parameters: undefined, sliding_window: 5 },
      ...{ sliding_window_pattern: 2, rope_theta: 1000, rope_local_base_freq: 10, num_hidden_layers: 4 },
    });
    expect(specs.map(({ window }) => window)).toEqual([5, undefined, 5, undefined]);
    const [local, full] = specs.map(({ rope }) => rope?.inverseFrequencies);
    expect(local).not.toEqual(full);
  });

  it("leave SmolLM3's every nth layer without rotation", () => {
    const specs = attentionOf({
      ...{
        ...config('smollm3'),
        no_rope_layers: undefined,
        layer_types: undefined,
        use_sliding_window: false,
      },
      no_rope_layer_interval: 2,
    });
    expect(specs.map(({ rope }) => rope !== undefined)).toEqual([true, false, true, false]);
    expect(specs.map(({ window }) => window)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

/** What each layer's attention is asked to be. */
function attentionOf(json: JsonObject): AttentionSpec[] {
  const specs: AttentionSpec[] = [];
  architectureFromConfig(json).forward<null>({
    embed: () => null,
    embedPositions: () => null,
    linear: () => null,
    rmsNorm: () => null,
    layerNorm: () => null,
    split: (_x, sizes) => sizes.map(() => null),
    attention: (_q, _k, _v, spec) => {
      specs.push(spec);
      return null;
    },
    gated: () => null,
    map: () => null,
    add: () => null,
  });
  return specs;
}

describe('the rotation that config.json describes', () => {
  const frequencies = (json: JsonObject) =>
    attentionOf(json).map(({ rope }) => rope?.inverseFrequencies ?? null);
  const llama = { ...config('llama'), rope_theta: undefined, rope_scaling: undefined };

  it('is the one of each kind of layer where rope_parameters is keyed by them', () => {
    const nested = config('nested-theta', '../../configs/nested-theta.json');
    const plain = { ...nested, rope_parameters: undefined };
    expect(frequencies(nested)).toEqual(frequencies({ ...plain, rope_theta: 50 }));
    expect(frequencies(nested)).not.toEqual(frequencies(plain));
    const mixed = {
      ...config('qwen3'),
      rope_theta: undefined,
      layer_types: ['sliding_attention', 'full_attention'],
      rope_parameters: {
        sliding_attention: { rope_type: 'default', rope_theta: 100 },
        full_attention: { rope_type: 'linear', factor: 2, rope_theta: 10000 },
      },
    };
    const [sliding, full] = frequencies(mixed);
    expect(sliding).toEqual(frequencies({ ...config('qwen3'), rope_theta: 100 })[0]);
    expect(full).toEqual(
      frequencies({ ...config('qwen3'), rope_theta: 10000 })[0]?.map((f) => Math.fround(f / 2)),
    );
  });

  it.each([
    [
      { rope_parameters: { sliding_attention: { rope_theta: 50 } } },
      'rope_parameters.full_attention must be an object',
    ],
    [
      { rope_parameters: { full_attention: { rope_theta: 50 }, rope_theta: 10000 } },
      'rope_parameters.rope_theta must be absent',
    ],
    [{ rope_parameters: { encoder: { rope_theta: 50 } } }, 'rope_parameters.encoder must be absent'],
    [{ rope_parameters: 'default' }, 'rope_parameters must be an object or null, found "default"'],
    [{ rope_scaling: [2] }, 'rope_scaling must be an object or null'],
    [
      { rope_theta: 10000, rope_parameters: { rope_theta: 50 } },
      'rope_theta must be 50 as in rope_parameters.rope_theta, found 10000',
    ],
    [
      { rope_parameters: { rope_theta: 50 }, rope_scaling: { type: 'linear', factor: 2 } },
      'rope_scaling must be absent',
    ],
    [
      { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } },
      'rope_parameters.partial_rotary_factor must be 1 in this family, found 0.5',
    ],
    [{ partial_rotary_factor: 0.5 }, 'partial_rotary_factor must be 1 in this family'],
    [{ rope_scaling: { factor: 2 } }, 'rope_scaling.factor must be absent with rope type "default", found 2'],
    [
      { rope_scaling: { type: 'linear', factor: 2, attention_factor: 3 } },
      'rope_scaling.attention_factor must be absent',
    ],
    [
      { rope_scaling: { type: 'linear', rope_type: 'llama3', factor: 2 } },
      'rope_scaling.type must be "llama3" as in rope_type',
    ],
    [
      { rope_scaling: { type: 'linear', factor: '2' } },
      'rope_scaling.factor must be a positive number, found "2"',
    ],
    [{ rope_scaling: { type: ['linear'] } }, 'rope scaling type ["linear"] is not computed'],
  ])('%j is refused by name', (change, message) => {
    expect(() => architectureFromConfig({ ...llama, ...change })).toThrow(message);
  });

  it('a share of the head stands in either place, and must be one', () => {
    const neox = config('gpt_neox');
    const share = (change: JsonObject) => attentionOf({ ...neox, ...change })[0]?.rope?.dim;
    const whole = share({ rotary_pct: 1 });
    expect(whole).toBe(attentionOf(neox)[0]?.headDim);
    expect(share({ rotary_pct: undefined, rope_parameters: { partial_rotary_factor: 1 } })).toBe(whole);
    expect(() => share({ rotary_pct: 0.5, rope_parameters: { partial_rotary_factor: 1 } })).toThrow(
      'rotary_pct must be 1 as in rope_parameters.partial_rotary_factor, found 0.5',
    );
  });

  it('the cases with fields that the family does not compute name them', () => {
    const at = (name: string) => () => architectureFromConfig(config(name, `../../configs/${name}.json`));
    expect(at('partial-rotary')).toThrow('rope_parameters.partial_rotary_factor must be 1');
    expect(at('quantised')).toThrow(
      /quantised with "gptq".*Choose the checkpoint that it was quantised from/,
    );
  });
});

describe('rotary frequencies', () => {
  const readRope = (json: JsonObject, headDim: number, theta: string, thetaDefault: number) =>
    readRopes(json, headDim, { theta, thetaDefault, share: null, layerTypes: ['full_attention'] })(
      'full_attention',
    );

  it('llama3 scaling gives what the published formula gives for Llama 3.2 1B', () => {
    const { inverseFrequencies } = readRope(
      {
        rope_theta: 500000,
        max_position_embeddings: 131072,
        rope_scaling: {
          rope_type: 'llama3',
          factor: 32,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 8192,
        },
      },
      64,
      'rope_theta',
      10000,
    );
    // float32 values of the formula in transformers' modeling_rope_utils, worked out apart from this code.
    const expected = [
      [0, 1], // short wavelengths are kept,
      [14, 0.00321144611],
      [15, 0.00129054801], // those between interpolated,
      [16, 0.000429556705],
      [17, 9.70828696e-5],
      [18, 1.94616387e-5], // long ones divided by the factor
      [31, 9.41830649e-8],
    ] as const;
    expect(inverseFrequencies).toHaveLength(32);
    for (const [i, value] of expected) expect((inverseFrequencies[i] ?? NaN) / value).toBeCloseTo(1, 6);
  });

  it('linear scaling divides every frequency', () => {
    const plain = readRope({ rope_theta: 10000 }, 8, 'rope_theta', 1);
    const scaled = readRope(
      { rope_theta: 10000, rope_scaling: { type: 'linear', factor: 4 } },
      8,
      'rope_theta',
      1,
    );
    expect(scaled.inverseFrequencies).toEqual(plain.inverseFrequencies.map((f) => Math.fround(f / 4)));
  });

  it('tabulates cos and sin of position times frequency', () => {
    const { cos, sin } = ropeTable({ dim: 4, inverseFrequencies: [1, 0.01] }, 3);
    expect([...cos]).toEqual(
      [1, 1, Math.cos(1), Math.cos(0.01), Math.cos(2), Math.cos(0.02)].map(Math.fround),
    );
    expect(sin[4]).toBe(Math.fround(Math.sin(2)));
  });
});
