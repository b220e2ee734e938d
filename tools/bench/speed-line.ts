/**
 * @file The method's speed line before there is a method: the work of SOFT with 3 rounds of 64 prompts, 4 demonstrations, on a
 * random model, phase by phase, on wasm in Node. Labels are noise; the tokens are as many as they will be.
 */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import { GREEDY } from '../../src/core/engine.ts';
import { initAdapter } from '../../src/lora/config.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import { benchModel, LORA, parametersOf, randomIds, TRAIN_CONFIG, trainingExamples } from './models.ts';
import { initNodeBackend } from './training.ts';

const ROUNDS = 3;
const PROMPTS = 64;
const EPOCHS = 3;
const LABELS = 4;
/** Tokens of a question, of one with four demonstrations, and of an answer with its stop. */
const ZERO_SHOT = 25;
const FEW_SHOT = 125;
const ANSWER = 3;

type Phase = 'label' | 'train' | 'zeroShotFree' | 'zeroShotConstrained' | 'fewShot' | 'validation';

export interface SpeedLine {
  readonly parameters: number;
  readonly threads: { readonly ort: number; readonly tfjs: number };
  /** Seconds of all rounds, the evaluation of the base included. */
  readonly seconds: Readonly<Record<Phase, number>>;
  readonly totalSeconds: number;
  /** Until the first round's score stands. */
  readonly firstRoundSeconds: number;
}

const rows = (count: number, tokens: number, vocabulary: number) =>
  Array.from({ length: count }, (_, row) => ({ key: `${row}`, ids: randomIds(tokens, row, vocabulary) }));

async function answer(model: OrtModel, count: number, tokens: number): Promise<void> {
  const config = { ...GREEDY, maxNewTokens: ANSWER };
  const answers = model.generate(rows(count, tokens, model.architecture.vocabSize), config);
  while ((await answers.next()).done !== true);
}

async function choose(model: OrtModel, count: number): Promise<void> {
  const { vocabSize } = model.architecture;
  await model.score(
    rows(count, ZERO_SHOT, vocabSize).flatMap(({ ids }) =>
      Array.from({ length: LABELS }, (_, label) => ({
        promptIds: ids,
        completionIds: randomIds(ANSWER, 5000 + label, vocabSize),
      })),
    ),
  );
}

export async function benchSpeedLine(): Promise<SpeedLine> {
  const source = benchModel();
  const { linears, vocabSize } = source.architecture;
  const engine = await createEngine(ort, {
    backend: 'wasm',
    numThreads: Math.min(8, availableParallelism()),
  });
  const labels = await engine.loadModel(source);
  const device = await initNodeBackend('wasm');
  const learns = await TrainableModel.load(source);
  const seconds = { label: 0, train: 0, zeroShotFree: 0, zeroShotConstrained: 0, fewShot: 0, validation: 0 };
  const timed = async (phase: Phase, work: () => Promise<void>) => {
    const begin = performance.now();
    await work();
    seconds[phase] += (performance.now() - begin) / 1000;
  };
  const total = () => Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const evaluate = async () => {
    await timed('zeroShotFree', () => answer(labels, 400, ZERO_SHOT));
    await timed('zeroShotConstrained', () => choose(labels, 400));
    await timed('fewShot', () => answer(labels, 128, FEW_SHOT));
    await timed('validation', () => answer(labels, 128, ZERO_SHOT));
  };
  const examples = Array.from({ length: PROMPTS / 16 }, () =>
    trainingExamples(vocabSize, ZERO_SHOT + ANSWER),
  ).flat();
  const maxSteps = EPOCHS * Math.ceil(PROMPTS / TRAIN_CONFIG.batchSize);

  await evaluate();
  let firstRoundSeconds = NaN;
  for (let round = 1; round <= ROUNDS; round++) {
    await timed('label', () => answer(labels, PROMPTS, FEW_SHOT));
    await timed('train', async () => {
      const run = train(learns, initAdapter(linears, LORA, round), examples, { ...TRAIN_CONFIG, maxSteps });
      for (;;) {
        const { value, done } = await run.next();
        if (done !== true) continue;
        labels.setAdapter(value.adapter);
        break;
      }
    });
    await evaluate();
    if (round === 1) firstRoundSeconds = total();
  }
  learns.dispose();
  await labels.release();
  return {
    parameters: parametersOf(source),
    threads: { ort: engine.device.threads, tfjs: device.threads },
    seconds,
    totalSeconds: total(),
    firstRoundSeconds,
  };
}
