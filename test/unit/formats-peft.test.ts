/** @file PEFT adapters: the goldens round-trip, and whatever the lab cannot honour is refused by its name. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { validateAdapter } from '../../src/formats/adapter-check.ts';
import { openCheckpoint, type Checkpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { f32ToBf16 } from '../../src/formats/half.ts';
import { readAdapter } from '../../src/formats/peft.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/formats/safetensors-writer.ts';
import { initAdapter, loraScaling } from '../../src/lora/config.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const FAMILIES = ['llama', 'smollm2', 'qwen2', 'qwen3', 'gpt2', 'gpt_neox'];
const LORA = { r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0 };
const WEIGHTS = 'adapter_model.safetensors';

const golden = (path: string) => nodeSource(`test/fixtures/golden/${path}`);
const utf8 = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

interface Folder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorToWrite[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A golden adapter in memory, to be changed. */
async function folder(path: string): Promise<Folder> {
  const source = golden(path);
  const config: unknown = JSON.parse(new TextDecoder().decode(await source.read('adapter_config.json')));
  const file = await openSafetensors(source, WEIGHTS);
  const tensors: TensorToWrite[] = [];
  for (const name of file.tensors.keys()) {
    const { dtype, shape, bytes } = await file.readRaw(name);
    tensors.push({ name, dtype, shape, data: bytes });
  }
  return { config: { ...(config as object) }, tensors };
}

const sourceOf = ({ config, tensors, metadata }: Folder) =>
  memorySource(
    new Map([
      ['adapter_config.json', utf8(config)],
      [WEIGHTS, writeSafetensors(tensors, metadata === undefined ? {} : { metadata })],
    ]),
    'adapter',
  );

/** The golden adapter with its config changed, read for its base. */
async function readWith(path: string, change: Record<string, unknown>) {
  const base = await openCheckpoint(golden(path.split('/')[0] ?? path));
  const given = await folder(path);
  return readAdapter(sourceOf({ ...given, config: { ...given.config, ...change } }), base);
}

const rename = (tensors: readonly TensorToWrite[], from: RegExp | string, to: string) =>
  tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));

describe.each(FAMILIES)('golden adapters of %s', (family) => {
  test.each(['lora_all', 'lora_qv', 'lora_all/after10', 'lora_qv/after10'])(
    '%s round-trips',
    async (name) => {
      const source = golden(`${family}/${name}`);
      const base = await openCheckpoint(golden(family));
      const adapter = await readAdapter(source, base);
      expect(adapter.config).toMatchObject(LORA);
      expect(adapter.baseSha256).toBeUndefined();
      validateAdapter(adapter, base.architecture);
      const { config } = await folder(`${family}/${name}`);
      const files = writeAdapter(adapter, base.architecture, { baseModelName: `tiny-random/${family}` });
      expect(Buffer.compare(files.get(WEIGHTS) ?? Buffer.of(), await source.read(WEIGHTS))).toBe(0);
      expect(JSON.parse(new TextDecoder().decode(files.get('adapter_config.json')))).toEqual(config);
    },
  );
});

