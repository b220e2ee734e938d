/** @file The worker that trains: protocol on one side, tfjs on the other. */
import threadedSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import { handlersOf } from '../src/protocol/method.ts';
import { serve } from '../src/protocol/server.ts';
import { trainingMethods } from '../src/protocol/training.ts';
import { holdLife } from './life.ts';
import { pause } from './pause.ts';
import { trainingEngine } from './training-engine.ts';
import { wasmThreads } from './wasm-threads.ts';

const url = (asset: string): string => new URL(asset, import.meta.url).href;
/** Rounded, at most 8 GiB in most browsers, and told by some alone. */
const gigabytes: unknown = Reflect.get(navigator, 'deviceMemory');

const options = {
  wasmPaths: {
    'tfjs-backend-wasm-threaded-simd.wasm': url(threadedSimd),
    'tfjs-backend-wasm-simd.wasm': url(simd),
    'tfjs-backend-wasm.wasm': url(plain),
  },
  threads: wasmThreads(),
};
const engine = trainingEngine(options, undefined, typeof gigabytes === 'number' ? gigabytes * 2 ** 30 : null);
serve(self, handlersOf(trainingMethods, engine), { pause, life: holdLife });
