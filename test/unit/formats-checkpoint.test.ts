/** @file Checkpoints: every golden model opens, its variants give the same values, and what is wrong is named. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readGenerationDefaults } from '../../src/formats/generation-config.ts';
import { roundToBf16, roundToF16 } from '../../src/formats/half.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/formats/safetensors-writer.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const FAMILIES = {
  llama: 54288,
  smollm2: 53600,
  qwen2: 26624,
  qwen3: 28416,
  gpt2: 33952,
  gpt_neox: 83328,
};

const utf8 = (text: string) => new TextEncoder().encode(text);
const golden = (family: string) => nodeSource(`test/fixtures/golden/${family}`);

/** The golden's files in memory, to be damaged; `tensors` as they are stored. */
async function parts(family: string): Promise<Parts> {
  const source = golden(family);
  const file = await openSafetensors(source, 'model.safetensors');
  const tensors: TensorToWrite[] = [];
  for (const name of file.tensors.keys()) {
    const { dtype, shape, bytes } = await file.readRaw(name);
    tensors.push({ name, dtype, shape, data: bytes });
  }
  return { config: await source.read('config.json'), tensors };
}

interface Parts {
  readonly config: Uint8Array<ArrayBuffer>;
  readonly tensors: readonly TensorToWrite[];
}

const folder = ({ config, tensors }: Parts) =>
  memorySource(
    new Map([
      ['config.json', config],
      ['model.safetensors', writeSafetensors(tensors)],
    ]),
    'folder',
  );

const changed = (tensors: readonly TensorToWrite[], name: string, change: Partial<TensorToWrite>) =>
  tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor));

