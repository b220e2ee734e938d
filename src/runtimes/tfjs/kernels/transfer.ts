/** @file Values to the current backend and back, past tfjs' caches. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { backend, engine, tensor } from '@tensorflow/tfjs-core';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { LabError } from '../../../core/errors.ts';
import { GpuRunner } from './gpu-runner.ts';

const gpu = (): GpuRunner | null => {
  const current = backend();
  return current instanceof WebGPUBackend ? GpuRunner.of(current) : null;
};

/** A tensor with these values, float32 or int32 as the array is; the caller disposes it. */
export function upload(
  values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
  shape: readonly number[],
): Tensor {
  const runner = gpu();
  if (runner !== null) return runner.upload(values, shape);
  const dtype = values instanceof Int32Array ? 'int32' : 'float32';
  const current = backend();
  if (current instanceof BackendWasm) {
    const info = current.makeOutput([...shape], dtype);
    // tfjs does not look whether the heap had room; writing to address 0 would ruin it.
    if (current.getMemoryOffset(info.dataId) === 0 && values.length > 0) {
      throw new LabError('out-of-memory', `The wasm heap has no room for ${values.byteLength} bytes more.`);
    }
    current.typedArrayFromHeap(info).set(values);
    return engine().makeTensorFromTensorInfo(info);
  }
  // tfjs' cpu backend would keep the caller's array itself, which kernels then change in place.
  return tensor(values.slice(), [...shape], dtype);
}

/** Float32 values of tensors as they are now; copies. tfjs' own data() on webgpu would answer from a cache that does
 * not know of changes in place. */
export async function download(...tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>[]> {
  const runner = gpu();
  if (runner !== null) return runner.download(...tensors);
  return Promise.all(tensors.map(async (one) => Float32Array.from(await one.data())));
}

/** How many parts a sum over all rows is cut in, to run side by side. */
export const gradientSplits = (): number => (gpu() === null ? 1 : 8);

/** Up to so many elements (64 MB in two layouts, each with XNNPACK's packed form) a model's linear weights are kept ready
 * to be multiplied by: its matrices are small against its batches, and bringing them into form at every call costs. */
const MOST_TWICE = 2 ** 22;

/** The layouts of linear weights that the backend multiplies well with: XNNPACK wants (k, n), forward and backward, which a
 * small model keeps and a larger one makes of what it holds once. */
export function linearLayouts(elements: number): 'stored' | 'both' | 'once' {
  if (!(backend() instanceof BackendWasm)) return 'stored';
  return elements <= MOST_TWICE ? 'both' : 'once';
}
