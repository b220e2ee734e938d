/**
 * @file The trainer's shaders are compiled wherever the tests run: Dawn's null device checks them and computes nothing. A
 * reserved word used as a name would otherwise pass everything but a GPU.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { beforeAll, expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { GpuRunner } from '../../src/runtimes/tfjs/kernels/gpu-runner.ts';
import { download, upload } from '../../src/runtimes/tfjs/kernels/transfer.ts';
import { selfTest } from '../../src/runtimes/tfjs/self-test.ts';

const gpu = create(['backend=null']);
beforeAll(() => {
  Object.assign(globalThis, globals);
});

test('every kernel of the self-test compiles: only its numbers are missing', async () => {
  // A shader that does not compile is told as such, before any number is compared.
  await expect(selfTest('webgpu', { gpu })).rejects.toMatchObject({ code: 'self-test-failed' });
  await expect(selfTest('webgpu', { gpu })).rejects.toThrow(/off by Infinity/);
});

test('a reserved word used as a name does not', async () => {
  await initBackend('webgpu', { gpu });
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error('not webgpu');
  const x = upload(Float32Array.of(1), [1]);
  GpuRunner.of(backend).run(
    {
      name: 'reserved',
      buffers: [['x', 'write']],
      uniforms: [['size', 'u32']],
      workgroup: [1, 1],
      body: 'let target = 1.0; x[0] = target;',
    },
    [x],
    { size: 1 },
    [1],
  );
  await expect(download(x)).rejects.toThrow(/WebGPU refused/);
});