describe('golden checkpoints', () => {
  test.each(Object.entries(FAMILIES))('%s opens with %i parameters', async (family, parameters) => {
    const checkpoint = await openCheckpoint(golden(family));
    expect(checkpoint).toMatchObject({ dtype: 'F32', parameters, weightBytes: 4 * parameters });
    const bytes = await readFile(`test/fixtures/golden/${family}/model.safetensors`);
    expect(await checkpoint.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'));
    for (const { name, shape } of checkpoint.architecture.tensors) {
      const values = await checkpoint.readFloat32(name);
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
  });

  test.each([
    ['smollm2', 'model_bf16.safetensors', 'BF16', 'round'],
    ['gpt_neox', 'model_hub_f16.safetensors', 'F16', 'round'],
    ['gpt2', 'model_hubnames.safetensors', 'F32', 'same'],
  ] as const)('%s/%s holds the same weights as %s', async (family, weightsFile, dtype, how) => {
    const plain = await openCheckpoint(golden(family));
    const variant = await openCheckpoint(golden(family), { weightsFile });
    expect(variant.dtype).toBe(dtype);
    expect(variant.parameters).toBe(plain.parameters);
    for (const name of plain.tensors.keys()) {
      const values = await plain.readFloat32(name);
      const found = await variant.readFloat32(name);
      if (how === 'same') {
        expect(found).toEqual(values);
      } else {
        const round = dtype === 'F16' ? roundToF16 : roundToBf16;
        const stored = new Uint16Array((await variant.readRaw(name)).bytes.buffer);
        expect(stored).toEqual(Uint16Array.from(values, round));
        // F16 keeps 11 significant bits, BF16 8: both far within 2^-8.
        expect(found.every((value, i) => Math.abs(value - (values[i] ?? NaN)) <= Math.abs(value) / 128)).toBe(
          true,
        );
      }
    }
  });

  test('into a given array', async () => {
    const checkpoint = await openCheckpoint(golden('smollm2'), { weightsFile: 'model_bf16.safetensors' });
    const target = new Float32Array(40);
    expect(await checkpoint.readFloat32('model.norm.weight', target)).toBe(target);
    expect(target).toEqual(await checkpoint.readFloat32('model.norm.weight'));
    await expectLabError(
      () => checkpoint.readFloat32('model.norm.weight', new Float32Array(39)),
      'invalid-request',
      '40 values',
    );
    await expectLabError(() => checkpoint.readFloat32('norm'), 'invalid-request', '"norm"');
  });
});

describe('a checkpoint in shards', () => {
  const INDEX = 'model.safetensors.index.json';
  /** Tensors dealt to two shards in turn, with the index that save_pretrained writes. */
  async function shards(family: string) {
    const { config, tensors } = await parts(family);
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    const halves = names.map((_, half) => tensors.filter((_, i) => i % 2 === half));
    const weightMap = Object.fromEntries(
      names.flatMap((name, half) => (halves[half] ?? []).map((tensor) => [tensor.name, name])),
    );
    const files = new Map([
      ['config.json', config],
      [INDEX, utf8(JSON.stringify({ metadata: { total_size: 0 }, weight_map: weightMap }))],
      [names[0], writeSafetensors(halves[0] ?? [])],
      [names[1], writeSafetensors(halves[1] ?? [])],
    ]);
    const withMap = (change: Record<string, unknown>) => {
      const map = { ...weightMap, ...change };
      const kept = Object.fromEntries(Object.entries(map).filter(([, shard]) => shard !== null));
      return new Map(files).set(INDEX, utf8(JSON.stringify({ weight_map: kept })));
    };
    return { names, files, withMap };
  }

  test('gives the same tensors, and the digest of its digests', async () => {
    const { names, files } = await shards('llama');
    const sharded = await openCheckpoint(memorySource(files));
    const single = await openCheckpoint(golden('llama'));
    for (const name of single.tensors.keys()) {
      expect(await sharded.readFloat32(name)).toEqual(await single.readFloat32(name));
    }
    expect(sharded.parameters).toBe(single.parameters);
    const hex = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
    const digests = names.map((name) => hex(files.get(name) ?? ''));
    expect(await sharded.sha256()).toBe(hex(digests.join('')));
  });

  test('whose index and shards disagree is refused', async () => {
    const { names, files, withMap } = await shards('llama');
    const open = (given: Map<string, Uint8Array<ArrayBuffer>>) => () => openCheckpoint(memorySource(given));
    const without = new Map(files);
    without.delete(names[1]);
    await expectLabError(open(without), 'model-integrity', names[1], 'does not have');
    await expectLabError(open(withMap({ extra: names[0] })), 'model-integrity', '"extra"', names[0]);
    await expectLabError(open(withMap({ 'lm_head.weight': null })), 'model-integrity', '"lm_head.weight"');
    await expectLabError(open(withMap({ 'lm_head.weight': names[1] })), 'model-integrity', names[1]);
    await expectLabError(open(withMap({ 'lm_head.weight': 3 })), 'model-integrity', '"lm_head.weight"');
    await expectLabError(open(withMap({ 'lm_head.weight': '../x' })), 'source-unreadable', '"../x"');
    // A second copy of a tensor, in a shard where the index does not place it.
    const { tensors } = await parts('llama');
    const all = new Map(files).set(names[1], writeSafetensors(tensors));
    await expectLabError(open(all), 'model-integrity', names[1], `places in ${names[0]}`);
    const noMap = new Map(files).set(INDEX, utf8('{}'));
    await expectLabError(open(noMap), 'model-integrity', 'weight_map');
  });
});

describe('a checkpoint that does not fit its config is refused', () => {
  const NORM = 'model.norm.weight';

  test('missing tensors, all counted, a few named', async () => {
    const { config, tensors } = await parts('llama');
    const kept = tensors.filter(({ name }) => !name.includes('layers.1.') || name.includes('o_proj'));
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors: kept })),
      'model-integrity',
      'model.safetensors lacks 8 of 21 tensors',
      'model.layers.1.input_layernorm.weight',
      'and 4 more',
    );
  });

  test('an unexpected tensor', async () => {
    const { config, tensors } = await parts('llama');
    const extra = { name: 'model.extra', dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors: [...tensors, extra] })),
      'model-integrity',
      'does not expect: model.extra',
    );
  });

  test('a wrong shape', async () => {
    const { config, tensors } = await parts('llama');
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors: changed(tensors, NORM, { shape: [6, 8] }) })),
      'model-integrity',
      NORM,
      'shape [6, 8], expected [48]',
    );
  });

  test('whole numbers in place of floats', async () => {
    const { config, tensors } = await parts('llama');
    const bytes = { dtype: 'I32', data: new Int32Array(48) } as const;
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors: changed(tensors, NORM, bytes) })),
      'model-integrity',
      NORM,
      'dtype I32',
    );
  });

  test('one tensor under two spellings', async () => {
    const { config, tensors } = await parts('gpt2');
    const again = tensors
      .filter(({ name }) => name === 'transformer.ln_f.bias')
      .map((tensor) => ({ ...tensor, name: 'ln_f.bias' }));
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors: [...tensors, ...again] })),
      'model-integrity',
      '"transformer.ln_f.bias"',
      '"ln_f.bias"',
    );
  });

  test('a config of another family', async () => {
    const { tensors } = await parts('llama');
    const { config } = await parts('gpt2');
    await expectLabError(
      () => openCheckpoint(folder({ config, tensors })),
      'model-integrity',
      'transformer.wte.weight',
      'unexpected ones instead: ',
    );
  });

  test.each([
    ['NaN', NaN],
    ['infinity', -Infinity],
  ])('%s among the weights, named with its index', async (_, bad) => {
    const { config, tensors } = await parts('llama');
    const data = new Float32Array(48).fill(1);
    data[17] = bad;
    const checkpoint = await openCheckpoint(folder({ config, tensors: changed(tensors, NORM, { data }) }));
    for (const read of [() => checkpoint.readFloat32(NORM), () => checkpoint.readRaw(NORM)]) {
      await expectLabError(read, 'model-integrity', 'model.safetensors', `"${NORM}"`, 'index 17');
    }
  });

  test('no weights, no config, a broken config', async () => {
    const { config } = await parts('llama');
    const open = (...files: [string, Uint8Array<ArrayBuffer>][]) =>
      openCheckpoint(memorySource(new Map(files), 'folder'));
    await expectLabError(() => open(), 'source-unreadable', 'folder has no file config.json');
    await expectLabError(() => open(['config.json', config]), 'model-integrity', 'neither model.safetensors');
    await expectLabError(
      () => open(['config.json', config], ['pytorch_model.bin', new Uint8Array(1)]),
      'model-integrity',
      'pickle',
    );
    await expectLabError(() => open(['config.json', utf8('{')]), 'model-integrity', 'config.json in folder');
    await expectLabError(() => open(['config.json', utf8('[]')]), 'model-integrity', 'an array');
    await expectLabError(
      () => openCheckpoint(golden('llama'), { weightsFile: 'absent.safetensors' }),
      'source-unreadable',
      'absent.safetensors',
    );
  });

  test('a cancelled opening or hashing says so', async () => {
    const signal = { aborted: true };
    await expectLabError(() => openCheckpoint(golden('llama'), { signal }), 'cancelled');
    const checkpoint = await openCheckpoint(golden('llama'));
    await expectLabError(() => checkpoint.sha256({ signal }), 'cancelled');
    // A cancelled hash is not remembered.
    const seen: number[] = [];
    const digest = await checkpoint.sha256({ onProgress: ({ doneBytes }) => seen.push(doneBytes) });
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(seen.at(-1)).toBe(219288);
    expect(await checkpoint.sha256({ signal })).toBe(digest);
  });
});

