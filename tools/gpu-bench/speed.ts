/** @file What training and labelling take of this process's WebGPU: time, dispatches, bytes moved, memory. */
import type { SpeedWork } from '../../src/check/speed.ts';
import { LabError } from '../../src/core/errors.ts';
import { median } from '../../src/core/median.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../../src/runtimes/tfjs/device.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import { GREEDY } from '../../src/words/engine.ts';
import { LORA, TRAIN_CONFIG } from '../bench/models.ts';
import { countGpuWork } from '../node-gpu.ts';
import { nodeSource } from '../node-source.ts';
import { examplesOf } from './compare.ts';
import { gpuHere, labellingEngine } from './gpu.ts';
import type { LabellingFigures, TrainingFigures } from './report.ts';

/** Steps that compile shaders and fill pools. */
const WARM_UP = 3;
const STEPS = 10;

export async function measureTraining(folder: string, work: SpeedWork): Promise<TrainingFigures> {
  const { isSoftware } = await initBackend('webgpu', { gpu: await gpuHere() });
  const checkpoint = await openCheckpoint(nodeSource(folder));
  const model = await TrainableModel.load(checkpoint);
  const examples = examplesOf(work);
  const [warmUp, steps] = isSoftware ? [1, 0] : [WARM_UP, STEPS];
  const config = { ...TRAIN_CONFIG, batchSize: examples.length, maxSteps: warmUp + steps + 1 };
  const run = train(model, initAdapter(checkpoint.architecture.linears, LORA, 0), examples, config);
  for (let step = 0; step < warmUp; step++) await run.next();
  const seconds: number[] = [];
  for (let step = 0; step < steps; step++) {
    const begin = performance.now();
    // A step ends with its loss read back: the device has then done all of it but the last update.
    await run.next();
    seconds.push((performance.now() - begin) / 1000);
  }
  const perStep = await countGpuWork(() => run.next());
  const { gpuBytes } = deviceMemory();
  const tokens = work.prompts.reduce((sum, { length }) => sum + length, 0);
  return { ...(isSoftware ? {} : { tokensPerSecond: tokens / median(seconds) }), perStep, gpuBytes };
}

export async function measureLabelling(
  folder: string,
  work: SpeedWork,
  wasm: string,
): Promise<LabellingFigures> {
  await gpuHere();
  const engine = await labellingEngine(wasm);
  const model = await engine.loadModel(await openCheckpoint(nodeSource(folder)));
  const rows = work.prompts.map((ids, i) => ({ key: `${i}`, ids }));
  let gpuBytes = 0;
  const generate = async () => {
    const stamps = [performance.now()];
    for await (const { type } of model.generate(rows, { ...GREEDY, maxNewTokens: work.newTokens })) {
      if (type !== 'token') continue;
      stamps.push(performance.now());
      gpuBytes = Math.max(gpuBytes, engine.held().gpu);
    }
    return stamps;
  };
  // The first run compiles shaders; its dispatches are those of any other.
  let first: number[] = [];
  const counts = await countGpuWork(async () => (first = await generate()));
  if (first.length !== 1 + rows.length * work.newTokens) {
    throw new LabError('internal', `${first.length - 1} tokens came where all were asked for.`);
  }
  const counted = { perPass: counts, newTokens: work.newTokens, gpuBytes };
  if (engine.device.isSoftware) return counted;
  const [begin = NaN, ...stamps] = await generate();
  const [firstToken = NaN] = stamps;
  const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    prefillTokensPerSecond: tokens / ((firstToken - begin) / 1000),
    decodeTokensPerSecond:
      (rows.length * (work.newTokens - 1)) / (((stamps.at(-1) ?? NaN) - firstToken) / 1000),
    ...counted,
  };
}
