/** @file Training's threads: a model's width decides, another count starts tfjs anew, and no bit hangs on them. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../../src/runtimes/tfjs/device.ts';
import { threadsThatPay } from '../../src/runtimes/tfjs/threads.ts';
import { nodeThreads } from '../../tools/tfjs-threads.ts';

/** Of numbers whose sums hang on their order. */
async function product(): Promise<Float32Array> {
  const values = (rows: number, columns: number, by: number) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * by) * 10 ** (i % 7)),
      [rows, columns],
    );
  const [left, right] = [values(96, 300, 0.7), values(300, 210, 1.3)];
  const result = tf.matMul(left, right);
  const data = await result.data();
  tf.dispose([left, right, result]);
  return Float32Array.from(data);
}

describe('threads of training', () => {
  afterAll(() => initBackend('cpu'));

  it('are one for a narrow model and all for a wide one', () => {
    expect(threadsThatPay({ hiddenSize: 128 }, 4)).toBe(1);
    expect(threadsThatPay({ hiddenSize: 576 }, 4)).toBe(4);
    expect(threadsThatPay({ hiddenSize: 576 }, 1)).toBe(1);
  });

  it('can change from load to load, and give the same bits', async () => {
    const found: { threads: number; description: string; values: Float32Array; heap: number }[] = [];
    for (const wanted of [1, 2, 2, 1, 3]) {
      const { threads, description } = await initBackend('wasm', nodeThreads(wanted));
      found.push({ threads, description, values: await product(), heap: deviceMemory().heapBytes });
    }
    expect(found.map(({ threads }) => threads)).toEqual([1, 2, 2, 1, 3]);
    expect(found.map(({ description }) => description)[1]).toBe('wasm, SIMD, 2 threads');
    for (const { values, heap } of found) {
      expect(values).toEqual(found[0]?.values);
      expect(heap).toBeGreaterThan(0);
    }
    expect(found[0]?.values.every(Number.isFinite)).toBe(true);
  });
});
