/**
 * @file What onnxruntime-web holds. It shows neither its wasm heap nor its GPU buffers, so both are caught where they are
 * made: the heap while the runtime starts, buffers at the device.
 */

/** Heaps of the runtime in this realm: it starts once and keeps its module. */
const heaps: WebAssembly.Memory[] = [];

export const heapBytes = (): number => heaps.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

/** Runs `start` and, unless the runtime runs already, keeps hold of every wasm heap that is made meanwhile. */
export async function catchingHeaps<T>(start: () => Promise<T>): Promise<T> {
  if (heaps.length > 0) return start();
  const { Memory } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]: [WebAssembly.MemoryDescriptor]) {
      const made = new target(descriptor);
      heaps.push(made);
      return made;
    },
  });
  try {
    return await start();
  } finally {
    WebAssembly.Memory = Memory;
  }
}

/** Counts the bytes of a device's buffers from now on. */
export function countBuffers(device: GPUDevice): () => number {
  let bytes = 0;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    let isHeld = true;
    bytes += descriptor.size;
    buffer.destroy = (): undefined => {
      if (isHeld) bytes -= descriptor.size;
      isHeld = false;
      destroy();
    };
    return buffer;
  };
  return () => bytes;
}
