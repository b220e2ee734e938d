/**
 * @file The words in which the method speaks to an engine: requests, results and events of labelling, scoring and
 * training. Plain data (structured-cloneable), known to core, protocol and both runtimes; names follow
 * transformers' GenerationConfig and TrainingArguments.
 */

import type { Infer } from '../core/shape.ts';
import {
  array,
  count,
  counts,
  exactly,
  finite,
  flag,
  holding,
  like,
  number,
  numbers,
  object,
  optional,
  tagged,
  text,
  wholeWithin,
  within,
  word,
} from '../core/shape.ts';
import { float } from '../core/bounds.ts';
import { MOST_COST, MOST_STEPS } from './run-limits.ts';

export const backendName = word(['webgpu', 'wasm', 'cpu']);
export type BackendName = Infer<typeof backendName>;

/** The device a worker computes on, as shown to the person. */
export const deviceInfo = object({
  backend: backendName,
  /** Adapter or processor in words, e.g. "Apple M2" or "wasm, SIMD, 4 threads". */
  description: text,
  /** Worker threads; 1 where the page is not cross-origin isolated. */
  threads: count,
  /** A software WebGPU adapter: right numbers, no speed. */
  isSoftware: flag,
  hasShaderF16: flag,
});
export type DeviceInfo = Infer<typeof deviceInfo>;

const MOST_THREADS = 8;
/** Threads of wasm on a machine with so many processors. */
export const threadsFor = (processors: number): number => Math.min(MOST_THREADS, processors);

// ---------------------------------------------------------------- labelling

export const generationConfig = object({
  maxNewTokens: count,
  /** false: greedy. */
  doSample: flag,
  temperature: finite,
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: count,
  /** Keep the smallest set of tokens whose probability reaches p; 1 keeps all. */
  topP: finite,
  /** CTRL's penalty on tokens already in prompt or completion; 1 is none. */
  repetitionPenalty: finite,
  eosTokenIds: counts,
  /** The completion ends where its text contains one of these; the text is cut before it. */
  stopStrings: array(text),
  /** Sampling draws derive from (seed, prompt key, token index): never from the batch. */
  seed: finite,
});
export type GenerationConfig = Infer<typeof generationConfig>;

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

export const promptRow = object({
  /** Names the prompt in events and keys its random draws. */
  key: text,
  ids: counts,
  /** Token ids of answers whose log-probabilities are asked for too, at least one token each: the prompt is read once. */
  candidates: optional(array(counts)),
});
export type PromptRow = Infer<typeof promptRow>;

export const score = object({
  /** log p(completion token | everything before it), nats. */
  logprobs: numbers,
  /** Entropy (nats) of the distribution that predicted each of these tokens. */
  entropies: numbers,
});
export type Score = Infer<typeof score>;

export const finishReason = word(['eos', 'stop-string', 'length']);
export type FinishReason = Infer<typeof finishReason>;

export const completion = object({
  key: text,
  /** New tokens only; an end-of-sequence token is included, as generate() does. */
  ids: counts,
  /** Log-probability (nats) of each new token under the model's unprocessed distribution. */
  logprobs: numbers,
  /** Decoded text, cut before the stop string, special tokens left out; '' without a tokenizer. */
  text,
  finishReason,
  /** Of the row's candidates, in their order; absent where it has none. */
  scores: optional(array(score)),
});
export type Completion = Infer<typeof completion>;

export const generateEvent = tagged('type', [
  object({
    type: exactly('token'),
    key: text,
    id: count,
    logprob: number,
    /** Text that became certain with this token. */
    text,
  }),
  object({ type: exactly('completion'), completion }),
]);
export type GenerateEvent = Infer<typeof generateEvent>;

// ---------------------------------------------------------------- scoring

export const scoreRow = object({
  promptIds: counts,
  /** At least one token; promptIds may be empty, then the first token has no prediction and is left out. */
  completionIds: counts,
});
export type ScoreRow = Infer<typeof scoreRow>;

// ---------------------------------------------------------------- training

export const trainExample = object({
  promptIds: counts,
  completionIds: counts,
});
export type TrainExample = Infer<typeof trainExample>;

const stepNumber = wholeWithin(1, MOST_STEPS);
const learningRate = within(0, 1);

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const atLeastZero = like((value): value is number => isNumber(value) && value >= 0, 'a number >= 0');
const share = like((value): value is number => isNumber(value) && value >= 0 && value < 1, 'from 0 up to 1');

/** What a training must be asked with: at the border between page and worker and, whoever asks, by the trainer itself. */
export const trainConfig = object({
  learningRate,
  lrSchedulerType: word(['constant', 'linear', 'cosine']),
  /** Share of all steps over which the rate rises linearly from 0. */
  warmupRatio: within(0, 1),
  /** Decoupled: p <- p (1 - lr * weightDecay). */
  weightDecay: atLeastZero,
  adamBeta1: share,
  adamBeta2: share,
  adamEpsilon: like((value): value is number => isNumber(value) && value > 0, 'a number > 0'),
  /** Global gradient norm to clip to; 0 switches clipping off. */
  maxGradNorm: atLeastZero,
  /** Examples in one forward and backward pass. */
  batchSize: wholeWithin(1),
  /** Passes whose gradients make one optimizer step; the loss is token-weighted over all of them. */
  gradientAccumulationSteps: wholeWithin(1),
  /** Optimizer steps in all; examples cycle. */
  maxSteps: stepNumber,
  /** true: every epoch in another order, examples of like length in one batch. false: every epoch in the order given,
   * cut into batches as it stands (a curriculum). */
  shuffle: flag,
  /** Keys shuffling, bucketing and dropout. */
  seed: wholeWithin(Number.MIN_SAFE_INTEGER),
});
export type TrainConfig = Infer<typeof trainConfig>;

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
/** Real (unpadded) ones. */
export const tokens = wholeWithin(0, MOST_COST);

const stepFields = object({
  type: exactly('step'),
  /** 1-based number of the optimizer step just made. */
  step: stepNumber,
  maxSteps: stepNumber,
  /** Mean over all completion tokens of the step, nats, before the update. */
  loss: float,
  /** Global gradient norm before clipping. */
  gradNorm: float,
  learningRate,
  tokens,
});
export const trainStep = holding(stepFields, ({ step, maxSteps }) =>
  step <= maxSteps ? null : ['step', `${step} of ${maxSteps}`],
);
export type TrainStep = Infer<typeof trainStep>;
