/** @file Dispatches of a training step on WebGPU: own kernels against tfjs' stock operations. */
import { describe, expect, test } from 'vitest';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { layerDispatches } from '../../tools/bench/dispatches.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';

const gpu = await nodeGpu();

describe.skipIf(gpu === undefined)('dispatches on WebGPU', () => {
  test('a layer costs a third of the stock operations, the optimizer one dispatch in all', async () => {
    await initBackend('webgpu', gpu === undefined ? {} : { gpu });
    const { perLayer, optimizer } = await layerDispatches(['q_proj', 'v_proj']);
    expect(perLayer.fused).toBeLessThanOrEqual(40);
    expect(perLayer.stock).toBeGreaterThanOrEqual(3 * perLayer.fused);
    expect(optimizer.fused).toBe(1);
  });
});
