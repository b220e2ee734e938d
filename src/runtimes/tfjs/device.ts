/** @file What the current backend holds in memory. */
import { backend, engine, getBackend, memory } from '@tensorflow/tfjs-core';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

export interface DeviceMemory {
  readonly tensors: number;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** Bytes of GPU buffers, pooled ones included; 0 where there is no GPU. */
  readonly gpuBytes: number;
  /** Bytes of the wasm heap, which never shrinks; 0 on another backend. */
  readonly heapBytes: number;
}

export function deviceMemory(): DeviceMemory {
  // Asked for one before it was chosen, tfjs would take the best that it knows, and fail where that has to be awaited.
  if (!Object.hasOwn(engine().registry, getBackend()))
    return { tensors: 0, bytes: 0, gpuBytes: 0, heapBytes: 0 };
  const { numTensors, numBytes } = memory();
  const current = backend();
  const gpuBytes = current instanceof WebGPUBackend ? current.memory().numBytesAllocatedInGPU : 0;
  // tfjs' types leave out what emscripten adds to the module.
  const heap: unknown = current instanceof BackendWasm ? Reflect.get(current.wasm, 'HEAPU8') : null;
  const heapBytes = heap instanceof Uint8Array ? heap.length : 0;
  return { tensors: numTensors, bytes: numBytes, gpuBytes, heapBytes };
}
