/**
 * @file tfjs' WebGPU backend on a device of our own asking: with the adapter's limits, and with every validation error
 * and the loss of the device turned into a failure of the next call. tfjs drops such submissions without a word.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { LabError } from '../../core/errors.ts';
import { GpuRunner } from './kernels/gpu-runner.ts';

interface WebGpuFacts {
  readonly description: string;
  readonly isSoftware: boolean;
  readonly hasShaderF16: boolean;
}

const LIMITS = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
] as const;

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

let current: { readonly device: GPUDevice; readonly facts: WebGpuFacts } | null = null;

/** Registers the backend, once as long as its device lives.
 * @throws LabError `webgpu-unavailable` where there is no WebGPU, adapter or device. */
export async function startWebGpu(given?: GPU): Promise<WebGpuFacts> {
  if (current !== null) return current.facts;
  const gpu = given ?? pageGpu();
  if (gpu === undefined) throw new LabError('webgpu-unavailable', 'This browser has no WebGPU.');
  // tfjs looks for WebGPU here, also where it is handed a device.
  if (pageGpu() === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new LabError('webgpu-unavailable', 'WebGPU found no graphics adapter.');
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
  } catch (error) {
    throw new LabError('webgpu-unavailable', 'The graphics adapter gave no device.', { cause: error });
  }
  const { info } = adapter;
  const words = [info.vendor, info.architecture, info.description || info.device].filter(
    (word) => word !== '',
  );
  const facts = {
    description: words.join(' ') || 'WebGPU',
    isSoftware:
      info.isFallbackAdapter || SOFTWARE.test(`${info.device} ${info.description} ${info.architecture}`),
    hasShaderF16: adapter.features.has('shader-f16'),
  };
  const backend = register(device, info);
  watch(device, backend);
  current = { device, facts };
  return facts;
}

/** navigator.gpu, where there is a navigator (Node 20 has none). */
function pageGpu(): GPU | undefined {
  return 'navigator' in globalThis && 'gpu' in navigator ? navigator.gpu : undefined;
}

function register(device: GPUDevice, info: GPUAdapterInfo): WebGPUBackend {
  const backend = new WebGPUBackend(device, info);
  // tfjs registers itself where it finds WebGPU on import.
  if ('webgpu' in tf.engine().registryFactory) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend, 3);
  return backend;
}

function watch(device: GPUDevice, backend: WebGPUBackend): void {
  const runner = GpuRunner.of(backend);
  device.onuncapturederror = ({ error }) => {
    const isMemory = error instanceof GPUOutOfMemoryError;
    runner.fail(
      isMemory
        ? new LabError('out-of-memory', `The GPU has no memory left: ${error.message}`)
        : new LabError('internal', `WebGPU refused a command: ${error.message}`),
    );
  };
  void device.lost.then(({ message, reason }) => {
    if (current?.device === device) current = null;
    if (reason !== 'destroyed')
      runner.fail(new LabError('device-lost', `The GPU device was lost: ${message}`));
  });
}
