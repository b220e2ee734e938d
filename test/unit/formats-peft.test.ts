/** @file What an adapter file may say, and what the lab refuses by name. */
import { describe, expect, test } from 'vitest';
import { REMEDIES } from '../../src/core/errors.ts';
import { validateAdapter } from '../../src/formats/adapter-check.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { f32ToBf16 } from '../../src/formats/half.ts';
import { importAdapter, readAdapter } from '../../src/formats/peft.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import type { TensorToWrite } from '../../src/formats/safetensors-writer.ts';
import { initAdapter, loraScaling } from '../../src/lora/config.ts';
import { expectLabError } from './formats-expect.ts';
import {
  FAMILIES,
  LORA,
  WEIGHTS,
  golden,
  utf8,
  folder,
  sourceOf,
  readWith,
  importWith,
  rename,
} from './peft-folder.ts';

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
    // A part of a name is no full match, neither its end nor its beginning, nor that of one alternative: the tensors
    // decide, and that PEFT would leave them out is told.
    for (const part of ['(q|v)_proj', '.*self_attn\\.(q|v)', '.*self_attn\\.q|self_attn\\.v_proj']) {
      const told = await importWith('llama/lora_qv', { target_modules: part });
      expect(told.notes).toEqual([expect.stringMatching(/q_proj.* and 1 more, which .* does not mean/)]);
      expect(told.adapter.pairs).toEqual(adapter.pairs);
    }
    // Two factors remain that Python's end of text does not mean.
    const { notes } = await importWith('llama/lora_qv', { target_modules: '.*q_proj\\Z' });
    expect(notes).toEqual([
      expect.stringMatching(/layers\.0\.self_attn\.v_proj, .*layers\.1\.self_attn\.v_proj/),
    ]);
  });

  test('layers_to_transform: an index or several, whole names aside', async () => {
    const given = await folder('llama/lora_qv');
    const base = await openCheckpoint(golden('llama'));
    const tensors = given.tensors.filter(({ name }) => name.includes('layers.1.'));
    const read = (change: Record<string, unknown>) =>
      readAdapter(sourceOf({ config: { ...given.config, ...change }, tensors }), base);
    for (const layers of [1, [1], [1, 7]]) {
      const adapter = await read({ layers_to_transform: layers });
      expect([...adapter.pairs.keys()]).toEqual([
        'model.layers.1.self_attn.q_proj',
        'model.layers.1.self_attn.v_proj',
      ]);
      validateAdapter(adapter, base.architecture);
    }
    const whole = 'model.layers.0.self_attn.q_proj';
    const told = (change: Record<string, unknown>) =>
      importAdapter(sourceOf({ config: { ...given.config, ...change }, tensors }), base);
    expect((await told({ layers_to_transform: [1] })).notes).toEqual([]);
    expect(
      (await told({ layers_to_transform: [1], target_modules: ['q_proj', 'v_proj', whole] })).notes,
    ).toEqual([`adapter_config.json means 3 modules, the file adapts 2: none for ${whole}.`]);
    expect((await told({ layers_to_transform: [] })).notes).toHaveLength(1);
    const pattern = { layers_to_transform: [1], layers_pattern: 'layers' };
    expect((await told(pattern)).notes).toEqual([]);
    expect((await told({ ...pattern, layers_pattern: ['blocks'] })).notes).toHaveLength(1);
    expect((await told({ ...pattern, layers_to_transform: null })).notes[0]).toContain('says nothing');
    await expectLabError(
      () => read({ layers_to_transform: [-1] }),
      'unsupported-adapter',
      'layers_to_transform',
    );
    await expectLabError(
      () => read({ layers_to_transform: [1], target_modules: '.*proj' }),
      'unsupported-adapter',
      'regular expression',
    );
  });

  test('a pattern that cannot be matched here, and no target_modules: the tensors decide', async () => {
    const plain = await readWith('llama/lora_qv', {});
    for (const change of [
      { target_modules: null },
      { target_modules: '^(?!.*mlp).*proj' },
      { exclude_modules: '(?=k).*' },
      { layers_to_transform: [0, 1], layers_pattern: ['(?=l)layers'] },
    ]) {
      const { adapter, notes } = await importWith('llama/lora_qv', change);
      expect(adapter.pairs).toEqual(plain.pairs);
      expect(notes).toEqual([expect.stringContaining('hat the tensors adapt is taken.')]);
    }
    // A rank or scale that no tensor says is refused.
    for (const field of ['rank_pattern', 'alpha_pattern']) {
      await expectLabError(
        () => readWith('llama/lora_qv', { [field]: { '(?=q)q_proj': 4 } }),
        'unsupported-adapter',
        field,
        'as module names',
      );
    }
  });

  test("torch.compile's prefix on every name", async () => {
    const given = await folder('llama/lora_qv');
    const base = await openCheckpoint(golden('llama'));
    const compiled = rename(given.tensors, /^base_model\.model\./, 'base_model.model._orig_mod.');
    const plain = await readAdapter(sourceOf(given), base);
    const read = await readAdapter(sourceOf({ ...given, tensors: compiled }), base);
    expect(read.pairs).toEqual(plain.pairs);
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
    ['modules_to_save', 'lm_head'],
    ['rank_pattern', { q_proj: 0 }],
    ['alpha_pattern', { q_proj: '2' }],
    ['layers_pattern', 1],
    ['layer_replication', [[0, 2]]],
    ['exclude_modules', 3],
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

  test('each with the remedy of its own', async () => {
    const remedies = await Promise.all(
      Object.entries({
        use_dora: true,
        lora_bias: true,
        bias: 'all',
        init_lora_weights: 'pissa',
        trainable_token_indices: [1],
        target_parameters: ['x'],
        layer_replication: [[0, 2]],
        alora_invocation_tokens: [1],
        arrow_config: { top_k: 2 },
        use_qalora: true,
        use_bdlora: { blocks: 2 },
        megatron_config: { a: 1 },
        some_future_switch: true,
        peft_type: 'LOHA',
        task_type: 'SEQ_CLS',
        r: 0,
      }).map(async ([field, value]) => {
        const read = () => readWith('llama/lora_qv', { [field]: value });
        return (await expectLabError(read, 'unsupported-adapter', field)).remedy;
      }),
    );
    expect(new Set(remedies).size).toBe(remedies.length);
    expect(remedies).not.toContain(REMEDIES['unsupported-adapter']);
  });

  test('several fields at once', async () => {
    await expectLabError(
      () => readWith('llama/lora_qv', { use_dora: true, bias: 'all', init_lora_weights: 'olora' }),
      'unsupported-adapter',
      'use_dora (true), bias ("all"), init_lora_weights ("olora")',
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
