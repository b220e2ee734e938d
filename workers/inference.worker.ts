/** @file The worker that answers: protocol on one side, onnxruntime on the other. */
import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { inferenceHandlers } from '../src/protocol/inference.ts';
import { serve } from '../src/protocol/server.ts';
import { inferenceEngine } from './inference-engine.ts';
import { holdLife } from './life.ts';
import { pause } from './pause.ts';
import { wasmThreads } from './wasm-threads.ts';

const url = (asset: string): string => new URL(asset, import.meta.url).href;
const engine = inferenceEngine({
  ort,
  wasmPaths: { wasm: url(wasm), mjs: url(mjs) },
  wasmThreads: wasmThreads(),
  onLost: (error) => {
    server.broken(error);
  },
});
const server = serve(self, inferenceHandlers(engine), { pause, life: holdLife });
