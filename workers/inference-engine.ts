/** @file The inference service over onnxruntime: holds the one loaded model and its tokenizer, and no adapter. */
import { LabError } from '../src/core/errors.ts';
import { MemoryMeter } from '../src/core/memory.ts';
import type { ChatTemplate } from '../src/formats/chat-template.ts';
import { noTemplate } from '../src/formats/chat-template.ts';
import { openCheckpoint } from '../src/formats/checkpoint.ts';
import { openSource } from '../src/formats/open-source.ts';
import type { Tokenizer } from '../src/formats/tokenizer.ts';
import { loadTokenizer } from '../src/formats/tokenizer.ts';
import type { Adapter } from '../src/lora/config.ts';
import type { InferenceService } from '../src/protocol/inference.ts';
import type { EngineOptions, OrtEngine, OrtModel } from '../src/runtimes/ort/engine.ts';
import { createEngine } from '../src/runtimes/ort/engine.ts';
import { heapBytes } from '../src/runtimes/ort/memory.ts';
import type { Ort } from '../src/runtimes/ort/ort.ts';
import {
  Fitting,
  Steps,
  candidates,
  digestOf,
  firstThatStarts,
  modelInfo,
  noModel,
  owned,
} from './loading.ts';
import { eachTold, patternsIn } from './tokenizing.ts';

interface Loaded {
  readonly engine: OrtEngine;
  readonly model: OrtModel;
  readonly tokenizer: Tokenizer | null;
  /** The folder in words. */
  readonly label: string;
  readonly fitting: Fitting;
}

export interface InferenceOptions {
  readonly ort: Ort;
  /** Left out in Node, where the runtime finds its own files. */
  readonly wasmPaths?: NonNullable<EngineOptions['wasmPaths']>;
  /** Fetches the runtime's wasm, so that its coming is seen; left out where the runtime reads it by itself. */
  readonly readWasm?: (onBytes: (done: number, total: number | null) => void) => Promise<ArrayBuffer>;
  readonly wasmThreads: number;
  /** Bytes of array buffers, where the surroundings tell. */
  readonly arrayBytes?: () => number;
  /** The device of the loaded model is gone: this worker is to be replaced. */
  readonly onLost: (error: LabError) => void;
}

export function inferenceEngine({
  ort,
  wasmPaths,
  readWasm,
  wasmThreads,
  arrayBytes,
  onLost,
}: InferenceOptions): InferenceService {
  let loaded: Loaded | null = null;
  const meter = new MemoryMeter(() => ({
    ...(loaded?.engine.held() ?? { heap: heapBytes(), gpu: 0 }),
    arrays: arrayBytes?.() ?? loaded?.model.tableBytes ?? null,
  }));
  const current = (): Loaded => {
    if (loaded === null) throw noModel();
    return loaded;
  };
  /** The model, for work with an adapter that fits it. */
  const modelFor = (adapter: Adapter | null): OrtModel => {
    const { model, fitting } = current();
    fitting.check(adapter);
    return model;
  };
  const tokenizer = (): Tokenizer => {
    const found = current().tokenizer;
    if (found !== null) return found;
    throw new LabError('invalid-request', 'The model’s folder has no tokenizer.json.', {
      remedy: 'Give token ids, or add the tokenizer’s files to the folder.',
    });
  };
  const chatOf = ({ chat }: Tokenizer): ChatTemplate => {
    if (chat !== null) return chat;
    throw noTemplate(current().label);
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

  async function* metered<T>(events: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    for await (const event of events) {
      meter.sample();
      yield event;
    }
  }

  return {
    load: async (request, { signal, onEvent } = {}) => {
      const { source, backend, weightsFile, weights, inferenceDtype, threads = wasmThreads } = request;
      const startedAt = performance.now();
      const steps = new Steps(onEvent, meter);
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
        ...(weights !== undefined && { weights }),
      });
      const { vocabSize } = checkpoint.architecture;
      const itsTokenizer = await loadTokenizer(checkpoint.source, vocabSize);
      const sha256 = await digestOf(checkpoint, steps, signal);
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
        ...(itsTokenizer && { absentIds: itsTokenizer.absentIds }),
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
      const fitting = new Fitting(checkpoint.architecture, sha256);
      const { label } = checkpoint;
      loaded = { engine: started, model, tokenizer: itsTokenizer, label, fitting };
      watch(started);
      const { device } = started;
      meter.loaded();
      const loadMs = performance.now() - startedAt;
      return modelInfo(checkpoint, { device, sha256, loadMs, memory: meter.use(), passedOver });
    },
    unload,
    encode: ({ texts, addSpecialTokens }, { onEvent } = {}) => {
      const own = tokenizer();
      const encode = (text: string) => own.encode(text, { addSpecialTokens });
      return Promise.resolve(eachTold(texts, encode, patternsIn(own), onEvent));
    },
    encodeChat: ({ conversations, isOpen }, { onEvent } = {}) => {
      const own = tokenizer();
      const chat = chatOf(own);
      const encode = (messages: (typeof conversations)[number]) => {
        const written = chat.write(messages, isOpen);
        return { text: written, ids: own.encode(written, { addSpecialTokens: false }) };
      };
      const what = `the chat template and ${patternsIn(own)}`;
      return Promise.resolve(eachTold(conversations, encode, what, onEvent));
    },
    answerFrame: (_, { onEvent } = {}) => {
      onEvent?.('the chat template');
      return Promise.resolve(chatOf(tokenizer()).frame());
    },
    decode: (rows, { onEvent } = {}) => {
      const own = tokenizer();
      return Promise.resolve(eachTold(rows, (ids) => own.decode(ids), patternsIn(own), onEvent));
    },
    generate: ({ adapter, rows, config, batchSize }, { signal } = {}) => {
      const { tokenizer: own } = current();
      const options = { adapter, batchSize, ...(signal && { signal }), ...(own && { tokenizer: own }) };
      return metered(modelFor(adapter).generate(rows, config, options));
    },
    score: async ({ adapter, rows }, { signal } = {}) => {
      const scores = await modelFor(adapter).score(rows, { adapter, ...(signal && { signal }) });
      meter.sample();
      return scores;
    },
    embed: async ({ adapter, rows }, { signal } = {}) =>
      owned(await modelFor(adapter).embed(rows, { adapter, ...(signal && { signal }) })),
    logits: async ({ adapter, rows }, { signal } = {}) =>
      owned(await modelFor(adapter).logits(rows, { adapter, ...(signal && { signal }) })),
    deviceInfo: () => Promise.resolve(loaded?.engine.device ?? null),
    memory: () => Promise.resolve(meter.use()),
  };
}
