/** @file The inference service over onnxruntime: holds the one loaded model and its tokenizer. */
import { LabError } from '../src/core/errors.ts';
import type { Checkpoint } from '../src/formats/checkpoint.ts';
import { openCheckpoint } from '../src/formats/checkpoint.ts';
import { openSource } from '../src/formats/open-source.ts';
import type { Tokenizer } from '../src/formats/tokenizer.ts';
import { loadTokenizer } from '../src/formats/tokenizer.ts';
import type { InferenceService } from '../src/protocol/inference.ts';
import type { EngineOptions, OrtEngine, OrtModel } from '../src/runtimes/ort/engine.ts';
import { createEngine } from '../src/runtimes/ort/engine.ts';
import type { Ort } from '../src/runtimes/ort/ort.ts';
import { Steps, candidates, checkAdapter, firstThatStarts, modelInfo, noModel, owned } from './loading.ts';

interface Loaded {
  readonly checkpoint: Checkpoint;
  readonly engine: OrtEngine;
  readonly model: OrtModel;
  readonly tokenizer: Tokenizer | null;
}

export interface InferenceOptions {
  readonly ort: Ort;
  /** Left out in Node, where the runtime finds its own files. */
  readonly wasmPaths?: NonNullable<EngineOptions['wasmPaths']>;
  /** Fetches the runtime's wasm, so that its coming is seen; left out where the runtime reads it by itself. */
  readonly readWasm?: (onBytes: (done: number, total: number | null) => void) => Promise<ArrayBuffer>;
  readonly wasmThreads: number;
  /** The device of the loaded model is gone: this worker is to be replaced. */
  readonly onLost: (error: LabError) => void;
}

export function inferenceEngine({
  ort,
  wasmPaths,
  readWasm,
  wasmThreads,
  onLost,
}: InferenceOptions): InferenceService {
  let loaded: Loaded | null = null;
  const current = (): Loaded => {
    if (loaded === null) throw noModel();
    return loaded;
  };
  const tokenizer = (): Tokenizer => {
    const found = current().tokenizer;
    if (found !== null) return found;
    throw new LabError('invalid-request', 'The model’s folder has no tokenizer.json.', {
      remedy: 'Give token ids, or add the tokenizer’s files to the folder.',
    });
  };
  const unload = async (): Promise<void> => {
    const last = loaded;
    loaded = null; // First: closing the engine destroys its device, which is no loss.
    await last?.model.release();
    last?.engine.close();
  };
  /** Started once: the runtime keeps its module for the worker's life. */
  let hasRuntime = false;
  const start = (backend: 'webgpu' | 'wasm' | 'cpu', numThreads: number, wasmBinary?: ArrayBuffer) => {
    if (backend !== 'cpu') {
      const files = { ...(wasmPaths && { wasmPaths }), ...(wasmBinary && { wasmBinary }) };
      return createEngine(ort, { backend, numThreads, ...files });
    }
    throw new LabError('invalid-request', 'onnxruntime-web has no cpu backend.', { remedy: 'Choose wasm.' });
  };
  const watch = (engine: OrtEngine): void => {
    void engine.lost?.then((error) => {
      if (loaded?.engine === engine) onLost(error);
    });
  };

  return {
    load: async (request, { signal, onEvent } = {}) => {
      const { source, backend, weightsFile, inferenceDtype, threads = wasmThreads } = request;
      const startedAt = performance.now();
      const steps = new Steps(onEvent);
      steps.begin('files');
      // On its way while the files are read.
      let arrived: readonly [number, number] = [0, 0];
      let isAwaited = false;
      const binary = hasRuntime
        ? undefined
        : readWasm?.((done, total) => {
            arrived = [done, total ?? 0];
            if (isAwaited) steps.begin('runtime', ...arrived);
          });
      binary?.catch(() => undefined); // Thrown where it is awaited.
      await unload();
      const checkpoint = await openCheckpoint(openSource(source), {
        ...(signal && { signal }),
        ...(weightsFile !== undefined && { weightsFile }),
      });
      const { vocabSize } = checkpoint.architecture;
      const itsTokenizer = await loadTokenizer(checkpoint.source, vocabSize);
      isAwaited = true;
      steps.begin('runtime', ...arrived);
      const wasmBinary = await binary;
      const { started, passedOver } = await firstThatStarts(candidates(backend), (name) => {
        steps.device(name);
        return start(name, threads, wasmBinary);
      });
      const options = {
        ...(signal && { signal }),
        ...(inferenceDtype && { dtype: inferenceDtype }),
        onProgress: (done: number, total: number) => {
          if (done < total) steps.begin('weights', done, total);
          else steps.begin('session', 0, checkpoint.weightBytes);
        },
      };
      const model = await started.loadModel(checkpoint, options).catch((thrown: unknown) => {
        started.close();
        throw thrown;
      });
      hasRuntime = true;
      loaded = { checkpoint, engine: started, model, tokenizer: itsTokenizer };
      watch(started);
      const { device } = started;
      const loadMs = performance.now() - startedAt;
      return modelInfo(checkpoint, { device, loadMs, passedOver });
    },
    unload,
    setAdapter: async ({ adapter }) => {
      const { checkpoint, model } = current();
      if (adapter !== null) await checkAdapter(adapter, checkpoint);
      const startedAt = performance.now();
      model.setAdapter(adapter);
      return { swapMs: performance.now() - startedAt };
    },
    encode: ({ texts, addSpecialTokens }) => {
      const own = tokenizer();
      return Promise.resolve(texts.map((text) => own.encode(text, { addSpecialTokens })));
    },
    encodeChat: (messages) => {
      const own = tokenizer();
      const written = own.applyChatTemplate(messages, { addGenerationPrompt: true });
      return Promise.resolve(written === null ? null : own.encode(written, { addSpecialTokens: false }));
    },
    decode: (rows) => {
      const own = tokenizer();
      return Promise.resolve(rows.map((ids) => own.decode(ids)));
    },
    generate: ({ rows, config, batchSize }, { signal } = {}) => {
      const { model, tokenizer: own } = current();
      const options = { batchSize, ...(signal && { signal }), ...(own && { tokenizer: own }) };
      return model.generate(rows, config, options);
    },
    score: (rows, { signal } = {}) => current().model.score(rows, { ...(signal && { signal }) }),
    embed: async (rows, { signal } = {}) =>
      owned(await current().model.embed(rows, { ...(signal && { signal }) })),
    logits: async (rows, { signal } = {}) =>
      owned(await current().model.logits(rows, { ...(signal && { signal }) })),
    deviceInfo: () => Promise.resolve(loaded?.engine.device ?? null),
  };
}
