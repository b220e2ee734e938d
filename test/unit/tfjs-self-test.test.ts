/**
 * @file The start-up self-test runs every kernel, passes on sound backends and fails, with numbers, on one that computes
 * wrongly or no numbers at all.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { expect, test } from 'vitest';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { ELEMENTWISE } from '../../src/runtimes/tfjs/kernels/elementwise.ts';
import { relativeError, selfTest } from '../../src/runtimes/tfjs/self-test.ts';

test.each(['cpu', 'wasm'] as const)('passes on %s', async (backend) => {
  const { rows } = await selfTest(backend);
  expect(rows.length).toBeGreaterThan(40);
  expect(rows[0]?.relativeError).toBeLessThan(1e-4);
  expect(tf.getBackend()).toBe(backend);
});

/** The lab's own kernels; tfjs' stock ones are what they are compared with in tests. */
const own = () =>
  tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => name.startsWith('Bootlace'));

/** Runs `body` with kernels of wasm replaced by what `change` makes of them. */
async function withKernels(
  names: readonly string[],
  change: (sound: tf.KernelConfig) => tf.KernelFunc,
  body: () => Promise<void>,
): Promise<void> {
  const kept = names.map((name) => tf.getKernel(name, 'wasm'));
  for (const sound of kept) {
    tf.unregisterKernel(sound.kernelName, 'wasm');
    tf.registerKernel({ ...sound, kernelFunc: change(sound) });
  }
  try {
    await body();
  } finally {
    for (const sound of kept) {
      tf.unregisterKernel(sound.kernelName, 'wasm');
      tf.registerKernel(sound);
    }
  }
}

test('runs every kernel that the trainer has, in every variant', async () => {
  await initBackend('wasm');
  const calls: {
    readonly kernel: string;
    readonly attrs: Record<string, unknown>;
    readonly inputs: string[];
  }[] = [];
  await withKernels(
    own(),
    (sound) => (call) => {
      calls.push({ kernel: sound.kernelName, attrs: { ...call.attrs }, inputs: Object.keys(call.inputs) });
      return sound.kernelFunc(call);
    },
    async () => {
      await selfTest('wasm');
    },
  );
  expect(own().length).toBeGreaterThan(15);
  expect([...new Set(calls.map(({ kernel }) => kernel))].sort()).toEqual(own().sort());
  const seen = (kernel: string, attr: string) =>
    new Set(calls.flatMap((call) => (call.kernel === kernel ? [call.attrs[attr]] : [])));
  const every = new Set(ELEMENTWISE.keys());
  const activations = new Set([...every].filter((i) => !['scale', 'softcap'].includes(ELEMENTWISE[i] ?? '')));
  for (const kernel of ['Map', 'MapGrad']) expect(seen(`Bootlace${kernel}`, 'f'), kernel).toEqual(every);
  for (const kernel of ['Gated', 'GatedGrad'])
    expect(seen(`Bootlace${kernel}`, 'f'), kernel).toEqual(activations);
  // Fused by head and side by side, in two parts and three; dropout on and off, with an adapter and without; a window and none; both directions.
  expect(seen('BootlaceSplit', 'groups').size).toBeGreaterThan(1);
  expect(seen('BootlaceSplit', 's2')).toContain(0);
  expect(seen('BootlaceLinear', 'dropThreshold').size).toBeGreaterThan(1);
  expect(seen('BootlaceLinearGrad', 'dropThreshold').size).toBeGreaterThan(1);
  expect(seen('BootlaceLinear', 'rank')).toEqual(new Set([0, 3]));
  expect(seen('BootlaceAttention', 'window').size).toBeGreaterThan(1);
  expect(seen('BootlaceRope', 'direction')).toEqual(new Set([1, -1]));
  // Gradients that are added to and that are first; layers with and without biases and residuals.
  const withInput = (kernel: string, input: string) =>
    new Set(calls.flatMap((call) => (call.kernel === kernel ? [call.inputs.includes(input)] : [])));
  for (const [kernel, input] of [
    ['BootlaceRmsNormGrad', 'into'],
    ['BootlaceLayerNormGrad', 'into'],
    ['BootlaceLinearGrad', 'into'],
    ['BootlaceLinear', 'bias'],
    ['BootlaceLinear', 'residual'],
  ] as const) {
    expect(withInput(kernel, input), `${kernel} ${input}`).toEqual(new Set([true, false]));
  }
});

test('fails where a gradient is wrong', async () => {
  await selfTest('wasm');
  await withKernels(
    ['BootlaceRmsNormGrad'],
    (sound) => (call) => sound.kernelFunc({ ...call, attrs: { ...call.attrs, eps: 0.01 } }),
    async () => {
      await expect(selfTest('wasm')).rejects.toMatchObject({ code: 'self-test-failed' });
      await expect(selfTest('wasm')).rejects.toThrow(/\w+ \w+: gradient of model.*off by/);
    },
  );
});

test.each(['first', 'last'])('fails where a kernel gives NaN in its %s value alone', async (place) => {
  await selfTest('wasm');
  await withKernels(
    ['BootlaceAdamW'],
    (sound) => (call) => {
      const params = call.inputs.params;
      const outcome = sound.kernelFunc(call);
      const { backend } = call;
      if (params === undefined || !(backend instanceof BackendWasm)) throw new Error('not the wasm backend');
      const values = backend.typedArrayFromHeap(params);
      values[place === 'first' ? 0 : values.length - 1] = NaN;
      return outcome;
    },
    async () => {
      await expect(selfTest('wasm')).rejects.toThrow(/updated .* off by Infinity/);
    },
  );
});

test.each([
  [[1, NaN, 2], [1, 1, 2], Infinity],
  [[NaN, 1, 2], [1, 1, 2], Infinity],
  [[1, 1], [1, NaN], Infinity],
  [[NaN], [NaN], Infinity],
  [[1, 2], [1, 2, 3], Infinity],
  [[], [], Infinity],
  [[0], [0], Infinity],
  [[1, Infinity], [1, 2], Infinity],
  [[1, 3], [1, 4], 0.25],
])('the error of %j against %j is %d', (got, want, error) => {
  expect(relativeError(Float32Array.from(got), Float32Array.from(want))).toBe(error);
});
