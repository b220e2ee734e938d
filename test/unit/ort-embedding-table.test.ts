/** @file The table of embeddings outside the session: which bits it takes, and a session that is fed from it. */
import * as ort from 'onnxruntime-web';
import * as pageOrt from 'onnxruntime-web/webgpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from '../../src/formats/half.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomModel } from '../../src/models/random-weights.ts';
import { EmbeddingTable } from '../../src/runtimes/ort/embedding-table.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';

const NARROWED = {
  bfloat16: (values: Float32Array) => {
    const wide = new Float32Array(values.length);
    bf16ToF32(f32ToBf16(values), wide);
    return wide;
  },
  float16: (values: Float32Array) => {
    const wide = new Float32Array(values.length);
    f16ToF32(f32ToF16(values), wide);
    return wide;
  },
  float32: (values: Float32Array) => Float32Array.from(values),
};
const BYTES = { bfloat16: 2, float16: 2, float32: 4 };

/** Longer than what is compared at a time, and not a multiple of it. */
const values = Float32Array.from({ length: 3 * 1700 }, (_, i) => Math.sin(i) * 10 ** ((i % 7) - 3));

describe.each(Object.entries(NARROWED))('values of %s', (type, narrowed) => {
  test('the rows are the values, in as many bits as say them', () => {
    const own = narrowed(values);
    own[0] = -0;
    const table = new EmbeddingTable(own, 3);
    expect(table.byteLength).toBe(own.length * BYTES[type as keyof typeof BYTES]);
    const rows = table.rows(BigInt64Array.of(1699n, 0n, 1365n, 1366n));
    const wanted = [1699, 0, 1365, 1366].flatMap((row) => [...own.subarray(3 * row, 3 * row + 3)]);
    expect([...rows]).toEqual(wanted);
  });
});

test('one value that 16 bits do not say, at the very end, keeps all in 32', () => {
  const own = NARROWED.bfloat16(values);
  own[own.length - 1] = 1 / 3;
  expect(new EmbeddingTable(own, 3).byteLength).toBe(4 * own.length);
  expect(new EmbeddingTable(own, 3).rows([1699]).at(-1)).toBe(Math.fround(1 / 3));
});

describe('a session that is fed from it', () => {
  const LLAMA = {
    ...{ model_type: 'llama', hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 64 },
  };
  /** The head in three parts, the last of them small. */
  const VOCABULARY = 2 * 8192 + 5;
  const ROWS = [
    [1, VOCABULARY - 1, 8191, 8192],
    [16_383, 16_384],
  ];

  beforeAll(() => initBackend('wasm'));

  test.each([
    ['tied', { ...LLAMA, vocab_size: VOCABULARY, tie_word_embeddings: true }],
    ['untied', { ...LLAMA, vocab_size: VOCABULARY, tie_word_embeddings: false }],
    [
      'untied, with a bias',
      {
        ...{ model_type: 'phi', hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2 },
        ...{ num_attention_heads: 4, vocab_size: VOCABULARY, max_position_embeddings: 64 },
      },
    ],
  ])('%s: says what the other runtime says, in Node’s build and in the page’s', async (_, config) => {
    const source = randomModel(architectureFromConfig(config), 5);
    const halved = {
      ...source,
      readFloat32: async (name: string) => NARROWED.bfloat16(await source.readFloat32(name)),
    };
    const wanted = await (await TrainableModel.load(halved)).logits(null, ROWS);
    for (const build of [ort, pageOrt]) {
      const engine = await createEngine(build, { backend: 'wasm', numThreads: 1 });
      const model = await engine.loadModel(halved);
      const found = await model.logits(ROWS, { adapter: null });
      for (const [row, all] of wanted.entries()) {
        expect(found[row]).toHaveLength(all.length);
        const worst = all.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (found[row]?.[i] ?? NaN))),
          0,
        );
        expect(worst).toBeLessThan(1e-4);
      }
      await model.release();
    }
  });
});
