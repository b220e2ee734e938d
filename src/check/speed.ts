/** @file Tokens per second of a loaded model, as a person would meet them: labelling a batch, training on it. */
import { deriveKey, integerAt } from '../core/random.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../words/engine.ts';
import type { LoraConfig } from '../lora/config.ts';
import { initAdapter } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

export interface Speed {
  /** Prompt tokens read, per second, batch of 8. */
  readonly prefillTokensPerSecond: number;
  /** New tokens, per second, batch of 8. */
  readonly decodeTokensPerSecond: number;
  /** Tokens through forward and backward, per second, LoRA r 8 on all linear layers. */
  readonly trainTokensPerSecond: number;
}

const BATCH = 8;
const LORA: LoraConfig = {
  r: 8,
  loraAlpha: 16,
  useRslora: false,
  loraDropout: 0,
  targetModules: 'all-linear',
};

/** @param now milliseconds, e.g. performance.now */
export async function measureSpeed(
  architecture: Architecture,
  inference: InferenceSide,
  training: TrainingSide,
  now: () => number,
): Promise<Speed> {
  const { vocabSize, maxPositions, linears } = architecture;
  const length = Math.min(48, Math.floor(maxPositions / 2));
  const newTokens = Math.min(16, maxPositions - length);
  const prompts = Array.from({ length: BATCH }, (_, row) =>
    Array.from({ length }, (_, i) => integerAt(deriveKey('speed', row), i, vocabSize)),
  );
  const generate = async () => {
    const stamps = [now()];
    const rows = prompts.map((ids, i) => ({ key: `${i}`, ids }));
    for await (const { type } of inference.generate(null, rows, { ...GREEDY, maxNewTokens: newTokens })) {
      if (type === 'token') stamps.push(now());
    }
    return stamps;
  };
  await generate(); // The first run compiles shaders and grows heaps.
  const [begin = NaN, ...tokens] = await generate();
  const [firstToken = NaN] = tokens;
  const prefillSeconds = (firstToken - begin) / 1000;
  const decodeSeconds = ((tokens.at(-1) ?? NaN) - firstToken) / 1000;

  const examples = prompts.map((ids) => ({ promptIds: ids.slice(0, -4), completionIds: ids.slice(-4) }));
  const stamps: number[] = [];
  await training.train(
    initAdapter(linears, LORA, 0),
    examples,
    { ...TRAIN_DEFAULTS, batchSize: BATCH, maxSteps: 3 },
    () => stamps.push(now()),
  );
  const [first = NaN] = stamps;
  const trainSeconds = ((stamps.at(-1) ?? NaN) - first) / 1000;
  return {
    prefillTokensPerSecond: (BATCH * length) / prefillSeconds,
    decodeTokensPerSecond: (BATCH * (newTokens - 1)) / decodeSeconds,
    trainTokensPerSecond: ((stamps.length - 1) * BATCH * length) / trainSeconds,
  };
}
