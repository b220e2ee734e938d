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
  /** Runs the start of the wasm backend, where the place needs something for threads: in Node (tools/tfjs-threads.ts). */
  readonly starting?: (start: () => Promise<void>) => Promise<void>;
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
      const {
        threads: wanted = 1,
        starting = (then: () => Promise<void>) => showingProcessors(2 * wanted, then),
      } = options;
      // Paths and threads are read once, when the module is loaded; a model may have started it with other threads.
      if (wasmThreads !== wanted) await forgetWasm();
      if (!('wasm' in tf.engine().registry)) {
        if (options.wasmPaths !== undefined) setWasmPaths(options.wasmPaths);
        setThreadsCount(wanted);
        // Workers to start for them; the build makes tfjs read it (vite.config.ts). The caller is a thread itself.
        Object.assign(globalThis, { tfjsPoolSize: Math.max(1, wanted - 1) });
        hasThreads ??= (await tf.env().getAsync(THREADED)) === true;
        tf.env().set(THREADED, wanted > 1 && hasThreads);
      }
      await (wanted > 1 ? starting(() => start('wasm')) : start('wasm'));
      wasmThreads = wanted;
      const isThreaded = tf.env().get(THREADED) === true;
      const hasSimd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      const threads = isThreaded ? Math.max(1, getThreadsCount()) : 1;
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

/** tfjs' own: its order of backends where none is chosen. */
const WASM_PRIORITY = 2;
const THREADED = 'WASM_HAS_MULTITHREAD_SUPPORT';
/** Whether tfjs finds threads where it runs; asked once, since the same flag chooses its module. */
let hasThreads: boolean | undefined;
/** What the wasm backend was started with. */
let wasmThreads: number | undefined;

/** Ends the wasm backend with its threads and its heap, so that it can start anew. All its tensors are to be disposed before. */
async function forgetWasm(): Promise<void> {
  if (!('wasm' in tf.engine().registry)) return;
  const factory = tf.findBackendFactory('wasm');
  // A backend is not removed from under tfjs' feet.
  await start('cpu');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, WASM_PRIORITY);
}

/** tfjs takes at most half of the processors that it sees as threads, one of two: while it starts it is shown twice as many as
 * are asked for. */
async function showingProcessors(count: number, starts: () => Promise<void>): Promise<void> {
  if (typeof navigator === 'undefined') return starts();
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: count, configurable: true });
  try {
    await starts();
  } finally {
    Reflect.deleteProperty(navigator, 'hardwareConcurrency');
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
