/**
 * @file tfjs' wasm threads in Node, where tfjs itself does without them: its threads are web workers that take their script from
 * a blob (tensorflow/tfjs#3830). Here each is one of Node's workers, and reads the script from the package.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendOptions } from '../src/runtimes/tfjs/backend.ts';
import { tfjsWasmFolder } from './tfjs-wasm.ts';

const require = createRequire(import.meta.url);
const SCRIPT = require.resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js');

/** Workers that tfjs makes at once, however many threads it is asked for; it takes them from the last on. */
const POOL = 8;

/** tfjs' own script of a thread, with the factory from the package's file instead of a blob. */
function threadScript(): string {
  const { wasmWorkerContents } = require(SCRIPT.replace(/\.js$/, '.worker.js')) as {
    wasmWorkerContents: string;
  };
  const blob = /if\(typeof e\.data\.urlOrBlob=="string"\).*?URL\.revokeObjectURL\(objectUrl\)\}/;
  if (!blob.test(wasmWorkerContents))
    throw new Error('tfjs-backend-wasm has changed: look at its thread start again.');
  // The package holds the script with its escaped line ends made into such.
  return wasmWorkerContents
    .replaceAll('\n', '\\n')
    .replace(blob, () => `importScripts(${JSON.stringify(SCRIPT)});`);
}

class ThreadWorker extends Worker {
  constructor(script: string) {
    super(script, { eval: true });
  }

  /** tfjs holds the process open for a thread that waits for work, for good. */
  override ref(): void {
    this.unref();
  }
}

/** Stands in the pool where no thread will compute: it says that it is loaded, and does nothing. */
class IdleWorker {
  onmessage: ((message: { data: { cmd: string } }) => void) | undefined;

  on(): void {
    // What a worker would say; this one says nothing but what follows.
  }

  postMessage({ cmd }: { cmd?: string }): void {
    if (cmd === 'load') setTimeout(() => this.onmessage?.({ data: { cmd: 'loaded' } }));
  }

  unref(): void {
    // Nothing is held.
  }

  terminate(): void {
    // Nothing runs.
  }
}

/** What tfjs' start needs of Node for so many threads, taken back when it has started. */
async function threaded(threads: number, start: () => Promise<void>): Promise<void> {
  const script = threadScript();
  let made = 0;
  function makeWorker(): ThreadWorker | IdleWorker {
    made++;
    return made > POOL - (threads - 1) ? new ThreadWorker(script) : new IdleWorker();
  }
  const { cpus } = os;
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  // tfjs puts Node's own class there, which knows no blobs.
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => makeWorker,
    set: () => undefined,
  });
  // Of the processors that it sees tfjs takes at most half as threads.
  os.cpus = () => Array.from({ length: 2 * threads }, () => cpus()[0]).flatMap((cpu) => cpu ?? []);
  syncBuiltinESMExports();
  try {
    await start();
  } finally {
    os.cpus = cpus;
    syncBuiltinESMExports();
    Reflect.deleteProperty(globalThis, 'Worker');
    if (before !== undefined) Object.defineProperty(globalThis, 'Worker', before);
  }
}

/** The wasm backend of tfjs in Node with so many threads. */
export function nodeThreads(
  threads: number,
): BackendOptions & { readonly wasmPaths: string; readonly threads: number } {
  return {
    wasmPaths: tfjsWasmFolder(),
    threads,
    ...(threads === 1 ? {} : { starting: (start: () => Promise<void>) => threaded(threads, start) }),
  };
}
