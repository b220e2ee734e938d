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
import { candidates, checkAdapter, firstThatStarts, modelInfo, noModel, owned } from './loading.ts';
import { eachTold, patternsIn } from './tokenizing.ts';

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
  readonly wasmThreads: number;
  /** The device of the loaded model is gone: this worker is to be replaced. */
  readonly onLost: (error: LabError) => void;
}

export function inferenceEngine({ ort, wasmPaths, wasmThreads, onLost }: InferenceOptions): InferenceService {
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
  const start = (backend: 'webgpu' | 'wasm' | 'cpu') => {
    if (backend !== 'cpu') {
      return createEngine(ort, { backend, numThreads: wasmThreads, ...(wasmPaths && { wasmPaths }) });
    }
    throw new LabError('invalid-request', 'onnxruntime-web has no cpu backend.', { remedy: 'Choose wasm.' });
  };
  const watch = (engine: OrtEngine): void => {
    void engine.lost?.then((error) => {
      if (loaded?.engine === engine) onLost(error);
    });
  };

  return {
    load: async ({ source, backend, weightsFile, inferenceDtype }, { signal, onEvent } = {}) => {
      const startedAt = performance.now();
      await unload();
      const checkpoint = await openCheckpoint(openSource(source), {
        ...(signal && { signal }),
        ...(weightsFile !== undefined && { weightsFile }),
      });
      const { vocabSize } = checkpoint.architecture;
      const itsTokenizer = await loadTokenizer(checkpoint.source, vocabSize);
      const { started, passedOver } = await firstThatStarts(candidates(backend), start);
      const options = {
        ...(signal && { signal }),
        ...(inferenceDtype && { dtype: inferenceDtype }),
        onProgress: (done: number, total: number) => onEvent?.({ done, total }),
      };
      const model = await started.loadModel(checkpoint, options).catch((thrown: unknown) => {
        started.close();
        throw thrown;
      });
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
    encode: ({ texts, addSpecialTokens }, { onEvent } = {}) => {
      const own = tokenizer();
      const encode = (text: string) => own.encode(text, { addSpecialTokens });
      return Promise.resolve(eachTold(texts, encode, patternsIn(own), onEvent));
    },
    encodeChat: (messages, { onEvent } = {}) => {
      const own = tokenizer();
      onEvent?.(`the chat template and ${patternsIn(own)}`);
      const written = own.applyChatTemplate(messages, { addGenerationPrompt: true });
      return Promise.resolve(written === null ? null : own.encode(written, { addSpecialTokens: false }));
    },
    decode: (rows, { onEvent } = {}) => {
      const own = tokenizer();
      return Promise.resolve(eachTold(rows, (ids) => own.decode(ids), patternsIn(own), onEvent));
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
