/** @file Adapters that do not fit their base, those made in memory, and any adapter there and back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { validateAdapter } from '../../src/formats/adapter-check.ts';
import { openCheckpoint, type Checkpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readAdapter } from '../../src/formats/peft.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { expectLabError } from './formats-expect.ts';
import {
  FAMILIES,
  LORA,
  WEIGHTS,
  golden,
  utf8,
  folder,
  sourceOf,
  rename,
  type Folder,
} from './peft-folder.ts';

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
  });

  test('modules that the base does not have', async () => {
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
