/** @file Starts a tfjs backend and says what it is. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths, setThreadsCount, getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { LabError } from '../../core/errors.ts';
import type { BackendName, DeviceInfo } from '../../core/engine.ts';

export interface BackendOptions {
  /** Folder of tfjs' three .wasm files, or a URL for each by its name. */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
  readonly threads?: number;
}

export async function initBackend(name: BackendName, options: BackendOptions = {}): Promise<DeviceInfo> {
  if (name === 'wasm') {
    if (options.wasmPaths !== undefined) setWasmPaths(options.wasmPaths);
    if (options.threads !== undefined) setThreadsCount(options.threads);
  }
  if (!(await tf.setBackend(name))) throw new LabError('internal', `tfjs could not start ${name}.`);
  const threads = name === 'wasm' ? getThreadsCount() : 1;
  return { backend: name, description: name, threads, isSoftware: false, hasShaderF16: false };
}