describe('what an adapter file may say', () => {
  test('rsLoRA', async () => {
    const adapter = await readAdapter(golden('llama/lora_rslora'), await openCheckpoint(golden('llama')));
    expect(adapter.config).toEqual({ ...adapter.config, r: 4, loraAlpha: 8, useRslora: true });
    expect(loraScaling(adapter.config)).toBe(4);
  });

  test('"all-linear", and names that match nothing', async () => {
    const all = await readWith('llama/lora_all', { target_modules: 'all-linear' });
    expect(all.config.targetModules).toBe('all-linear');
    expect(all.pairs.size).toBe(14);
    const some = await readWith('llama/lora_qv', { target_modules: ['q_proj', 'v_proj', 'c_attn'] });
    expect(some.config.targetModules).toEqual(['q_proj', 'v_proj']);
  });

  test('a regular expression over whole names', async () => {
    const adapter = await readWith('llama/lora_qv', { target_modules: '.*\\.(q|v)_proj' });
    const { architecture } = await openCheckpoint(golden('llama'));
    expect(adapter.config.targetModules).toEqual([...adapter.pairs.keys()]);
    validateAdapter(adapter, architecture);
    const either = await readWith('llama/lora_qv', { target_modules: '.*q_proj|.*v_proj' });
    expect(either.pairs).toEqual(adapter.pairs);
    // A part of a name is no full match, neither its end nor its beginning, nor that of one alternative.
    for (const part of ['(q|v)_proj', '.*self_attn\\.(q|v)', '.*self_attn\\.q|self_attn\\.v_proj']) {
      await expectLabError(() => readWith('llama/lora_qv', { target_modules: part }), 'adapter-mismatch');
    }
    await expectLabError(
      () => readWith('llama/lora_qv', { target_modules: '.*q_proj\\Z' }),
      'unsupported-adapter',
      '.*q_proj\\Z',
    );
  });

  test.each([true, false])('fan_in_fan_out %s: the factors are stored alike', async (flag) => {
    for (const path of ['gpt2/lora_qv', 'llama/lora_qv']) {
      const [plain, flagged] = [await readWith(path, {}), await readWith(path, { fan_in_fan_out: flag })];
      expect(flagged.pairs).toEqual(plain.pairs);
    }
  });

  test('fields without effect, absent fields, initialisations that leave the base alone', async () => {
    await readWith('llama/lora_qv', { init_lora_weights: 'gaussian', revision: 'main', task_type: null });
    await readWith('llama/lora_qv', { init_lora_weights: 'eva', eva_config: { rho: 2 } });
    await readWith('llama/lora_qv', { auto_mapping: { base_model_class: 'X' }, inference_mode: false });
    await readWith('llama/lora_qv', { some_future_switch: null, another: false, third: [], fourth: {} });
    await readWith('llama/lora_qv', { ensure_weight_tying: true });
    const given = await folder('llama/lora_qv');
    const config = { peft_type: 'LORA', r: 4, target_modules: ['q_proj', 'v_proj'] };
    const base = await openCheckpoint(golden('llama'));
    const adapter = await readAdapter(sourceOf({ ...given, config }), base);
    expect(adapter.config).toMatchObject({ r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0 });
  });

  test("the adapter's name inside tensor names, older module names, half precision", async () => {
    const base = await openCheckpoint(golden('gpt2'));
    const { config, tensors } = await folder('gpt2/lora_all');
    const plain = await readAdapter(sourceOf({ config, tensors }), base);
    const named = rename(tensors, /\.weight$/, '.default.weight');
    expect((await readAdapter(sourceOf({ config, tensors: named }), base)).pairs).toEqual(plain.pairs);
    const older = rename(tensors, 'base_model.model.transformer.', 'base_model.model.');
    expect((await readAdapter(sourceOf({ config, tensors: older }), base)).pairs).toEqual(plain.pairs);
    const halves = await Promise.all(
      tensors.map(async (tensor): Promise<TensorToWrite> => {
        const file = await openSafetensors(sourceOf({ config, tensors }), WEIGHTS);
        return { ...tensor, dtype: 'BF16', data: f32ToBf16(await file.readFloat32(tensor.name)) };
      }),
    );
    const half = await readAdapter(sourceOf({ config, tensors: halves }), base);
    expect([...half.pairs.keys()]).toEqual([...plain.pairs.keys()]);
  });

  test('an adapter on the head, with the copies of embedding and head that PEFT saves beside it', async () => {
    const base = await openCheckpoint(golden('smollm2'));
    const { config } = await folder('smollm2/lora_qv');
    const lora = { ...LORA, targetModules: ['lm_head'] };
    const adapter = initAdapter(base.architecture.linears, lora, 1);
    const source = memorySource(writeAdapter(adapter, base.architecture));
    const file = await openSafetensors(source, WEIGHTS);
    const tensors: TensorToWrite[] = [];
    for (const name of file.tensors.keys()) {
      const { dtype, shape, bytes } = await file.readRaw(name);
      tensors.push({ name, dtype, shape, data: bytes });
    }
    const { shape, bytes } = await base.readRaw('model.embed_tokens.weight');
    const copy = (name: string, data: Uint8Array): TensorToWrite => ({ name, dtype: 'F32', shape, data });
    const names = [
      'base_model.model.model.embed_tokens.weight',
      'base_model.model.lm_head.base_layer.weight',
    ];
    const headConfig = { ...config, target_modules: ['lm_head'] };
    const withCopies = [...tensors, ...names.map((name) => copy(name, bytes))];
    const read = await readAdapter(sourceOf({ config: headConfig, tensors: withCopies }), base);
    expect(read.pairs).toEqual(adapter.pairs);
    const trained = [...tensors, copy(names[0] ?? '', new Uint8Array(bytes.length))];
    await expectLabError(
      () => readAdapter(sourceOf({ config: headConfig, tensors: trained }), base),
      'unsupported-adapter',
      'embed_tokens.weight',
      'trained copy',
    );
    await expectLabError(
      () =>
        readAdapter(
          sourceOf({ config: { ...headConfig, ensure_weight_tying: true }, tensors: withCopies }),
          base,
        ),
      'unsupported-adapter',
      'ensure_weight_tying',
    );
  });
});

