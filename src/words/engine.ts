/**
 * @file The words in which the method speaks to an engine: requests, results and events of labelling, scoring and
 * training. Plain data (structured-cloneable), known to core, protocol and both runtimes; names follow
 * transformers' GenerationConfig and TrainingArguments.
 */

import type { Infer } from '../core/shape.ts';
import { exactly, holding, object, unboundedOr, wholeWithin, within, word } from '../core/shape.ts';
import { FLOAT32_MAX, MOST_COST, MOST_STEPS } from './run-limits.ts';

export type BackendName = 'webgpu' | 'wasm' | 'cpu';

/** The device a worker computes on, as shown to the person. */
export interface DeviceInfo {
  readonly backend: BackendName;
  /** Adapter or processor in words, e.g. "Apple M2" or "wasm, SIMD, 4 threads". */
  readonly description: string;
  /** Worker threads; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
  /** A software WebGPU adapter: right numbers, no speed. */
  readonly isSoftware: boolean;
  readonly hasShaderF16: boolean;
}

const MOST_THREADS = 8;
/** Threads of wasm on a machine with so many processors. */
export const threadsFor = (processors: number): number => Math.min(MOST_THREADS, processors);

// ---------------------------------------------------------------- labelling

export interface GenerationConfig {
  readonly maxNewTokens: number;
  /** false: greedy. */
  readonly doSample: boolean;
  readonly temperature: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  readonly topK: number;
  /** Keep the smallest set of tokens whose probability reaches p; 1 keeps all. */
  readonly topP: number;
  /** CTRL's penalty on tokens already in prompt or completion; 1 is none. */
  readonly repetitionPenalty: number;
  readonly eosTokenIds: readonly number[];
  /** The completion ends where its text contains one of these; the text is cut before it. */
  readonly stopStrings: readonly string[];
  /** Sampling draws derive from (seed, prompt key, token index): never from the batch. */
  readonly seed: number;
}

export const GREEDY: GenerationConfig = {
  maxNewTokens: 16,
  doSample: false,
  temperature: 1,
  topK: 0,
  topP: 1,
  repetitionPenalty: 1,
  eosTokenIds: [],
  stopStrings: [],
  seed: 0,
};

export interface PromptRow {
  /** Names the prompt in events and keys its random draws. */
  readonly key: string;
  readonly ids: readonly number[];
}

export const finishReason = word(['eos', 'stop-string', 'length']);
export type FinishReason = Infer<typeof finishReason>;

export interface Completion {
  readonly key: string;
  /** New tokens only; an end-of-sequence token is included, as generate() does. */
  readonly ids: readonly number[];
  /** Log-probability (nats) of each new token under the model's unprocessed distribution. */
  readonly logprobs: readonly number[];
  /** Decoded text, cut before the stop string, special tokens left out; '' without a tokenizer. */
  readonly text: string;
  readonly finishReason: FinishReason;
}

export type GenerateEvent =
  | {
      readonly type: 'token';
      readonly key: string;
      readonly id: number;
      readonly logprob: number;
      /** Text that became certain with this token. */
      readonly text: string;
    }
  | { readonly type: 'completion'; readonly completion: Completion };

// ---------------------------------------------------------------- scoring

export interface ScoreRow {
  readonly promptIds: readonly number[];
  /** At least one token; promptIds may be empty, then the first token has no prediction and is left out. */
  readonly completionIds: readonly number[];
}

export interface Score {
  /** log p(completion token | everything before it), nats. */
  readonly logprobs: readonly number[];
  /** Entropy (nats) of the distribution that predicted each of these tokens. */
  readonly entropies: readonly number[];
}

// ---------------------------------------------------------------- training

export interface TrainExample {
  readonly promptIds: readonly number[];
  readonly completionIds: readonly number[];
}

export interface TrainConfig {
  readonly learningRate: number;
  readonly lrSchedulerType: 'constant' | 'linear' | 'cosine';
  /** Share of all steps over which the rate rises linearly from 0. */
  readonly warmupRatio: number;
  /** Decoupled: p <- p (1 - lr * weightDecay). */
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** Global gradient norm to clip to; 0 switches clipping off. */
  readonly maxGradNorm: number;
  /** Examples in one forward and backward pass. */
  readonly batchSize: number;
  /** Passes whose gradients make one optimizer step; the loss is token-weighted over all of them. */
  readonly gradientAccumulationSteps: number;
  /** Optimizer steps in all; examples cycle. */
  readonly maxSteps: number;
  /** true: every epoch in another order, examples of like length in one batch. false: every epoch in the order given,
   * cut into batches as it stands (a curriculum). */
  readonly shuffle: boolean;
  /** Keys shuffling, bucketing and dropout. */
  readonly seed: number;
}

export const TRAIN_DEFAULTS: TrainConfig = {
  learningRate: 2e-3,
  lrSchedulerType: 'linear',
  warmupRatio: 0.05,
  weightDecay: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  maxGradNorm: 1,
  batchSize: 16,
  gradientAccumulationSteps: 1,
  maxSteps: 12,
  shuffle: true,
  seed: 0,
};

/** Nats, losses, norms: what was computed in float32, or overflowed there. */
export const float = unboundedOr(-FLOAT32_MAX, FLOAT32_MAX);
/** Real (unpadded) ones. */
export const tokens = wholeWithin(0, MOST_COST);
const stepNumber = wholeWithin(1, MOST_STEPS);

const stepFields = object({
  type: exactly('step'),
  /** 1-based number of the optimizer step just made. */
  step: stepNumber,
  maxSteps: stepNumber,
  /** Mean over all completion tokens of the step, nats, before the update. */
  loss: float,
  /** Global gradient norm before clipping. */
  gradNorm: float,
  learningRate: within(0, 1),
  tokens,
});
export const trainStep = holding(stepFields, ({ step, maxSteps }) =>
  step <= maxSteps ? null : ['step', `${step} of ${maxSteps}`],
);
export type TrainStep = Infer<typeof trainStep>;
