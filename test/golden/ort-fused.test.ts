/** @file The graph that WebGPU runs, with fused attention and padded heads, on the CPU: its arithmetic without a GPU. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { logits } from '../../src/runtimes/ort/score.ts';
import { ModelSession } from '../../src/runtimes/ort/session.ts';
import * as golden from './golden.ts';

test.each(golden.FAMILIES)('%s', async (family) => {
  const model = golden.goldenModel(family);
  const { maxPositions: maxLength } = model.architecture;
  const place = { ort, gpu: undefined };
  const session = await ModelSession.create(place, model, {
    float: 'float32',
    maxLength,
    attention: 'fused',
  });
  expect(session.takesBranches).toBe(false);
  const { batch } = golden.goldenFacts(family);
  for (const lora of [undefined, 'lora_all', 'lora_qv'] as const) {
    session.setAdapter(lora === undefined ? null : golden.goldenAdapter(family, lora));
    const want = golden.goldenArrays(family, lora).get('logits');
    if (want === undefined) throw new Error('no golden logits');
    const rows = await logits(session, batch.sequences);
    for (const [b, row] of golden.unpadded(want, batch.lengths).entries()) {
      const error = golden.maxAbsDifference(rows[b] ?? new Float32Array(), row);
      expect(error).toBeLessThan(golden.TOLERANCE.logits);
    }
  }
  await session.release();
});
