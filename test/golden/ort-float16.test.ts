/** @file Half precision, whose graph and casts run on the CPU too: close to the goldens, and not equal to them. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { worstRow } from '../../src/check/golden-rows.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { FAMILIES, openGolden, openGoldenAdapter } from './folders.ts';

/** float16 has 11 significant bits; logits of the goldens reach 10; the largest error seen is 0.017. */
const LOGITS_FLOAT16 = 0.03;

test.each(FAMILIES)('%s', async (family) => {
  const opened = await openGolden(family);
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  const model = await engine.loadModel(opened.checkpoint, { dtype: 'float16' });
  const { adapter, golden } = await openGoldenAdapter(opened, family, 'lora_all');
  const { sequences } = opened.golden.batch;
  for (const [used, want] of [
    [null, opened.golden.logits],
    [adapter, golden.logits],
  ] as const) {
    const error = worstRow(await model.logits(sequences, { adapter: used }), want);
    expect(error).toBeLessThan(LOGITS_FLOAT16);
    expect(error).toBeGreaterThan(1e-5);
  }
  await model.release();
});
