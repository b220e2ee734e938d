/** @file The WebGPU of this process and onnxruntime-web on it. */
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web/webgpu';
import { LabError } from '../../src/core/errors.ts';
import type { OrtEngine } from '../../src/runtimes/ort/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { nodeGpu } from '../node-gpu.ts';
import type { AdapterFacts } from './report.ts';

/**
 * What waits for the GPU holds no handle of Node's event loop. With none, Node takes the loop for ended and, before it goes on,
 * blocks until V8 has optimised all of onnxruntime's wasm: a minute of processor time in which no answer of the GPU is read.
 */
export function keepAwake(): void {
  setInterval(() => undefined, 60_000);
}

export async function gpuHere(): Promise<GPU> {
  const gpu = await nodeGpu();
  if (gpu === undefined) {
    throw new LabError('webgpu-unavailable', 'Dawn found no Vulkan driver or no GPU.', {
      remedy: 'Install the driver’s Vulkan part, or point VK_ICD_FILENAMES at its .json.',
    });
  }
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return gpu;
}

export async function adapterFacts(): Promise<AdapterFacts> {
  const gpu = await gpuHere();
  const { description, isSoftware } = await initBackend('webgpu', { gpu });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new LabError('webgpu-unavailable', 'The adapter has gone.');
  const { limits, features, info } = adapter;
  const names = [
    ...(['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'] as const),
    ...(['maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup'] as const),
    'maxComputeWorkgroupsPerDimension' as const,
  ];
  return {
    description,
    isSoftware,
    features: [...features].sort(),
    limits: Object.fromEntries(names.map((name) => [name, limits[name]])),
    subgroupSizes: [info.subgroupMinSize, info.subgroupMaxSize],
  };
}

/** @param wasm the file of onnxruntime-web's wasm for WebGPU, which computes on the processor as well */
export async function labellingEngine(
  wasm: string,
  backend: 'webgpu' | 'wasm' = 'webgpu',
): Promise<OrtEngine> {
  const bytes = new Uint8Array(await readFile(wasm));
  return createEngine(ort, { backend, numThreads: 1, wasmBinary: bytes.buffer });
}
