/** @file WebGPU in Node: bytes of shared memory reach a buffer, and what goes up, comes down and is run is counted. */
import { describe, expect, test } from 'vitest';
import { countGpuWork, nodeGpu } from '../../tools/node-gpu.ts';

const gpu = await nodeGpu();

describe.skipIf(gpu === undefined)('WebGPU in Node', () => {
  test('takes bytes of shared memory, a part of them too, and counts them', async () => {
    const device = await (await gpu?.requestAdapter())?.requestDevice();
    if (device === undefined) throw new Error('no device');
    const size = 16;
    const usage = GPUBufferUsage;
    const made = device.createBuffer({ size, usage: usage.COPY_SRC | usage.COPY_DST });
    const read = device.createBuffer({ size, usage: usage.MAP_READ | usage.COPY_DST });
    const shared = new Uint8Array(new SharedArrayBuffer(32), 8, 16).map((_, i) => i);
    const bytes = new Uint8Array(new SharedArrayBuffer(32), 8, 16);
    bytes.set(shared);
    const work = await countGpuWork(async () => {
      device.queue.writeBuffer(made, 0, bytes);
      device.queue.writeBuffer(made, 4, bytes, 8, 4);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(made, 0, read, 0, size);
      device.queue.submit([encoder.finish()]);
      await read.mapAsync(GPUMapMode.READ);
    });
    expect(work).toEqual({ dispatches: 0, submits: 1, uploadedBytes: 20, downloadedBytes: 16 });
    expect([...new Uint8Array(read.getMappedRange())]).toEqual([
      ...[0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15],
    ]);
    device.destroy();
  });
});
