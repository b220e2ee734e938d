/** @file Tokens per second of a loaded model, as a person would meet them: labelling a batch, training on it. */
import { median } from '../core/median.ts';
import type { MemoryUse } from '../core/memory.ts';
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
  /** Tokens of a row. */
  readonly length: number;
  /** While that was measured, and everything before. */
  readonly memory: { readonly labelling: MemoryUse; readonly training: MemoryUse };
}

export const BATCH = 8;
/** Each kind of work is done for at least so long, or once. */
const LEAST_MS = 1000;
const FEW_STEPS = 3;
const MOST_STEPS = 200;
export const SPEED_LORA: LoraConfig = {
  r: 8,
  loraAlpha: 16,
  useRslora: false,
  loraDropout: 0,
  targetModules: 'all-linear',
};

/** What is asked of a model: rows of token ids, tokens made after each, and of a training row the completion's last ones. */
export interface SpeedWork {
  readonly prompts: readonly (readonly number[])[];
  readonly newTokens: number;
  readonly targets: number;
}

/** @param tokens of a row, if the model takes as many */
export function speedWork({ vocabSize, maxPositions }: Architecture, tokens = 48): SpeedWork {
  const length = Math.min(tokens, Math.floor(maxPositions / 2));
  return {
    prompts: Array.from({ length: BATCH }, (_, row) =>
      Array.from({ length }, (__, i) => integerAt(deriveKey('speed', row), i, vocabSize)),
    ),
    newTokens: Math.min(16, maxPositions - length),
    targets: 4,
  };
}

/** @param now milliseconds, e.g. performance.now
 * @param tokens of a row, if the model takes as many */
export async function measureSpeed(
  architecture: Architecture,
  inference: InferenceSide,
  training: TrainingSide,
  now: () => number,
  tokens = 48,
): Promise<Speed> {
  const { prompts, newTokens, targets } = speedWork(architecture, tokens);
  const length = prompts[0]?.length ?? 0;
  const generate = async () => {
    const stamps = [now()];
    const rows = prompts.map((ids, i) => ({ key: `${i}`, ids }));
    for await (const { type } of inference.generate(null, rows, { ...GREEDY, maxNewTokens: newTokens })) {
      if (type === 'token') stamps.push(now());
    }
    return stamps;
  };
  // The first run compiles shaders and grows heaps; a small model's take so little that the browser still runs its wasm unoptimised.
  const warm = now();
  do await generate();
  while (now() - warm < LEAST_MS);
  const seconds: { readonly prefill: number; readonly decode: number }[] = [];
  const begun = now();
  do {
    const [begin = NaN, ...came] = await generate();
    const [firstToken = NaN] = came;
    seconds.push({
      prefill: (firstToken - begin) / 1000,
      decode: ((came.at(-1) ?? NaN) - firstToken) / 1000,
    });
  } while (now() - begun < LEAST_MS);
  const prefillSeconds = median(seconds.map(({ prefill }) => prefill));
  const decodeSeconds = median(seconds.map(({ decode }) => decode));

  const examples = prompts.map((ids) => ({
    promptIds: ids.slice(0, -targets),
    completionIds: ids.slice(-targets),
  }));
  const stepSeconds = async (maxSteps: number) => {
    const stamps: number[] = [];
    await training.train(
      initAdapter(architecture.linears, SPEED_LORA, 0),
      examples,
      { ...TRAIN_DEFAULTS, batchSize: BATCH, maxSteps },
      () => stamps.push(now()),
    );
    return stamps.slice(1).map((stamp, i) => (stamp - (stamps[i] ?? NaN)) / 1000);
  };
  let steps = await stepSeconds(FEW_STEPS);
  const few = median(steps);
  if (few * 1000 * FEW_STEPS < LEAST_MS) {
    const many = Math.min(MOST_STEPS, Math.ceil(LEAST_MS / (few * 1000)));
    // Its first half warms up.
    steps = (await stepSeconds(2 * many)).slice(many);
  }
  const trainSeconds = median(steps);
  return {
    prefillTokensPerSecond: (BATCH * length) / prefillSeconds,
    decodeTokensPerSecond: (BATCH * (newTokens - 1)) / decodeSeconds,
    trainTokensPerSecond: (BATCH * length) / trainSeconds,
    length,
    memory: { labelling: await inference.memory(), training: await training.memory() },
  };
}
