/** @file The start-up self-test passes on sound backends and fails, with numbers, on one that computes wrongly. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { selfTest } from '../../src/runtimes/tfjs/self-test.ts';

test.each(['cpu', 'wasm'] as const)('passes on %s', async (backend) => {
  const { rows } = await selfTest(backend);
  expect(rows.length).toBeGreaterThan(40);
  expect(rows[0]?.relativeError).toBeLessThan(1e-4);
  expect(tf.getBackend()).toBe(backend);
});

test('fails where a gradient is wrong', async () => {
  await selfTest('wasm');
  const name = 'BootlaceRmsNormGrad';
  const sound = tf.getKernel(name, 'wasm');
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({
    ...sound,
    kernelFunc: (call) => sound.kernelFunc({ ...call, attrs: { ...call.attrs, eps: 0.01 } }),
  });
  try {
    await expect(selfTest('wasm')).rejects.toMatchObject({ code: 'self-test-failed' });
    await expect(selfTest('wasm')).rejects.toThrow(/qwen3: gradient of model.*off by/);
  } finally {
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel(sound);
  }
});
