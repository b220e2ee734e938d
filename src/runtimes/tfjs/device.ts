/** @file What the current backend holds in memory. */
import { backend, memory } from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

export interface DeviceMemory {
  readonly tensors: number;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** Bytes of GPU buffers, pooled ones included; 0 where there is no GPU. */
  readonly gpuBytes: number;
}

export function deviceMemory(): DeviceMemory {
  const { numTensors, numBytes } = memory();
  const current = backend();
  const gpuBytes = current instanceof WebGPUBackend ? current.memory().numBytesAllocatedInGPU : 0;
  return { tensors: numTensors, bytes: numBytes, gpuBytes };
}
