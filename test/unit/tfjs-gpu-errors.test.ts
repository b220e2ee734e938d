/** @file A WebGPU error is never passed over: WebGPU drops such a submission, and the numbers would be stale. */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { describe, expect, test } from 'vitest';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { GpuRunner } from '../../src/runtimes/tfjs/kernels/gpu-runner.ts';
import { download, upload } from '../../src/runtimes/tfjs/kernels/transfer.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';

const gpu = await nodeGpu();

function runner(): GpuRunner {
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error('not webgpu');
  return GpuRunner.of(backend);
}

describe.skipIf(gpu === undefined)('WebGPU errors', () => {
  test('values written over are read as they are, whoever wrote them before', async () => {
    await initBackend('webgpu', gpu === undefined ? {} : { gpu });
    const x = upload(Float32Array.of(1, 2, 3), [3]);
    expect(await download(x)).toEqual([Float32Array.of(1, 2, 3)]);
    runner().write(x, Float32Array.of(4, 5, 6));
    expect(await download(x)).toEqual([Float32Array.of(4, 5, 6)]);
    // tfjs' own operation on our buffer, then ours again.
    const doubled = tf.mul(x, 2);
    expect(await download(doubled)).toEqual([Float32Array.of(8, 10, 12)]);
    tf.dispose([x, doubled]);
  });

  test('code that does not compile fails the read that follows, and everything after it', async () => {
    await initBackend('webgpu', gpu === undefined ? {} : { gpu });
    const x = upload(Float32Array.of(1), [1]);
    runner().run(
      {
        name: 'broken',
        buffers: [['x', 'write']],
        uniforms: [['size', 'u32']],
        workgroup: [1, 1],
        body: 'x[0] = nothing;',
      },
      [x],
      { size: 1 },
      [1],
    );
    await expect(download(x)).rejects.toMatchObject({ code: 'internal' });
    await expect(download(x)).rejects.toThrow(/WebGPU refused/);
  });
});
