/**
 * @file Small folders with large claims: whatever number stands in config.json, an index, a tokenizer or an adapter, the
 * answer is a typed error or a model, and the work done is bounded by what the files hold. Work is counted, not timed.
 */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readGenerationDefaults } from '../../src/formats/generation-config.ts';
import { readAdapter } from '../../src/formats/peft.ts';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import { ShapeBuilder } from '../../src/models/builder.ts';
import { useCounts } from '../../src/runtimes/tfjs/use-counts.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';
import { FAMILIES, folder, golden, sourceOf } from './peft-folder.ts';

type Json = Record<string, unknown>;

const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (family: string, file: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/golden/${family}/${file}`, import.meta.url)));
const FOLDERS = new Map(
  FAMILIES.map((family) => {
    const config = JSON.parse(new TextDecoder().decode(read(family, 'config.json'))) as Json;
    return [family, { config, weights: read(family, 'model.safetensors') }];
  }),
);

/** The golden folder with fields of its config changed; `raw` replaces a value's text, for what JSON.stringify cannot write. */
function changed(family: string, change: Json, files: Readonly<Record<string, string>> = {}) {
  const { config, weights } = FOLDERS.get(family) ?? { config: {}, weights: new Uint8Array() };
  return memorySource(
    new Map([
      ['config.json', utf8(JSON.stringify({ ...config, ...change }).replace('"DEEP"', DEEP))],
      ['model.safetensors', weights],
      ...Object.entries(files).map(([name, text]): [string, Uint8Array<ArrayBuffer>] => [name, utf8(text)]),
    ]),
    'folder',
  );
}

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const HOSTILE: readonly unknown[] = [
  ...[0, -1, 1, 2, 3, 5, 4097, 1_000_000, 16_000_000, 2 ** 24, 2 ** 24 + 1, 400_000_000, 1e9, 2 ** 53, 1e300],
  ...[0.5, -0.0001, 1e-300, null, true, false, '8', '', [], [1], {}, { a: 1 }, 'DEEP', 'x'.repeat(100_000)],
  ...[{ rope_type: 'linear', factor: 1e300 }, { full_attention: { rope_theta: 1e-300 } }, { type: 'DEEP' }],
  ...[['full_attention'], ['full_attention', 'sliding_attention'], { rope_type: 'llama3', factor: 8 }],
];
const FIELDS = [
  ...['num_hidden_layers', 'hidden_size', 'intermediate_size', 'num_attention_heads', 'num_key_value_heads'],
  ...['head_dim', 'vocab_size', 'max_position_embeddings', 'rms_norm_eps', 'sliding_window', 'layer_types'],
  ...[
    'use_sliding_window',
    'max_window_layers',
    'rope_theta',
    'rope_scaling',
    'rope_parameters',
    'hidden_act',
  ],
  ...['n_layer', 'n_head', 'n_embd', 'n_inner', 'n_positions', 'rotary_pct', 'rotary_emb_base', 'model_type'],
  ...['partial_rotary_factor', 'tie_word_embeddings', 'attention_bias', 'mlp_bias', 'quantization_config'],
  ...['eos_token_id', 'bos_token_id', 'pad_token_id', 'layer_norm_eps', 'use_parallel_residual'],
];

afterEach(() => {
  vi.restoreAllMocks();
});

/** Tensors built and frequencies formed (each takes roundings to float32) while `action` runs. */
async function work(action: () => Promise<unknown>): Promise<{ tensors: number; roundings: number }> {
  const tensor = vi.spyOn(ShapeBuilder.prototype, 'tensor');
  const fround = vi.spyOn(Math, 'fround');
  try {
    await action();
    return { tensors: tensor.mock.calls.length, roundings: fround.mock.calls.length };
  } finally {
    vi.restoreAllMocks();
  }
}

async function openOrRefuse(open: () => Promise<unknown>): Promise<void> {
  try {
    await open();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LabError);
    if (thrown instanceof LabError) {
      expect(thrown.code, thrown.message).not.toBe('internal');
      expect(thrown.message.length).toBeLessThan(2000);
    }
  }
}

describe('a config that claims more than the weights hold', () => {
  test.each([
    ['llama', 'num_hidden_layers', 'says 1000000 layers, the weights hold 2'],
    ['qwen3', 'num_hidden_layers', 'says 1000000 layers, the weights hold 2'],
    ['gpt2', 'n_layer', 'says 1000000 layers, the weights hold 2'],
    ['gpt_neox', 'num_hidden_layers', 'says 1000000 layers, the weights hold 2'],
  ])('%s, a million of %s: refused before a tensor is built', async (family, field, message) => {
    const done = await work(() =>
      expectLabError(
        () => openCheckpoint(changed(family, { [field]: 1_000_000 })),
        'model-integrity',
        message,
      ),
    );
    expect(done.tensors).toBe(0);
  });

  test('a million layers beside weights of another family', async () => {
    const source = memorySource(
      new Map([
        [
          'config.json',
          utf8(JSON.stringify({ ...FOLDERS.get('llama')?.config, num_hidden_layers: 1_000_000 })),
        ],
        ['model.safetensors', FOLDERS.get('gpt2')?.weights ?? new Uint8Array()],
      ]),
    );
    const done = await work(() => expectLabError(() => openCheckpoint(source), 'model-integrity', 'hold 0'));
    expect(done.tensors).toBe(0);
  });

  test('heads of 16,000,000 channels: refused by the shape, no frequency formed', async () => {
    const done = await work(() =>
      expectLabError(
        () => openCheckpoint(changed('llama', { head_dim: 16_000_000 })),
        'model-integrity',
        'k_proj.weight',
        'expected [32000000, 48]',
      ),
    );
    expect(done.roundings).toBe(0);
  });

  test('one layer fewer is told in layers too', async () => {
    await expectLabError(
      () => openCheckpoint(changed('llama', { num_hidden_layers: 1 })),
      'model-integrity',
      'says 1 layers, the weights hold 2',
    );
  });

  test.each(FAMILIES)(
    '%s with any fields at any value: a typed error or a model, within bounds',
    async (family) => {
      const { config = {} } = FOLDERS.get(family) ?? {};
      const field = fc.constantFrom(...new Set([...FIELDS, ...Object.keys(config)]));
      const change = fc.dictionary(field, fc.constantFrom(...HOSTILE), { minKeys: 1, maxKeys: 3 });
      await fc.assert(
        fc.asyncProperty(change, async (fields) => {
          const done = await work(() =>
            openOrRefuse(async () => {
              const { architecture, source, config: json } = await openCheckpoint(changed(family, fields));
              // What both runtimes do next with any integer: walk the layers, form the frequencies.
              expect(useCounts(architecture).length).toBeLessThan(100);
              await readGenerationDefaults(source, json);
            }),
          );
          expect(done.tensors).toBeLessThan(12 * 4096 + 10);
          expect(done.roundings).toBeLessThan(10_000);
        }),
        { numRuns: 80 },
      );
    },
  );
});

describe('files beside it', () => {
  test('a byte-order mark before config.json is no fault', async () => {
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...utf8(JSON.stringify(FOLDERS.get('llama')?.config))]);
    const source = memorySource(
      new Map([
        ['config.json', marked],
        ['model.safetensors', FOLDERS.get('llama')?.weights ?? new Uint8Array()],
      ]),
    );
    expect((await openCheckpoint(source)).architecture.numLayers).toBe(2);
  });

  test('an index of a million shards asks for none of them', async () => {
    const map = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`t${i}`, `s${i}.safetensors`]));
    const inner = memorySource(
      new Map([
        ['config.json', utf8(JSON.stringify(FOLDERS.get('llama')?.config))],
        ['model.safetensors.index.json', utf8(JSON.stringify({ weight_map: map }))],
      ]),
    );
    const asked: string[] = [];
    const size = (path: string) => {
      asked.push(path);
      return inner.size(path);
    };
    await expectLabError(() => openCheckpoint({ ...inner, size }), 'model-integrity', 'lists 20000 files');
    expect(asked.length).toBeLessThan(5);
  });

  test('a header of many empty tensors does not multiply into an architecture', async () => {
    const tensors = Array.from({ length: 5000 }, (_, i) => ({
      ...({ name: `model.layers.${i}.x`, dtype: 'F32', shape: [0], data: new Float32Array() } as const),
    }));
    const source = memorySource(
      new Map([
        ['config.json', utf8(JSON.stringify({ ...FOLDERS.get('llama')?.config, num_hidden_layers: 5000 }))],
        ['model.safetensors', writeSafetensors(tensors)],
      ]),
    );
    const done = await work(() =>
      expectLabError(() => openCheckpoint(source), 'model-integrity', '5000 tensors'),
    );
    expect(done.tensors).toBe(0);
  });

  test('generation_config.json with any values gives defaults or a typed error', async () => {
    const field = fc.constantFrom(
      'eos_token_id',
      'bos_token_id',
      'max_new_tokens',
      'top_k',
      'top_p',
      'bad_words_ids',
      'suppress_tokens',
      'max_length',
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, fc.constantFrom(...HOSTILE)), async (fields) => {
        const text = JSON.stringify(fields).replace('"DEEP"', DEEP);
        const source = memorySource(new Map([['generation_config.json', utf8(text)]]));
        await openOrRefuse(() => readGenerationDefaults(source, {}));
      }),
      { numRuns: 80 },
    );
  });

  test('adapter_config.json with any values gives an adapter or a typed error', async () => {
    const given = await folder('llama/lora_qv');
    const base = await openCheckpoint(golden('llama'));
    const field = fc.constantFrom(
      'r',
      'lora_alpha',
      'lora_dropout',
      'target_modules',
      'layers_to_transform',
      'use_rslora',
      'rank_pattern',
      'bias',
    );
    const value = fc.constantFrom(
      ...HOSTILE.filter((one) => !JSON.stringify(one).includes('DEEP')),
      '(a+)+$',
      '(.*)*q',
      '(?=q).*',
      ['q_proj', 'v_proj'],
      '.*\\.(q|v)_proj',
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value, { minKeys: 1, maxKeys: 3 }), async (fields) => {
        await openOrRefuse(() =>
          readAdapter(sourceOf({ ...given, config: { ...given.config, ...fields } }), base),
        );
      }),
      { numRuns: 80 },
    );
  });

  test('tokenizer.json with any ids, merges and steps gives a tokenizer or a typed error', async () => {
    const source = nodeSource('test/fixtures/tokenizer');
    const json = JSON.parse(new TextDecoder().decode(await source.read('tokenizer.json'))) as Json & {
      model: Json;
    };
    const inModel = fc.constantFrom(
      'merges',
      'vocab',
      'unk_token',
      'byte_fallback',
      'type',
      'dropout',
      'ignore_merges',
    );
    const outside = fc.constantFrom(
      'added_tokens',
      'normalizer',
      'pre_tokenizer',
      'post_processor',
      'decoder',
      'truncation',
      'padding',
    );
    const value = fc.constantFrom(
      ...HOSTILE,
      { far: 400_000_000 },
      [{ id: 4e8, content: 'x' }],
      [['a', 1e9]],
      ['a b', 'a'],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(inModel, value, { maxKeys: 2 }),
        fc.dictionary(outside, value, { maxKeys: 2 }),
        async (model, rest) => {
          const text = JSON.stringify({ ...json, ...rest, model: { ...json.model, ...model } }).replace(
            '"DEEP"',
            DEEP,
          );
          const tokenizer = memorySource(new Map([['tokenizer.json', utf8(text)]]));
          await openOrRefuse(async () => {
            const loaded = await loadTokenizer(tokenizer, 268);
            expect(loaded?.size ?? 0).toBeLessThan(269);
          });
        },
      ),
      { numRuns: 150 },
    );
  });
});
