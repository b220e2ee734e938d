/** @file Threads that wasm may use in a worker: none of its own where the page is not cross-origin isolated. */

export function wasmThreads(): number {
  return self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
}
