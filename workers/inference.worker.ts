/** @file The worker that answers: protocol on one side, onnxruntime on the other. */
import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { LabError } from '../src/core/errors.ts';
import { fetchBytes } from '../src/formats/fetch-file.ts';
import { inferenceMethods } from '../src/protocol/inference.ts';
import { handlersOf } from '../src/protocol/method.ts';
import { serve } from '../src/protocol/server.ts';
import { inferenceEngine } from './inference-engine.ts';
import { holdLife } from './life.ts';
import { pause } from './pause.ts';
import { wasmThreads } from './wasm-threads.ts';

const url = (asset: string): string => new URL(asset, import.meta.url).href;
/** By the lab itself: a slow line is then seen to progress, and a missing file is told by its name. */
async function readWasm(onBytes: (done: number, total: number | null) => void): Promise<ArrayBuffer> {
  const bytes = await fetchBytes(url(wasm), 'the runtime’s wasm', { onBytes });
  if (bytes !== null) return bytes.buffer;
  throw new LabError('source-unreadable', `There is no ${url(wasm)}.`, {
    remedy: 'Serve every file of the built site.',
  });
}

const engine = inferenceEngine({
  ort,
  readWasm,
  wasmPaths: { wasm: url(wasm), mjs: url(mjs) },
  wasmThreads: wasmThreads(),
  onLost: (error) => {
    server.broken(error);
  },
});
const server = serve(self, handlersOf(inferenceMethods, engine), { pause, life: holdLife });
