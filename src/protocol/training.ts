/** @file What the training worker can be asked. The engine in the worker and its client in the page are one type. */
import type { BackendName, DeviceInfo, TrainConfig, TrainExample, TrainStep } from '../words/engine.ts';
import type { Adapter, LoraPair } from '../lora/config.ts';
import type { LoraSlot, TrainState } from '../words/train-state.ts';
import type { Handlers, Requests, Service } from './method.ts';
import { Call, Stream, methods } from './method.ts';
import {
  array,
  count,
  exactly,
  finite,
  flag,
  float32Array,
  never,
  nothing,
  nullable,
  number,
  object,
  text,
  word,
} from './shape.ts';
import {
  adapter,
  adapterChoice,
  adapterRecipe,
  backendName,
  buffersOf,
  deviceInfo,
  floatRows,
  loraConfig,
  loadProgress,
  loadRequest,
  loraPairs,
  modelInfo,
  tokenRows,
  trainExamples,
} from './words.ts';

const trainConfig = object<TrainConfig>({
  learningRate: finite,
  lrSchedulerType: word<TrainConfig['lrSchedulerType']>({ constant: true, linear: true, cosine: true }),
  warmupRatio: finite,
  weightDecay: finite,
  adamBeta1: finite,
  adamBeta2: finite,
  adamEpsilon: finite,
  maxGradNorm: finite,
  batchSize: count,
  gradientAccumulationSteps: count,
  maxSteps: count,
  shuffle: flag,
  seed: finite,
});

const trainState = object<TrainState>({
  version: exactly(1),
  step: count,
  config: trainConfig,
  lora: loraConfig,
  slots: array(
    object<LoraSlot>({
      ...{ module: text, r: count, inFeatures: count, outFeatures: count, aOffset: count, bOffset: count },
    }),
  ),
  dataKey: count,
  params: float32Array,
  m: float32Array,
  v: float32Array,
});

export interface TrainRequest {
  readonly examples: readonly TrainExample[];
  readonly config: TrainConfig;
  /** What exportCheckpoint gave, with the same examples and config; null: from the current adapter's start. */
  readonly resumeFrom: TrainState | null;
}
const trainRequest = object<TrainRequest>({
  examples: trainExamples,
  config: trainConfig,
  resumeFrom: nullable(trainState),
});

const trainStep = object<TrainStep>({
  type: exactly('step'),
  step: count,
  maxSteps: count,
  loss: number,
  gradNorm: number,
  learningRate: finite,
  tokens: count,
});

/** Loss in nats, mean over all completion tokens; gradients by module in PEFT's shapes. */
export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, LoraPair>;
}

/** What the runtime holds, while it trains: what it held after the last step. */
export interface MemoryReport {
  readonly numTensors: number;
  readonly numBytes: number;
  /** Bytes of GPU buffers, free ones of the pool included; 0 without a GPU. */
  readonly gpuBytes: number;
}

/** A tensor of the self-test's tiny models, and its error against the cpu backend relative to its size. */
interface SelfTestRow {
  readonly name: string;
  readonly relativeError: number;
}
export interface SelfTestReport {
  readonly backend: BackendName;
  readonly tolerance: number;
  /** The worst first. */
  readonly rows: readonly SelfTestRow[];
}
const selfTestReport = object<SelfTestReport>({
  backend: backendName,
  tolerance: finite,
  rows: array(object<SelfTestRow>({ name: text, relativeError: number })),
});

const arraysOf = (pairs: ReadonlyMap<string, LoraPair>) => [...pairs.values()].flatMap(({ a, b }) => [a, b]);
const adapterBuffers = ({ pairs }: Adapter) => buffersOf(arraysOf(pairs));

