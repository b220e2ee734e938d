/** @file A base in each type of weights: what it is called, and both runtimes computing the values that are held. */
import * as ort from 'onnxruntime-web';
import * as pageOrt from 'onnxruntime-web/webgpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { initAdapter } from '../../src/lora/config.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import { isMatrix } from '../../src/models/architecture.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { weightType, type WeightType } from '../../src/core/weights.ts';
import { randomTensor } from '../../src/models/random-weights.ts';
import { createEngine, type OrtEngine } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';

const LLAMA = {
  ...{ model_type: 'llama', hidden_size: 64, intermediate_size: 104, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 64 },
};
/** A head of several slices, tied and not; a row that is not whole blocks; biases, weights the other way round, positions. */
const MODELS = {
  'llama, tied': { ...LLAMA, vocab_size: 17_000, tie_word_embeddings: true },
  'llama, untied': { ...LLAMA, vocab_size: 301, tie_word_embeddings: false },
  gpt2: { model_type: 'gpt2', vocab_size: 301, n_embd: 64, n_layer: 2, n_head: 4, n_positions: 64 },
};
const ROWS = [
  [1, 2, 3, 4, 5, 6, 7],
  [300, 20, 9],
];
const LORA = { r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0, targetModules: 'all-linear' } as const;

function opened(config: object, weights?: WeightType) {
  const { tensors } = architectureFromConfig({ ...config });
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(config))],
    [
      'model.safetensors',
      writeSafetensors(
        tensors.map((spec) => ({ ...spec, dtype: 'F32', data: randomTensor(spec, 3) })),
        {},
      ),
    ],
  ]);
  return openCheckpoint(memorySource(files, 'toy'), weights === undefined ? {} : { weights });
}

/** Node's build and the page's, which has fewer operators. */
let engines: OrtEngine[];
beforeAll(async () => {
  await initBackend('wasm');
  engines = [];
  for (const build of [ort, pageOrt]) {
    engines.push(await createEngine(build, { backend: 'wasm', numThreads: 1 }));
  }
});

function worst(found: readonly Float32Array[], wanted: readonly Float32Array[]): number {
  let most = 0;
  for (const [i, row] of wanted.entries()) {
    expect(found[i]).toHaveLength(row.length);
    for (const [j, value] of row.entries()) most = Math.max(most, Math.abs((found[i]?.[j] ?? NaN) - value));
  }
  return most;
}

describe.each(Object.entries(MODELS))('%s', (_, config) => {
  test.each(weightType.options)(
    '%s: both runtimes and the plain float32 of its values agree',
    async (weights) => {
      const checkpoint = await opened(config, weights);
      const { architecture } = checkpoint;
      const isBlocks = weights === 'q8' || weights === 'q4';
      const builds = isBlocks ? engines : engines.slice(0, 1);
      const labelling = await Promise.all(builds.map((engine) => engine.loadModel(checkpoint)));
      const learns = await TrainableModel.load(checkpoint, { layouts: 'once' });
      // Of the values alone, without the matrices as they are held.
      const plain = await TrainableModel.load(
        { architecture, readFloat32: (name) => checkpoint.readFloat32(name) },
        { layouts: 'both' },
      );
      const adapter = initAdapter(architecture.linears, LORA, 1);
      for (const { b } of adapter.pairs.values()) b.fill(0.01);
      for (const by of [null, adapter]) {
        const wanted = await plain.logits(by, ROWS);
        expect(await learns.logits(by, ROWS)).toEqual(wanted);
        for (const labels of labelling) {
          expect(worst(await labels.logits(ROWS, { adapter: by }), wanted)).toBeLessThan(1e-4);
        }
      }
      const examples = ROWS.map((promptIds) => ({ promptIds, completionIds: [5, 6] }));
      expect(await learns.lossAndGradients(adapter, examples)).toEqual(
        await plain.lossAndGradients(adapter, examples),
      );
      for (const model of [learns, plain]) model.dispose();
      for (const labels of labelling) await labels.release();
    },
  );
});

test('a type that changes values makes another base; norms and biases stay', async () => {
  const config = MODELS.gpt2;
  const stored = await opened(config);
  expect(stored.label).toBe('toy');
  const digests = new Set([await stored.sha256()]);
  for (const weights of ['float16', 'q8', 'q4'] as const) {
    const held = await opened(config, weights);
    expect(held.label).toBe(`toy@${weights}`);
    digests.add(await held.sha256());
    for (const tensor of stored.architecture.tensors) {
      const [found, was] = await Promise.all([
        held.readFloat32(tensor.name),
        stored.readFloat32(tensor.name),
      ]);
      const isSame = found.every((value, i) => value === was[i]);
      expect([tensor.name, isSame]).toEqual([tensor.name, !isMatrix(stored.architecture, tensor)]);
    }
  }
  expect(digests.size).toBe(4);
});

test('values that a type cannot hold are refused by the tensor’s name', async () => {
  const large = Float32Array.from({ length: 64 * 64 }, () => 1e12);
  const { architecture } = await opened(MODELS['llama, untied']);
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(MODELS['llama, untied']))],
    [
      'model.safetensors',
      writeSafetensors(
        architecture.tensors.map((spec) => ({
          ...{ ...spec, dtype: 'F32' },
          data: spec.name.endsWith('0.self_attn.q_proj.weight') ? large : randomTensor(spec, 3),
        })),
        {},
      ),
    ],
  ]);
  for (const weights of ['float16', 'q8', 'q4'] as const) {
    const held = await openCheckpoint(memorySource(files, 'toy'), { weights });
    const load = TrainableModel.load(held, { layouts: 'once' });
    await expect(load).rejects.toMatchObject({ code: 'model-integrity' });
    await expect(load).rejects.toThrow(/q_proj.*too large for/);
  }
});
