/** @file The stock-operations model against the golden fixtures. */
import { beforeAll, describe, expect, test } from 'vitest';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import * as golden from './golden.ts';

beforeAll(async () => {
  await initBackend('cpu');
});

describe.each(golden.FAMILIES)('%s', (family) => {
  const { batch } = golden.goldenFacts(family);
  const examples = batch.sequences.map((ids, b) => ({
    promptIds: ids.slice(0, batch.prompt_lengths[b]),
    completionIds: ids.slice(batch.prompt_lengths[b]),
  }));
  test('logits, loss and gradients', async () => {
    const model = await TrainableModel.load(golden.goldenModel(family), { kernels: 'stock' });
    const logits = await model.logits(null, batch.sequences);
    const want = golden.goldenArrays(family).get('logits');
    if (want === undefined) throw new Error('no golden logits');
    for (const [b, row] of golden.unpadded(want, batch.lengths).entries()) {
      expect(golden.maxAbsDifference(logits[b] ?? new Float32Array(), row)).toBeLessThan(
        golden.TOLERANCE.logits,
      );
    }
    for (const lora of ['lora_all', 'lora_qv'] as const) {
      const adapter = golden.goldenAdapter(family, lora);
      const { loss, gradients } = await model.lossAndGradients(adapter, examples);
      expect(Math.abs(loss - golden.goldenLoraFacts(family, lora).loss)).toBeLessThan(golden.TOLERANCE.loss);
      const expected = golden.pairsFrom(golden.goldenArrays(family, lora), 'grad\\.');
      expect([...gradients.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [module, { a, b }] of expected) {
        const got = gradients.get(module);
        if (got === undefined) throw new Error(module);
        expect(golden.maxAbsDifference(got.a, a) / golden.maxAbs(a)).toBeLessThan(golden.TOLERANCE.gradient);
        expect(golden.maxAbsDifference(got.b, b) / golden.maxAbs(b)).toBeLessThan(golden.TOLERANCE.gradient);
      }
    }
    model.dispose();
  });
});
