/** @file Threads that wasm may use in a worker. */
import { threadsFor } from '../src/words/engine.ts';

/** Asked of wasm itself: WebKitGTK isolates a page and yet gives it no shared memory. */
function hasSharedMemory(): boolean {
  if (!self.crossOriginIsolated || typeof SharedArrayBuffer === 'undefined') return false;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}

export function wasmThreads(): number {
  return hasSharedMemory() ? threadsFor(navigator.hardwareConcurrency) : 1;
}
