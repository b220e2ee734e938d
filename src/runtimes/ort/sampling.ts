/**
 * @file From one row of logits to the next token. Repetition penalty and temperature are transformers.js' own
 * processors; top-k, top-p and the draw are ours: its top-p warper does nothing, and its sampler draws from one
 * stream for all prompts, where here a prompt's draw depends on nothing but seed, key and token index.
 */
import { RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, Tensor } from '@huggingface/transformers';
import type { GenerationConfig } from '../../words/engine.ts';
import { LabError } from '../../core/errors.ts';
import { deriveKey, uniformAt } from '../../core/random.ts';

/** @throws LabError `invalid-request` naming the field */
export function checkGenerationConfig(config: GenerationConfig): void {
  const checks: readonly (readonly [isRight: boolean, field: keyof GenerationConfig, expected: string])[] = [
    [
      Number.isInteger(config.maxNewTokens) && config.maxNewTokens >= 1,
      'maxNewTokens',
      'a whole number >= 1',
    ],
    [config.temperature > 0 && Number.isFinite(config.temperature), 'temperature', 'a finite number > 0'],
    [Number.isInteger(config.topK) && config.topK >= 0, 'topK', 'a whole number >= 0'],
    [config.topP > 0 && config.topP <= 1, 'topP', 'a number in (0, 1]'],
    [
      config.repetitionPenalty > 0 && Number.isFinite(config.repetitionPenalty),
      'repetitionPenalty',
      'a finite number > 0',
    ],
    [!config.stopStrings.includes(''), 'stopStrings', 'without an empty string'],
  ];
  for (const [isRight, field, expected] of checks) {
    if (isRight) continue;
    throw new LabError(
      'invalid-request',
      `${field} must be ${expected}, got ${JSON.stringify(config[field])}.`,
    );
  }
}

/** Whether the most likely token is the answer, so that no logits need leave the graph. */
export function isPlainGreedy(config: GenerationConfig): boolean {
  return !config.doSample && config.repetitionPenalty === 1;
}

export interface Choice {
  /** (V) unprocessed logits; not changed. */
  readonly logits: Float32Array;
  /** Prompt and completion so far. */
  readonly ids: readonly number[];
  /** Names the prompt. */
  readonly key: string;
  /** 0-based index of the token to be drawn within the completion. */
  readonly tokenIndex: number;
  /** Ids that no token has; none of them is chosen. */
  readonly absentIds?: readonly number[];
}

/** The next token under the configuration. */
export function chooseToken(choice: Choice, config: GenerationConfig): number {
  const scores = processed(choice, config);
  if (!config.doSample) return indexOfMax(scores);
  const weights = softmaxWeights(scores);
  const kept = keptTokens(weights, config);
  const uniform = uniformAt(deriveKey(config.seed, choice.key), choice.tokenIndex);
  return draw(weights, kept, uniform);
}

function processed({ logits, ids, absentIds = [] }: Choice, config: GenerationConfig): Float32Array {
  const scores = logits.slice();
  const tensor = new Tensor('float32', scores, [1, scores.length]);
  const context = [ids.map(BigInt)];
  if (config.repetitionPenalty !== 1) {
    new RepetitionPenaltyLogitsProcessor(config.repetitionPenalty)._call(context, tensor);
  }
  if (config.doSample && config.temperature !== 1) {
    new TemperatureLogitsWarper(config.temperature)._call(context, tensor);
  }
  for (const id of absentIds) scores[id] = -Infinity;
  return scores;
}

/** exp(score - max): the probabilities up to a common factor. */
function softmaxWeights(scores: Float32Array): Float64Array {
  const top = scores[indexOfMax(scores)] ?? 0;
  return Float64Array.from(scores, (score) => Math.exp(score - top));
}

/** The tokens that top-k and top-p leave, in ascending order of id: drawing in that order, nearly equal weights
 * cannot change places between one batch and another. */
function keptTokens(weights: Float64Array, { topK, topP }: GenerationConfig): number[] {
  // What has no weight is never drawn, not even where rounding leaves the draw beyond the last.
  let kept = Array.from(weights.keys()).filter((token) => weights[token] !== 0);
  if (topK > 0 && topK < kept.length) kept = heaviestK(weights, topK);
  if (topP < 1) kept = nucleus(weights, kept, topP);
  return kept.sort((a, b) => a - b);
}

/** The k heaviest tokens; of equals at the edge, those of lower id. Sorting the bare weights is native and fast. */
function heaviestK(weights: Float64Array, k: number): number[] {
  const edge = weights.toSorted()[weights.length - k] ?? 0;
  const above: number[] = [];
  const equal: number[] = [];
  for (const [token, weight] of weights.entries()) {
    if (weight > edge) above.push(token);
    else if (weight === edge) equal.push(token);
  }
  return [...above, ...equal.slice(0, k - above.length)];
}

/** The smallest set of the heaviest tokens whose share of the whole reaches `topP`. */
function nucleus(weights: Float64Array, tokens: readonly number[], topP: number): number[] {
  const total = sum(weights, tokens);
  // Tokens below this share cannot reach 1 - topP even together, so the set is found among the others.
  const negligible = ((1 - topP) * total) / tokens.length;
  const candidates = heaviest(
    weights,
    tokens.filter((token) => (weights[token] ?? 0) >= negligible),
  );
  let reached = 0;
  const size = candidates.findIndex((token) => (reached += weights[token] ?? 0) >= topP * total);
  return size < 0 ? candidates : candidates.slice(0, size + 1);
}

/** By falling weight; equals by rising id. */
function heaviest(weights: Float64Array, tokens: readonly number[]): number[] {
  return tokens.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
}

function draw(weights: Float64Array, tokens: readonly number[], uniform: number): number {
  const target = uniform * sum(weights, tokens);
  let reached = 0;
  const chosen = tokens.find((token) => (reached += weights[token] ?? 0) > target);
  const last = tokens.at(-1);
  if (chosen === undefined && last === undefined) throw new Error('nothing to draw from');
  return chosen ?? last ?? 0;
}

function sum(weights: Float64Array, tokens: readonly number[]): number {
  return tokens.reduce((total, token) => total + (weights[token] ?? 0), 0);
}

/** The lowest index of the largest value, as ArgMax in the graph. */
function indexOfMax(values: Float32Array): number {
  let best = 0;
  let top = -Infinity;
  for (const [i, value] of values.entries()) {
    if (value > top) {
      top = value;
      best = i;
    }
  }
  return best;
}
