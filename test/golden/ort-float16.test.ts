/** @file Half precision, whose graph and casts run on the CPU too: close to the goldens, and not equal to them. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import * as golden from './golden.ts';

/** float16 has 11 significant bits; logits of the goldens reach 10; the largest error seen is 0.017. */
const LOGITS_FLOAT16 = 0.03;

test.each(golden.FAMILIES)('%s', async (family) => {
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  const model = await engine.loadModel(golden.goldenModel(family), { dtype: 'float16' });
  const { batch } = golden.goldenFacts(family);
  for (const lora of [undefined, 'lora_all'] as const) {
    model.setAdapter(lora === undefined ? null : golden.goldenAdapter(family, lora));
    const want = golden.goldenArrays(family, lora).get('logits');
    if (want === undefined) throw new Error('no golden logits');
    const logits = await model.logits(batch.sequences);
    for (const [b, row] of golden.unpadded(want, batch.lengths).entries()) {
      const error = golden.maxAbsDifference(logits[b] ?? new Float32Array(), row);
      expect(error).toBeLessThan(LOGITS_FLOAT16);
      expect(error).toBeGreaterThan(1e-5);
    }
  }
  await model.release();
});