describe('generation_config.json', () => {
  const read = (generation: unknown, config: Record<string, unknown> = {}) =>
    readGenerationDefaults(
      memorySource(new Map([['generation_config.json', utf8(JSON.stringify(generation))]])),
      config,
    );

  test("speaks the engine's words", async () => {
    expect(
      await read({ do_sample: true, top_k: 20, top_p: 0.8, eos_token_id: [1, 2], pad_token_id: null }),
    ).toEqual({ doSample: true, topK: 20, topP: 0.8, eosTokenIds: [1, 2] });
    expect(await read({ eos_token_id: 5, temperature: 0.7, repetition_penalty: 1.1 })).toEqual({
      eosTokenIds: [5],
      temperature: 0.7,
      repetitionPenalty: 1.1,
    });
  });

  test('leaves token ids to config.json where it is absent', async () => {
    const source = memorySource(new Map());
    expect(await readGenerationDefaults(source, { eos_token_id: 2, bos_token_id: 1 })).toEqual({
      eosTokenIds: [2],
      bosTokenId: 1,
    });
  });

  test('names a field of the wrong kind', async () => {
    await expectLabError(() => read({ top_k: 'many' }), 'model-integrity', 'top_k', '"many"');
    await expectLabError(
      () => read({}, { eos_token_id: [1, -1] }),
      'model-integrity',
      'config.json',
      '[1,-1]',
    );
  });
});
