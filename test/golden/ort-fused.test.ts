/** @file The graph that WebGPU runs, with fused attention and padded heads, on the CPU: its arithmetic without a GPU. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { worstRow } from '../../src/check/golden-rows.ts';
import { logits } from '../../src/runtimes/ort/score.ts';
import { ModelSession } from '../../src/runtimes/ort/session.ts';
import { adaptersOf, FAMILIES, openGolden, openGoldenAdapter } from './folders.ts';

test.each(FAMILIES)('%s', async (family) => {
  const opened = await openGolden(family);
  const { checkpoint, golden } = opened;
  const { maxPositions: maxLength } = checkpoint.architecture;
  const place = { ort, gpu: undefined };
  const options = { float: 'float32', maxLength, attention: 'fused' } as const;
  const session = await ModelSession.create(place, checkpoint, options);
  expect(session.takesBranches).toBe(false);
  const { sequences } = golden.batch;
  expect(worstRow(await logits(session, sequences), golden.logits)).toBeLessThan(1e-4);
  for (const name of adaptersOf(family)) {
    const { adapter, golden: wanted } = await openGoldenAdapter(opened, family, name);
    expect(worstRow(await logits(session, sequences, { adapter }), wanted.logits)).toBeLessThan(1e-4);
  }
  await session.release();
});
