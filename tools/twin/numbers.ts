/** @file Random numbers, first values of adapters, dropout masks, the order of examples, and numbers as text. */
import { learningRateFor } from '../../src/words/learning-rate.ts';
import { bitsAt, deriveKey, integerAt, mix32, normalAt, shuffled, uniformAt } from '../../src/core/random.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { DataOrder } from '../../src/runtimes/tfjs/data-order.ts';
import { dropoutKey, dropoutMask } from '../../src/runtimes/tfjs/dropout.ts';

const UINT32 = 2 ** 32;
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A double of any size, exactly, and what it is as text. */
function written(key: number, counter: number) {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, bitsAt(key, 2 * counter));
  view.setUint32(4, bitsAt(key, 2 * counter + 1));
  const hex = [0, 4].map((at) => view.getUint32(at).toString(16).padStart(8, '0')).join('');
  return { hex, text: String(view.getFloat64(0)) };
}

const COMMON = [
  ...[0, 1, -1, 0.1, 1e21, 1e20, 1.2345678901234568e20, 1e-6, 1e-7, 1.5e-7, 100, 0.000123, 5e-324],
  ...[1.7976931348623157e308, 2 / 3, 1e16, 1.2345678901234567e19, -0.5, 4294967296, 2 ** 53],
];

function ofLength(length: number, i: number) {
  return { promptIds: upTo(length), completionIds: [i] };
}

function orders() {
  const lengths = upTo(23).map((i) => 3 + integerAt(deriveKey('lengths'), i, 9));
  const examples = lengths.map(ofLength);
  return [true, false].map((shuffle) => {
    const config = { batchSize: 4, shuffle, seed: 77 };
    const order = new DataOrder(examples, ({ promptIds }) => promptIds.length + 1, config);
    const passes = upTo(13).map((pass) => order.batch(pass).flatMap(({ completionIds }) => completionIds));
    return { lengths, ...config, passes };
  });
}

function adapters() {
  const linears = [
    { module: 'model.layers.0.self_attn.q_proj', inFeatures: 12, outFeatures: 8, isHead: false },
    { module: 'model.layers.0.mlp.down_proj', inFeatures: 5, outFeatures: 12, isHead: false },
    { module: 'lm_head', inFeatures: 12, outFeatures: 20, isHead: true },
  ];
  const named = [['q_proj'], ['mlp.down_proj', 'lm_head'], 'all-linear'] as const;
  return named.map((targetModules, i) => {
    const config = { r: 2 + i, loraAlpha: 16, useRslora: false, loraDropout: 0, targetModules };
    const { pairs } = initAdapter(linears, config, 1000 * i);
    return {
      ...{ linears, r: config.r, targetModules, seed: 1000 * i },
      // A float32 as JSON is its double, exactly.
      a: Object.fromEntries([...pairs].map(([module, { a }]) => [module, [...a]])),
    };
  });
}

export function numberFixtures() {
  const parts: readonly (readonly (number | string)[])[] = [
    [],
    [0],
    [1],
    [UINT32 + 1],
    [Number.MAX_SAFE_INTEGER],
    [''],
    ['a', 'b'],
    ['ab'],
    ['naïve 😀 漢字'],
    ['\ud800'],
    [7, 'demonstrations', 'label', 2, 'prompts-12'],
    [3, 'split', 'pool'],
  ];
  const key = deriveKey('fixtures');
  return {
    mixed: upTo(12).map((i) => [i * 0x12345679, mix32(i * 0x12345679)]),
    keys: parts.map((own) => ({ parts: own, key: deriveKey(...own) })),
    bits: [...upTo(8), UINT32 - 1, UINT32, UINT32 + 5].map((counter) => [counter, bitsAt(key, counter)]),
    uniforms: upTo(12).map((counter) => uniformAt(key, counter)),
    normals: upTo(12).map((counter) => normalAt(key, counter)),
    integers: upTo(12).map((counter) => integerAt(key, counter, 1000)),
    shuffles: [0, 1, 2, 3, 30].map((size) => shuffled(upTo(size), deriveKey('shuffle', size))),
    adapters: adapters(),
    dropout: [0.1, 0.5, 0.9].map((probability) => {
      const own = dropoutKey(deriveKey(5, 'dropout', 3), 'model.layers.0.mlp.up_proj');
      return { probability, seed: 5, pass: 3, mask: [...dropoutMask(own, probability, 40)] };
    }),
    orders: orders(),
    // Measured sizes, between them, beyond them.
    rates: [1000, 1_053_824, 1_053_825, 5e6, 2e7, 7e7, 134_515_008, 2e8, 268_098_176, 7e9].map(
      (parameters) => [parameters, learningRateFor(parameters).rate],
    ),
    common: COMMON.map((value) => ({ value, text: String(value) })),
    written: upTo(200).map((i) => written(deriveKey('doubles'), i)),
    fixed: [0.5, 1.005, 0.125, 2.5, 0.0005, 1e-7, 0.3333333].map((value) => [value, value.toFixed(3)]),
  };
}
