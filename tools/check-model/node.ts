/** @file Both runtimes in Node: tfjs on wasm or cpu beside onnxruntime-web on wasm. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import type { CheckEnvironment, LoadedPair } from '../../src/check/run.ts';
import type { TrainingSide } from '../../src/check/sides.ts';
import type { BackendName } from '../../src/words/engine.ts';
import { threadsFor } from '../../src/words/engine.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import { nodeSource } from '../node-source.ts';
import { tfjsWasmFolder } from '../tfjs-wasm.ts';

/** A loaded model as the checks see it. */
export function trainingSide(backend: BackendName, model: TrainableModel): TrainingSide {
  return {
    backend,
    logits: (adapter, rows) => model.logits(adapter, rows),
    lossAndGradients: (adapter, examples) => model.lossAndGradients(adapter, examples),
    train: async (adapter, examples, config, onStep) => {
      const steps = train(model, adapter, examples, config);
      for (;;) {
        const { value, done } = await steps.next();
        if (done === true) return value.adapter;
        onStep(value);
      }
    },
    frozenBytes: () => Promise.resolve(model.memoryBytes),
  };
}

export async function nodeEnvironment(backend: 'wasm' | 'cpu'): Promise<CheckEnvironment> {
  const threads = threadsFor(availableParallelism());
  await initBackend(backend, { wasmPaths: tfjsWasmFolder(), threads });
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: threads });
  return {
    backend,
    source: nodeSource,
    now: () => performance.now(),
    openTapped: async (folder) => {
      const checkpoint = await openCheckpoint(nodeSource(folder));
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
    open: async (folder, weightsFile): Promise<LoadedPair> => {
      const options = weightsFile === undefined ? {} : { weightsFile };
      const checkpoint = await openCheckpoint(nodeSource(folder), options);
      const tokenizer = await loadTokenizer(checkpoint.source, checkpoint.architecture.vocabSize);
      const labels = await engine.loadModel(checkpoint, { absentIds: tokenizer?.absentIds ?? [] });
      const learns = await TrainableModel.load(checkpoint);
      return {
        inference: {
          backend: 'wasm',
          logits: (adapter, rows) => labels.logits(rows, { adapter }),
          score: (adapter, rows) => labels.score(rows, { adapter }),
          embed: (rows) => labels.embed(rows),
          generate: (adapter, rows, config) => labels.generate(rows, config, { adapter }),
        },
        training: trainingSide(backend, learns),
        close: async () => {
          learns.dispose();
          await labels.release();
        },
      };
    },
  };
}
