/** @file The three kinds of device that a page can find itself on. */
import type { BackendName } from '../../src/words/engine.ts';
import type { OpenOptions } from './pages.ts';

export interface TestDevice {
  readonly name: string;
  readonly backend: BackendName;
  readonly open: OpenOptions;
}

export const WASM_THREADS: TestDevice = {
  name: 'wasm, isolated page',
  backend: 'wasm',
  open: { isolated: true },
};

export const WASM_ONE_THREAD: TestDevice = {
  name: 'wasm, page not isolated',
  backend: 'wasm',
  open: { isolated: false },
};

export const SOFTWARE_WEBGPU: TestDevice = {
  name: 'WebGPU, software adapter',
  backend: 'webgpu',
  open: { isolated: true, softwareWebgpu: true },
};
