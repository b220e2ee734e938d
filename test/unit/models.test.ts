import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/models/architecture.ts';
import { isJsonObject } from '../../src/models/config-reader.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { readRope, ropeTable } from '../../src/models/rope.ts';

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
    ['llama', 'quantization_config', { bits: 4 }, /quantization_config/],
    ['qwen3', 'rms_norm_eps', -1, /rms_norm_eps must be a positive number/],
    ['gpt2', 'n_head', 5, /n_embd 32 is no multiple of n_head 5/],
    ['gpt2', 'add_cross_attention', true, /add_cross_attention must be false/],
    ['gpt_neox', 'rotary_pct', 1.5, /rotary_pct 1.5 is above 1/],
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

  it("switches Qwen's sliding window on from layer max_window_layers upwards", () => {
    const windowed = {
      ...config('qwen2'),
      use_sliding_window: true,
      max_window_layers: 1,
      sliding_window: 7,
    };
    const windows: (number | undefined)[] = [];
    architectureFromConfig(windowed).forward<null>({
      embed: () => null,
      embedPositions: () => null,
      linear: () => null,
      rmsNorm: () => null,
      layerNorm: () => null,
      splitQkv: () => [null, null, null],
      attention: (_q, _k, _v, { window }) => {
        windows.push(window);
        return null;
      },
      gated: () => null,
      activate: () => null,
      add: () => null,
    });
    expect(windows).toEqual([undefined, 7]);
  });
});

describe('rotary frequencies', () => {
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