describe('what the lab cannot honour is refused by name', () => {
  test.each<[string, unknown]>([
    ['use_dora', true],
    ['bias', 'all'],
    ['bias', 'lora_only'],
    ['lora_bias', true],
    ['modules_to_save', ['lm_head']],
    ['rank_pattern', { q_proj: 2 }],
    ['alpha_pattern', { q_proj: 2 }],
    ['layers_to_transform', [0]],
    ['layers_to_transform', 0],
    ['layers_pattern', 'layers'],
    ['layer_replication', [[0, 2]]],
    ['exclude_modules', ['v_proj']],
    ['target_parameters', ['mlp.experts']],
    ['trainable_token_indices', [1]],
    ['use_qalora', true],
    ['alora_invocation_tokens', [1, 2]],
    ['megatron_config', { a: 1 }],
    ['arrow_config', { top_k: 2 }],
    ['use_bdlora', { blocks: 2 }],
    ['velora_config', { rank: 1 }],
    ['monteclora_config', { samples: 2 }],
    ['some_future_switch', true],
    ['some_future_number', 3],
    ['init_lora_weights', 'pissa'],
    ['init_lora_weights', 'pissa_niter_16'],
    ['init_lora_weights', 'olora'],
    ['init_lora_weights', 'corda'],
    ['init_lora_weights', 'loftq'],
    ['init_lora_weights', 'lora_ga'],
    ['init_lora_weights', 'of_the_future'],
    ['peft_type', 'LOHA'],
    ['peft_type', null],
    ['task_type', 'SEQ_CLS'],
    ['r', 0],
    ['r', 1.5],
    ['lora_alpha', '8'],
    ['lora_dropout', 1],
    ['use_rslora', 'yes'],
    ['fan_in_fan_out', 1],
    ['target_modules', null],
    ['target_modules', [1]],
  ])('%s = %j', async (field, value) => {
    const error = await expectLabError(
      () => readWith('llama/lora_qv', { [field]: value }),
      'unsupported-adapter',
      'adapter_config.json in adapter',
      field,
    );
    expect(error.message).toContain(value === null ? 'null' : JSON.stringify(value).slice(0, 20));
  });

  test('several fields at once', async () => {
    await expectLabError(
      () => readWith('llama/lora_qv', { use_dora: true, bias: 'all', init_lora_weights: 'olora' }),
      'unsupported-adapter',
      'use_dora (true), bias ("all"), init_lora_weights ("olora")',
    );
  });

  test('embeddings and norms as targets', async () => {
    for (const target of ['embed_tokens', 'input_layernorm']) {
      await expectLabError(
        () => readWith('llama/lora_qv', { target_modules: ['q_proj', 'v_proj', target] }),
        'unsupported-adapter',
        target,
      );
    }
    await expectLabError(
      () => readWith('llama/lora_qv', { target_modules: '.*(q_proj|v_proj|embed_tokens)' }),
      'unsupported-adapter',
      'model.embed_tokens',
    );
  });

  test.each(['lora_embedding_A', 'lora_magnitude_vector.weight', 'lora_B.bias', 'lora_B.default.bias'])(
    'a tensor %s',
    async (ending) => {
      const base = await openCheckpoint(golden('llama'));
      const { config, tensors } = await folder('llama/lora_qv');
      const name = `base_model.model.model.layers.0.self_attn.q_proj.${ending}`;
      const extra = { name, dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
      const read = () => readAdapter(sourceOf({ config, tensors: [...tensors, extra] }), base);
      await expectLabError(read, 'unsupported-adapter', name);
    },
  );

  test('a pickle', async () => {
    const { config } = await folder('llama/lora_qv');
    const files = new Map([
      ['adapter_config.json', utf8(config)],
      ['adapter_model.bin', new Uint8Array(1)],
    ]);
    const base = await openCheckpoint(golden('llama'));
    await expectLabError(() => readAdapter(memorySource(files), base), 'unsupported-adapter', 'pickle');
  });
});

describe('an adapter that does not fit its base is refused', () => {
  const Q = 'base_model.model.model.layers.0.self_attn.q_proj';
  const MODULE = 'model.layers.0.self_attn.q_proj';
  const read = async (change: (given: Folder) => Partial<Folder>) => {
    const given = await folder('llama/lora_qv');
    const base = await openCheckpoint(golden('llama'));
    return readAdapter(sourceOf({ ...given, ...change(given) }), base);
  };

  test('adapters of every other family', async () => {
    for (const family of FAMILIES) {
      const base = await openCheckpoint(golden(family));
      for (const other of FAMILIES.filter((name) => name !== family)) {
        await expectLabError(() => readAdapter(golden(`${other}/lora_all`), base), 'adapter-mismatch');
      }
    }
  });

  test('a missing factor', async () => {
    await expectLabError(
      () => read(({ tensors }) => ({ tensors: tensors.filter(({ name }) => name !== `${Q}.lora_B.weight`) })),
      'adapter-mismatch',
      `no lora_B for "${MODULE}"`,
      '[48, 4]',
    );
    await expectLabError(
      () => read(({ config }) => ({ config: { ...config, target_modules: ['q_proj', 'v_proj', 'k_proj'] } })),
      'adapter-mismatch',
      'k_proj',
    );
  });

  test('factors that target_modules does not mean', async () => {
    await expectLabError(
      () => read(({ config }) => ({ config: { ...config, target_modules: ['v_proj'] } })),
      'adapter-mismatch',
      MODULE,
    );
    await expectLabError(
      () => read(({ tensors }) => ({ tensors: rename(tensors, 'layers.1.', 'layers.7.') })),
      'adapter-mismatch',
      'model.layers.7.self_attn.q_proj',
    );
  });

  test('strange tensors', async () => {
    const extra = { name: 'something.else', dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
    await expectLabError(
      () => read(({ tensors }) => ({ tensors: [...tensors, extra] })),
      'adapter-mismatch',
      '"something.else"',
    );
  });

  test('wrong ranks and shapes', async () => {
    await expectLabError(
      () => read(({ config }) => ({ config: { ...config, r: 8 } })),
      'adapter-mismatch',
      `${Q}.lora_A.weight`,
      'shape [4, 48], expected [8, 48]',
    );
    await expectLabError(
      () =>
        read(({ tensors }) => ({
          tensors: tensors.map((tensor) =>
            tensor.name === `${Q}.lora_A.weight` ? { ...tensor, shape: [48, 4] } : tensor,
          ),
        })),
      'adapter-mismatch',
      'shape [48, 4], expected [4, 48]',
    );
  });

  test('one factor twice', async () => {
    await expectLabError(
      () =>
        read(({ tensors }) => ({
          tensors: [
            ...tensors,
            ...rename(
              tensors.filter(({ name }) => name === `${Q}.lora_A.weight`),
              /weight$/,
              'other.weight',
            ),
          ],
        })),
      'adapter-mismatch',
      `${Q}.lora_A.weight`,
      `${Q}.lora_A.other.weight`,
    );
  });

  test('NaN', async () => {
    const data = new Float32Array(4 * 48);
    data[9] = NaN;
    await expectLabError(
      () =>
        read(({ tensors }) => ({
          tensors: tensors.map((tensor) =>
            tensor.name === `${Q}.lora_A.weight` ? { ...tensor, data } : tensor,
          ),
        })),
      'model-integrity',
      `${Q}.lora_A.weight`,
      'index 9',
    );
  });

  test('another base, by its sha256', async () => {
    const base = await openCheckpoint(golden('llama'));
    const digest = await base.sha256();
    const fitting = await read(() => ({ metadata: { format: 'pt', base_sha256: digest } }));
    expect(fitting.baseSha256).toBe(digest);
    const other = '0'.repeat(64);
    await expectLabError(
      () => read(() => ({ metadata: { base_sha256: other } })),
      'adapter-mismatch',
      other,
      digest,
    );
    // What is written carries it again.
    const written = memorySource(writeAdapter(fitting, base.architecture));
    expect((await readAdapter(written, base)).baseSha256).toBe(digest);
    await expectLabError(
      () => {
        validateAdapter(fitting, base.architecture, other);
      },
      'adapter-mismatch',
      other,
      digest,
    );
  });
});

describe('validateAdapter', () => {
  const setUp = async () => {
    const { architecture } = await openCheckpoint(golden('gpt2'));
    const config = { ...LORA, targetModules: 'all-linear' as const };
    return { architecture, adapter: initAdapter(architecture.linears, config, 3) };
  };

  test('takes a fresh adapter, and names what is wrong with another', async () => {
    const { architecture, adapter } = await setUp();
    validateAdapter(adapter, architecture, '0'.repeat(64));
    const [[module, pair] = ['', undefined]] = adapter.pairs;
    if (pair === undefined) throw new Error('no pairs');
    const without = new Map(adapter.pairs);
    without.delete(module);
    const nan = pair.b.with(5, NaN);
    const cases: [Partial<typeof adapter>, string][] = [
      [{ pairs: without }, module],
      [{ pairs: new Map([...adapter.pairs, ['h.9', pair]]) }, 'h.9'],
      [
        { pairs: new Map(adapter.pairs).set(module, { ...pair, a: pair.a.slice(1) }) },
        `lora_A of "${module}"`,
      ],
      [{ pairs: new Map(adapter.pairs).set(module, { ...pair, b: nan }) }, 'index 5'],
      [{ config: { ...adapter.config, r: 0 } }, 'rank is 0'],
      [{ config: { ...adapter.config, r: 8 } }, module],
      [{ config: { ...adapter.config, loraAlpha: NaN } }, 'lora_alpha'],
      [{ config: { ...adapter.config, loraDropout: 1 } }, 'lora_dropout'],
      [{ config: { ...adapter.config, targetModules: ['c_attn'] } }, 'attn.c_proj'],
    ];
    for (const [change, name] of cases) {
      await expectLabError(
        () => {
          validateAdapter({ ...adapter, ...change }, architecture);
        },
        'adapter-mismatch',
        name,
      );
    }
  });
});

test('an adapter that could not be read again is not written', async () => {
  const { architecture } = await openCheckpoint(golden('qwen3'));
  const adapter = initAdapter(architecture.linears, { ...LORA, targetModules: ['q_proj'] }, 1);
  for (const { a } of adapter.pairs.values()) a[3] = Infinity;
  await expectLabError(() => writeAdapter(adapter, architecture), 'adapter-mismatch', 'Infinity at index 3');
});

describe('any adapter', () => {
  let checkpoint: Checkpoint | undefined;
  const base = async () => (checkpoint ??= await openCheckpoint(golden('qwen2')));

  test('that was written is read back', async () => {
    const { architecture } = await base();
    const modules = architecture.linears.map(({ module }) => module);
    const targets = fc.oneof(
      fc.constant('all-linear' as const),
      fc.subarray(modules, { minLength: 1 }),
      fc.subarray(['q_proj', 'v_proj', 'o_proj', 'mlp.down_proj', 'lm_head'], { minLength: 1 }),
    );
    const configs = fc.record({
      r: fc.integer({ min: 1, max: 9 }),
      loraAlpha: fc.double({ noNaN: true, noDefaultInfinity: true }),
      useRslora: fc.boolean(),
      loraDropout: fc.double({ min: 0, max: 0.99, noNaN: true }),
      targetModules: targets,
    });
    await fc.assert(
      fc.asyncProperty(configs, fc.nat(), async (config, seed) => {
        const adapter = initAdapter(architecture.linears, config, seed);
        const read = await readAdapter(memorySource(writeAdapter(adapter, architecture)), await base());
        expect(read.pairs).toEqual(adapter.pairs);
        // JSON has no -0.
        expect(read.config).toEqual({
          ...config,
          loraAlpha: config.loraAlpha + 0,
          loraDropout: config.loraDropout + 0,
        });
      }),
      { numRuns: 50 },
    );
  });

  test('whose config is any JSON object, or whose bytes are flipped, gives a typed error or an adapter', async () => {
    const given = await folder('qwen2/lora_qv');
    const checkpointOf = await base();
    const attempt = async (read: () => Promise<unknown>) => {
      try {
        await read();
      } catch (thrown) {
        if (!(thrown instanceof LabError)) throw thrown;
        expect(['unsupported-adapter', 'adapter-mismatch', 'model-integrity']).toContain(thrown.code);
      }
    };
    const fields = fc.constantFrom(...Object.keys(given.config));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fields, fc.jsonValue()), (change) =>
        attempt(() =>
          readAdapter(sourceOf({ ...given, config: { ...given.config, ...change } }), checkpointOf),
        ),
      ),
    );
    const bytes = writeSafetensors(given.tensors);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1200), fc.nat(7)), { minLength: 1 }), (flips) => {
        const flipped = bytes.slice();
        for (const [at, bit] of flips) flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const files = new Map([
          ['adapter_config.json', utf8(given.config)],
          [WEIGHTS, flipped],
        ]);
        return attempt(() => readAdapter(memorySource(files), checkpointOf));
      }),
    );
  });
});
