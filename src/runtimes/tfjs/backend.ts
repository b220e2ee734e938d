/** @file Starts a tfjs backend with the lab's kernels and says what device it is. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { BackendName, DeviceInfo } from '../../words/engine.ts';
import { plural } from '../../core/plural.ts';
import { LabError, toLabError } from '../../core/errors.ts';
import { registerKernels } from './kernels/register.ts';
import { startWebGpu } from './webgpu.ts';

export interface BackendOptions {
  /** Folder of tfjs' three .wasm files (with its trailing slash), or a URL for each by its name. */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
  /** Where WebGPU comes from; a page's own is the default. In Node, give that of the `webgpu` package, whose globals
   * (GPUBuffer, GPUBufferUsage, ...) must stand on globalThis. */
  readonly gpu?: GPU;
  /** Threads of the wasm backend; it takes more than one only where the page is cross-origin isolated. */
  readonly threads?: number;
}

/** Makes a backend the current one.
 * @throws LabError `webgpu-unavailable`, or `internal` where wasm cannot start. */
export async function initBackend(name: BackendName, options: BackendOptions = {}): Promise<DeviceInfo> {
  registerKernels();
  const plain = { backend: name, threads: 1, isSoftware: false, hasShaderF16: false };
  switch (name) {
    case 'cpu':
      await start('cpu');
      return { ...plain, description: 'JavaScript' };
    case 'wasm': {
      // Paths and threads are read once, when the module is loaded.
      if (!('wasm' in tf.engine().registry)) {
        if (options.wasmPaths !== undefined) setWasmPaths(options.wasmPaths);
        if (options.threads !== undefined) {
          setThreadsCount(options.threads);
          // Workers to start for them; the build makes tfjs read it (vite.config.ts). The caller is a thread itself.
          Object.assign(globalThis, { tfjsPoolSize: Math.max(1, options.threads - 1) });
          if (options.threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
        }
      }
      await start('wasm');
      const isThreaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
      const hasSimd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      const threads = isThreaded === true ? Math.max(1, getThreadsCount()) : 1;
      const description = `wasm${hasSimd === true ? ', SIMD' : ''}, ${plural(threads, 'thread')}`;
      return { ...plain, description, threads };
    }
    case 'webgpu': {
      const facts = await startWebGpu(options.gpu);
      await start('webgpu');
      return { ...plain, ...facts };
    }
  }
}

async function start(name: BackendName): Promise<void> {
  let started: boolean;
  try {
    started = await tf.setBackend(name);
  } catch (error) {
    throw toLabError(error);
  }
  if (!started) {
    throw new LabError('internal', `tfjs could not start its ${name} backend.`, {
      remedy: name === 'wasm' ? 'Check that its .wasm files are served.' : 'Choose another backend.',
    });
  }
}
