/**
 * @file Both services in Node, without a browser: the workers' own engines on wasm behind the workers' own protocol, over
 * a message channel instead of a worker. One thread serves both, so they take turns.
 */
import { readFile, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import * as ort from 'onnxruntime-web';
import type { SourceDescriptor } from '../src/core/source.ts';
import { threadsFor } from '../src/words/engine.ts';
import { Channel } from '../src/protocol/channel.ts';
import type { InferenceService } from '../src/protocol/inference.ts';
import { inferenceMethods } from '../src/protocol/inference.ts';
import type { Handler, Requests } from '../src/protocol/method.ts';
import { clientOf, handlersOf } from '../src/protocol/method.ts';
import { serve } from '../src/protocol/server.ts';
import type { TrainingService } from '../src/protocol/training.ts';
import { trainingMethods } from '../src/protocol/training.ts';
import type { ModelInfo } from '../src/protocol/words.ts';
import { inferenceEngine } from '../workers/inference-engine.ts';
import { trainingEngine } from '../workers/training-engine.ts';
import { unreadable } from '../src/formats/file-source.ts';
import { arrayBytes } from './node-memory.ts';
import { tfjsWasmFolder } from './tfjs-wasm.ts';

export interface NodeServices {
  readonly inference: InferenceService;
  readonly training: TrainingService;
  /** Frees both models; without it the process does not end. */
  close(): Promise<void>;
}

/** A folder's files, without those of its subfolders, in memory.
 * @throws LabError `source-unreadable` */
export async function folderInMemory(directory: string): Promise<SourceDescriptor> {
  const label = basename(resolve(directory));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      files.set(entry.name, new Uint8Array(await readFile(join(directory, entry.name))));
    }
  } catch (cause) {
    throw unreadable(label, '.', cause);
  }
  return { kind: 'memory', label, files };
}

/** A client of `handlers`, and how to end both. */
async function connect<S>(
  handlers: Readonly<Record<string, Handler>>,
  client: (requests: Requests) => S,
): Promise<{ readonly service: S; readonly end: () => void }> {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  port2.start();
  serve(port2, handlers, { pause });
  const channel = new Channel({
    delay: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    // Nothing kills an engine of this very process but its end.
    onDeath: () => undefined,
    // A kernel blocks both ends, so silence means nothing.
    ...{ acceptMs: 3_600_000, cancelGraceMs: 3_600_000 },
  });
  await channel.attach(port1, { replay: false });
  return {
    service: client(channel),
    end: () => {
      port1.close();
      port2.close();
    },
  };
}

export async function nodeServices(): Promise<NodeServices> {
  const threads = threadsFor(availableParallelism());
  const labels = inferenceEngine({ ort, wasmThreads: threads, arrayBytes, onLost: () => undefined });
  const learns = trainingEngine({ wasmPaths: tfjsWasmFolder(), threads }, arrayBytes);
  const inference = await connect(handlersOf(inferenceMethods, labels), (requests) =>
    clientOf(inferenceMethods, requests),
  );
  const training = await connect(handlersOf(trainingMethods, learns), (requests) =>
    clientOf(trainingMethods, requests),
  );
  return {
    inference: inference.service,
    training: training.service,
    close: async () => {
      await Promise.all([labels.unload(), learns.unload()]);
      inference.end();
      training.end();
    },
  };
}

/** The folder's checkpoint in both services, on wasm. */
export async function loadFolder(
  { inference, training }: NodeServices,
  directory: string,
): Promise<ModelInfo> {
  const source = await folderInMemory(directory);
  await training.load({ source, backend: 'wasm' });
  return inference.load({ source, backend: 'wasm' });
}
