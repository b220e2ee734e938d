/**
 * @file What the training worker can be asked. The engine in the worker and its client in the page are one type. A training
 * is one request, from an adapter to an adapter; a worker that has ended it remembers nothing of it.
 */
import { memoryUse } from '../core/memory.ts';
import type { Infer } from '../core/shape.ts';
import {
  array,
  chosen,
  count,
  exactly,
  finite,
  mapOf,
  never,
  nothing,
  nullable,
  number,
  object,
  tagged,
  text,
} from '../core/shape.ts';
import type { LoraPair } from '../lora/config.ts';
import { adapter, loraConfig, loraPair } from '../lora/config.ts';
import { backendName, deviceInfo, trainConfig, trainExample, trainStep } from '../words/engine.ts';
import { trainState } from '../words/train-state.ts';
import type { Service } from './method.ts';
import { Call, Stream, isAdapter, methods } from './method.ts';
import { buffersOf, floatRows, loadProgress, loadRequest, modelInfo, rowsRequest } from './words.ts';

/** A fresh adapter: A random by the seed, B zero. */
const adapterRecipe = object({ config: loraConfig, seed: finite });

const trainRequest = object({
  start: chosen((value) => (isAdapter(value) ? adapter : adapterRecipe)),
  examples: array(trainExample),
  config: trainConfig,
  /** Where another one of the same start, examples and configuration stopped; null: from its beginning. */
  resumeFrom: nullable(trainState),
});
export type TrainRequest = Infer<typeof trainRequest>;

const trainEvent = tagged('type', [
  trainStep,
  /** The last event of a training that was cancelled, or that met a loss which is no number: it can go on from here. */
  object({ type: exactly('stopped'), state: trainState }),
]);
export type TrainEvent = Infer<typeof trainEvent>;

const examplesRequest = object({ adapter, examples: array(trainExample) });

/** Loss in nats, mean over all completion tokens; gradients by module in PEFT's shapes. */
const lossAndGradients = object({ loss: number, gradients: mapOf(text, loraPair) });

/** What the runtime holds, while it trains: what it held after the last step. */
const memoryReport = object({
  numTensors: count,
  numBytes: count,
  /** Bytes of GPU buffers, free ones of the pool included; 0 without a GPU. */
  gpuBytes: count,
  use: memoryUse,
});
export type MemoryReport = Infer<typeof memoryReport>;

const selfTestReport = object({
  backend: backendName,
  tolerance: finite,
  /** Tensors of the self-test's tiny models, and their errors against the cpu backend relative to their size; the worst
   * first. */
  rows: array(object({ name: text, relativeError: number })),
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
    result: lossAndGradients,
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
    params: object({ backend: backendName }),
    event: never,
    result: selfTestReport,
  }),
  deviceInfo: new Call('deviceInfo', {
    ...{ params: nothing, event: never, result: nullable(deviceInfo) },
    isConcurrent: true,
  }),
  memory: new Call('memory', {
    params: nothing,
    event: never,
    result: memoryReport,
    isConcurrent: true,
  }),
});

export type TrainingService = Service<typeof trainingMethods>;