export const trainingMethods = methods({
  /** Loads a checkpoint in place of the one before; a failure leaves none loaded. */
  load: new Call('load', {
    ...{ params: loadRequest, event: loadProgress, result: modelInfo },
    setsState: true,
    clearsState: ['setAdapter', 'initAdapter'],
  }),
  unload: new Call('unload', {
    ...{ params: nothing, event: never, result: nothing },
    clearsState: ['load', 'setAdapter', 'initAdapter'],
  }),
  /** A fresh adapter: A random by the seed, B zero. It becomes the current one. */
  initAdapter: new Call('initAdapter', {
    ...{ params: adapterRecipe, event: never, result: nothing },
    setsState: true,
    clearsState: ['setAdapter'],
  }),
  /** The adapter that training starts from; copied, so it stays the caller's. */
  setAdapter: new Call('setAdapter', {
    ...{ params: adapterChoice, event: never, result: nothing },
    setsState: true,
    clearsState: ['initAdapter'],
  }),
  /** The current adapter: after training, or a cancelled one, as its last step left it. */
  exportAdapter: new Call('exportAdapter', {
    ...{ params: nothing, event: never, result: adapter },
    transfer: adapterBuffers,
  }),
  /** Trains the current adapter; the trained one is the result and the current one from then on. */
  train: new Stream('train', {
    ...{ params: trainRequest, event: trainStep, result: adapter },
    transfer: adapterBuffers,
  }),
  /** Adapter, optimizer, schedule and random state where the last training stopped. */
  exportCheckpoint: new Call('exportCheckpoint', {
    ...{ params: nothing, event: never, result: trainState },
    transfer: ({ params, m, v }) => buffersOf([params, m, v]),
  }),
  /** Loss and gradients of the current adapter, without dropout: for checks. */
  lossAndGradients: new Call('lossAndGradients', {
    params: trainExamples,
    event: never,
    result: object<LossAndGradients>({ loss: number, gradients: loraPairs }),
    transfer: ({ gradients }) => buffersOf(arraysOf(gradients)),
  }),
  /** Logits at every position of each row, (length, vocabSize) row-major, with the current adapter. */
  logits: new Call('logits', {
    ...{ params: tokenRows, event: never, result: floatRows },
    transfer: buffersOf,
  }),
  /** Tiny models' losses, gradients and updates on a backend against the cpu's. What is loaded stays loaded.
   * @throws `self-test-failed` naming the worst tensors. */
  selfTest: new Call('selfTest', {
    params: object<{ readonly backend: BackendName }>({ backend: backendName }),
    event: never,
    result: selfTestReport,
  }),
  deviceInfo: new Call('deviceInfo', {
    ...{ params: nothing, event: never, result: nullable<DeviceInfo>(deviceInfo) },
    isConcurrent: true,
  }),
  memory: new Call('memory', {
    params: nothing,
    event: never,
    result: object<MemoryReport>({ numTensors: count, numBytes: count, gpuBytes: count }),
    isConcurrent: true,
  }),
});

export type TrainingService = Service<typeof trainingMethods>;

export function trainingClient(requests: Requests): TrainingService {
  const m = trainingMethods;
  return {
    load: m.load.client(requests),
    unload: m.unload.client(requests),
    initAdapter: m.initAdapter.client(requests),
    setAdapter: m.setAdapter.client(requests),
    exportAdapter: m.exportAdapter.client(requests),
    train: m.train.client(requests),
    exportCheckpoint: m.exportCheckpoint.client(requests),
    lossAndGradients: m.lossAndGradients.client(requests),
    logits: m.logits.client(requests),
    selfTest: m.selfTest.client(requests),
    deviceInfo: m.deviceInfo.client(requests),
    memory: m.memory.client(requests),
  };
}

export function trainingHandlers(engine: TrainingService): Handlers<typeof trainingMethods> {
  const m = trainingMethods;
  return {
    load: m.load.handler(engine.load),
    unload: m.unload.handler(engine.unload),
    initAdapter: m.initAdapter.handler(engine.initAdapter),
    setAdapter: m.setAdapter.handler(engine.setAdapter),
    exportAdapter: m.exportAdapter.handler(engine.exportAdapter),
    train: m.train.handler(engine.train),
    exportCheckpoint: m.exportCheckpoint.handler(engine.exportCheckpoint),
    lossAndGradients: m.lossAndGradients.handler(engine.lossAndGradients),
    logits: m.logits.handler(engine.logits),
    selfTest: m.selfTest.handler(engine.selfTest),
    deviceInfo: m.deviceInfo.handler(engine.deviceInfo),
    memory: m.memory.handler(engine.memory),
  };
}
