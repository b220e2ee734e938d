/** @file Both runtimes in Node: tfjs on wasm or cpu beside onnxruntime-web on wasm. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import type { CheckEnvironment, LoadedPair } from '../../src/check/run.ts';
import { threadsFor } from '../../src/words/engine.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { MemoryMeter } from '../../src/core/memory.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { arrayBytes, collectGarbage } from '../node-memory.ts';
import { nodeSource } from '../node-source.ts';
import { tfjsWasmFolder } from '../tfjs-wasm.ts';
import { trainingMeter, trainingSide } from './training-side.ts';

export async function nodeEnvironment(backend: 'wasm' | 'cpu'): Promise<CheckEnvironment> {
  const threads = threadsFor(availableParallelism());
  await initBackend(backend, { wasmPaths: tfjsWasmFolder(), threads });
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: threads });
  return {
    backend,
    source: nodeSource,
    now: () => performance.now(),
    openTapped: async (folder, weights) => {
      const checkpoint = await openCheckpoint(nodeSource(folder), weights === undefined ? {} : { weights });
      const labels = await engine.loadModel(checkpoint, { isTapped: true });
      const learns = await TrainableModel.load(checkpoint);
      return {
        inference: { backend: 'wasm', activations: (adapter, ids) => labels.activations(ids, { adapter }) },
        training: { backend, activations: (adapter, ids) => learns.activations(adapter, ids) },
        close: async () => {
          learns.dispose();
          await labels.release();
        },
      };
    },
    open: async (folder, options = {}): Promise<LoadedPair> => {
      const checkpoint = await openCheckpoint(nodeSource(folder), options);
      const tokenizer = await loadTokenizer(checkpoint.source, checkpoint.architecture.vocabSize);
      const labelling = new MemoryMeter(() => ({ ...engine.held(), arrays: arrayBytes() }));
      const labels = await engine.loadModel(checkpoint, {
        absentIds: tokenizer?.absentIds ?? [],
        onProgress: () => {
          labelling.sample();
        },
      });
      labelling.loaded();
      collectGarbage();
      const training = trainingMeter();
      const learns = await TrainableModel.load(checkpoint);
      training.loaded();
      collectGarbage();
      return {
        inference: {
          backend: 'wasm',
          logits: (adapter, rows) => labels.logits(rows, { adapter }),
          score: (adapter, rows) => labels.score(rows, { adapter }),
          embed: (rows) => labels.embed(rows),
          async *generate(adapter, rows, config) {
            for await (const event of labels.generate(rows, config, { adapter })) {
              labelling.sample();
              yield event;
            }
          },
          memory: () => Promise.resolve(labelling.use()),
        },
        training: trainingSide(backend, learns, training),
        close: async () => {
          learns.dispose();
          await labels.release();
        },
      };
    },
  };
}
