/**
 * @file What the training worker can be asked. The engine in the worker and its client in the page are one type. A training
 * is one request, from an adapter to an adapter; a worker that has ended it remembers nothing of it.
 */
import type { BackendName, DeviceInfo, TrainConfig, TrainExample, TrainStep } from '../words/engine.ts';
import type { Adapter, LoraPair } from '../lora/config.ts';
import type { LoraSlot, TrainState } from '../words/train-state.ts';
import type { Service } from './method.ts';
import { Call, Stream, methods } from './method.ts';
import {
  array,
  count,
  either,
  exactly,
  finite,
  flag,
  float32Array,
  never,
  nothing,
  nullable,
  number,
  object,
  tagged,
  text,
  word,
} from './shape.ts';
import type { AdapterRecipe } from './words.ts';
import {
  adapter,
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
  rowsRequest,
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
  readonly start: Adapter | AdapterRecipe;
  readonly examples: readonly TrainExample[];
  readonly config: TrainConfig;
  /** Where another one of the same start, examples and configuration stopped; null: from its beginning. */
  readonly resumeFrom: TrainState | null;
}
const trainRequest = object<TrainRequest>({
  start: either(adapterRecipe, adapter),
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

export type TrainEvent =
  | TrainStep
  /** The last event of a training that was cancelled, or that met a loss which is no number: it can go on from here. */
  | { readonly type: 'stopped'; readonly state: TrainState };
const trainEvent = tagged<TrainEvent, 'type'>('type', {
  step: trainStep,
  stopped: object({ type: exactly('stopped'), state: trainState }),
});

export interface ExamplesRequest {
  readonly adapter: Adapter;
  readonly examples: readonly TrainExample[];
}
const examplesRequest = object<ExamplesRequest>({ adapter, examples: trainExamples });

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

export const trainingMethods = methods({
  /** Loads a checkpoint in place of the one before; a failure leaves none loaded. */
  load: new Call('load', {
    ...{ params: loadRequest, event: loadProgress, result: modelInfo },
    setsState: true,
  }),
  unload: new Call('unload', {
    ...{ params: nothing, event: never, result: nothing },
    clearsState: ['load'],
  }),
  /** The trained adapter is the result. */
  train: new Stream('train', {
    ...{ params: trainRequest, event: trainEvent, result: adapter, adapterIn: 'start' },
    transfer: ({ pairs }) => buffersOf(arraysOf(pairs)),
    transferEvent: (event) =>
      event.type === 'stopped' ? buffersOf([event.state.params, event.state.m, event.state.v]) : [],
  }),
  /** Loss and gradients of an adapter, without dropout: for checks. */
  lossAndGradients: new Call('lossAndGradients', {
    params: examplesRequest,
    event: never,
    result: object<LossAndGradients>({ loss: number, gradients: loraPairs }),
    adapterIn: 'adapter',
    transfer: ({ gradients }) => buffersOf(arraysOf(gradients)),
  }),
  /** Logits at every position of each row, (length, vocabSize) row-major. */
  logits: new Call('logits', {
    ...{ params: rowsRequest, event: never, result: floatRows, adapterIn: 'adapter' },
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
