/**
 * @file Labelling in Node on wasm: batches of 16 against transformers.js' generate() one prompt at a time over the very
 * same session, and what an adapter swap and a load cost.
 */
import '../ort-global.ts';
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import { median } from '../../src/core/median.ts';
import { GREEDY, threadsFor } from '../../src/words/engine.ts';
import type { DeviceInfo } from '../../src/words/engine.ts';
import { initAdapter } from '../../src/lora/config.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { generateWithTransformers } from '../../src/runtimes/ort/transformers-facade.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { benchModel, LORA, parametersOf, randomIds } from './models.ts';
import { initNodeBackend } from './training.ts';

/** One workload, done both ways. */
interface Comparison {
  readonly newTokens: number;
  /** Seconds for all prompts. */
  readonly seconds: { readonly batchOf16: number; readonly transformersOneByOne: number };
  readonly speedup: number;
  /** Prompts whose ids were the same in both. */
  readonly equalIds: number;
}

export interface LabellingBench {
  readonly device: DeviceInfo;
  readonly parameters: number;
  readonly prompts: { readonly count: number; readonly tokens: string };
  /** Labels of a few tokens, where reading the prompts is most of the work, and sentences. */
  readonly labels: Comparison;
  readonly sentences: Comparison;
  readonly prefillTokensPerSecond: number;
  /** Largest copy of the cache between JavaScript and the session in a decode step of the sentences. */
  readonly cacheBytesPerStep: number;
  readonly swapMs: number;
  readonly loadMs: { readonly ort: number; readonly tfjs: number };
}

const PROMPTS = 32;

/** Prompts of 60 to 120 tokens: four demonstrations and a question. */
const prompts = (vocabulary: number) =>
  Array.from({ length: PROMPTS }, (_, row) => ({
    key: `${row}`,
    ids: randomIds(60 + ((row * 23) % 61), row, vocabulary),
  }));

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const begin = performance.now();
  const value = await work();
  return { ms: performance.now() - begin, value };
}

async function batched(model: OrtModel, maxNewTokens: number): Promise<Map<string, readonly number[]>> {
  const ids = new Map<string, readonly number[]>();
  const rows = prompts(model.architecture.vocabSize);
  const config = { ...GREEDY, maxNewTokens };
  for await (const event of model.generate(rows, config, { batchSize: 16 })) {
    if (event.type === 'completion') ids.set(event.completion.key, event.completion.ids);
  }
  return ids;
}

async function oneByOne(model: OrtModel, maxNewTokens: number): Promise<Map<string, readonly number[]>> {
  const ids = new Map<string, readonly number[]>();
  for (const { key, ids: prompt } of prompts(model.architecture.vocabSize)) {
    ids.set(key, await generateWithTransformers(model.session, prompt, { maxNewTokens }));
  }
  return ids;
}

async function largestCacheCopy(model: OrtModel, maxNewTokens: number): Promise<number> {
  let largest = 0;
  const options = {
    batchSize: 16,
    onRun: ({ cacheBytesPerStep }: { readonly cacheBytesPerStep: number }) => {
      largest = Math.max(largest, cacheBytesPerStep);
    },
  };
  const completions = model.generate(
    prompts(model.architecture.vocabSize),
    { ...GREEDY, maxNewTokens },
    options,
  );
  while ((await completions.next()).done !== true);
  return largest;
}

async function compare(model: OrtModel, newTokens: number): Promise<Comparison> {
  await batched(model, newTokens);
  const times: Record<'own' | 'theirs', number[]> = { own: [], theirs: [] };
  let equalIds = 0;
  for (let round = 0; round < 3; round++) {
    const own = await timed(() => batched(model, newTokens));
    const theirs = await timed(() => oneByOne(model, newTokens));
    times.own.push(own.ms / 1000);
    times.theirs.push(theirs.ms / 1000);
    equalIds = [...own.value].filter(([key, ids]) => ids.join() === theirs.value.get(key)?.join()).length;
  }
  return {
    newTokens,
    seconds: { batchOf16: median(times.own), transformersOneByOne: median(times.theirs) },
    speedup: median(times.theirs) / median(times.own),
    equalIds,
  };
}

export async function benchLabelling(): Promise<LabellingBench> {
  const source = benchModel();
  const { architecture } = source;
  const engine = await createEngine(ort, {
    backend: 'wasm',
    numThreads: threadsFor(availableParallelism()),
  });
  const warm = await engine.loadModel(source);
  await warm.release();
  const { ms: ortLoad, value: model } = await timed(() => engine.loadModel(source));

  const labels = await compare(model, 6);
  const sentences = await compare(model, 32);
  const cacheBytesPerStep = await largestCacheCopy(model, 32);
  const prefill: number[] = [];
  const rows = prompts(architecture.vocabSize).slice(0, 16);
  for (let i = 0; i < 3; i++) {
    const scored = rows.map(({ ids }) => ({ promptIds: ids, completionIds: ids.slice(0, 1) }));
    prefill.push((await timed(() => model.score(scored))).ms / 1000);
  }

  const swaps: number[] = [];
  const adapters = [0, 1].map((seed) => initAdapter(architecture.linears, LORA, seed));
  for (let i = 0; i < 10; i++) {
    const begin = performance.now();
    model.session.holdAdapter(adapters[i % 2] ?? null).release();
    swaps.push(performance.now() - begin);
  }
  await model.release();
  await initNodeBackend('wasm');
  const { ms: tfjsLoad, value: trainable } = await timed(() => TrainableModel.load(source));
  trainable.dispose();

  const tokens = rows.reduce((sum, { ids }) => sum + ids.length + 1, 0);
  return {
    device: engine.device,
    parameters: parametersOf(source),
    prompts: { count: PROMPTS, tokens: '60 to 120' },
    labels,
    sentences,
    prefillTokensPerSecond: Math.round(tokens / median(prefill)),
    cacheBytesPerStep,
    swapMs: median(swaps),
    loadMs: { ort: ortLoad, tfjs: tfjsLoad },
  };
}
