/**
 * @file What a run will cost, before it starts: tokens, seconds and memory, from a plan, the lengths of a few encoded
 * rows and the rates of a short probe. Pure arithmetic over what the phases do (label.ts, learn.ts, evaluate.ts); refills
 * of dropped answers and ISARA's repeated attempts are not foreseen, so a run that drops much costs more.
 */
import type { Phase } from '../words/events.ts';
import { methodOf } from '../words/methods.ts';
import type { Plan } from '../words/plan.ts';
import { roundNumbers, stepsPerTraining } from '../words/plan.ts';
import { trainingTemplate } from './training-template.ts';

export interface Sizes {
  /** Mean tokens of a prompt with its demonstrations. */
  readonly fewShotTokens: number;
  /** Mean tokens of a prompt alone. */
  readonly zeroShotTokens: number;
  /** Mean tokens of an answer with its stop. */
  readonly answerTokens: number;
  /** Candidates scored per item: labels, or choices of a multiple-choice task; 0 without. */
  readonly labels: number;
  /** Sum over the adapted linear layers of their in and out features: r times this is the LoRA's parameters. */
  readonly adaptedFeatures: number;
}

/** Tokens per second over a whole batch, as measured on this device with this model. */
export interface Rates {
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Forward and backward, over real tokens. */
  readonly trainTokensPerSecond: number;
}

export type ByPhase = Readonly<Record<Phase, number>>;

export interface Budget {
  readonly tokens: ByPhase & { readonly total: number };
  readonly seconds: ByPhase & { readonly total: number };
  /** Float32 LoRA weights, gradient and AdamW's two moments while training, and every round's adapter kept. */
  readonly memoryBytes: number;
}

interface Work {
  readonly prefill: number;
  readonly decode: number;
  readonly train: number;
}

const NOTHING: Work = { prefill: 0, decode: 0, train: 0 };
const FLOAT_BYTES = 4;
const COPIES_WHILE_TRAINING = 4;

const sum = (parts: readonly Work[]): Work => ({
  prefill: parts.reduce((total, { prefill }) => total + prefill, 0),
  decode: parts.reduce((total, { decode }) => total + decode, 0),
  train: parts.reduce((total, { train }) => total + train, 0),
});

/** `items` answers, each generated after a prompt of `tokens`. */
const generated = (items: number, tokens: number, answer: number): Work => ({
  ...NOTHING,
  prefill: items * tokens,
  decode: items * answer,
});

/** `items` prompts, each read once with all its candidates behind it. */
const scored = (items: number, tokens: number, { labels, answerTokens }: Sizes): Work => ({
  ...NOTHING,
  prefill: items * (tokens + labels * answerTokens),
});

function rankWork({ task, arm }: Plan, { fewShotTokens, answerTokens }: Sizes): Work {
  const { acrossRounds, balanced, rounds, promptsPerRound } = arm.knobs;
  const isRanked = acrossRounds !== 'random' || balanced;
  if (!isRanked || methodOf(arm.method).inputs !== 'prompts') return NOTHING;
  return generated(
    Math.min(task.splits.prompts.length, rounds * promptsPerRound),
    fewShotTokens,
    answerTokens,
  );
}

function labelWork({ task, arm }: Plan, sizes: Sizes): Work {
  const { rounds, promptsPerRound, decoding, demonstrations, isaraNeighbours } = arm.knobs;
  const { fewShotTokens, zeroShotTokens, answerTokens, labels } = sizes;
  const { teacher, inputs } = methodOf(arm.method);
  if (inputs === 'nothing' || teacher === 'key' || teacher === 'nobody') return NOTHING;
  const items = rounds * promptsPerRound * (teacher === 'vote' ? rounds : 1);
  const isScored = decoding === 'constrained' && labels > 0 && inputs === 'prompts';
  const answers = isScored
    ? scored(items, fewShotTokens, sizes)
    : generated(items, fewShotTokens, answerTokens);
  if (inputs === 'prompts') return answers;
  // A new question after its neighbours' questions, each about as long as the demonstrations' own.
  const k = Math.max(1, demonstrations || task.definition.k);
  const question = Math.max(1, Math.min(zeroShotTokens, fewShotTokens / (k + 1)));
  return sum([answers, generated(items, isaraNeighbours * question, question)]);
}

function trainWork(plan: Plan, { fewShotTokens, zeroShotTokens, answerTokens }: Sizes): Work {
  const { task, arm } = plan;
  const { batchSize, demonstrations } = arm.knobs;
  const { share, kept } = trainingTemplate(arm.knobs);
  const k = Math.max(1, demonstrations || task.definition.k);
  const one = (fewShotTokens - zeroShotTokens) / k;
  const row = zeroShotTokens + share * Math.min(kept, k) * Math.max(0, one) + answerTokens;
  return { ...NOTHING, train: roundNumbers(plan).length * stepsPerTraining(plan) * batchSize * row };
}

/** The base and every trained adapter: validation and test zero-shot, test's first items and the probe few-shot. */
function evaluateWork(plan: Plan, sizes: Sizes): Work {
  const { task, arm } = plan;
  const { testItems, fewShotItems, validationItems, probeItems, constrained, stopMetric } = arm.knobs;
  const { zeroShotTokens, fewShotTokens, answerTokens, labels } = sizes;
  const test = Math.min(testItems, task.splits.test.length);
  const few = Math.min(fewShotItems, test);
  const validation = Math.min(validationItems, task.splits.validation.length);
  const probe = Math.min(probeItems, task.splits.probe.length);
  const isScored = constrained && labels > 0;
  const once = sum([
    generated(test + validation, zeroShotTokens, answerTokens),
    generated(few + probe, fewShotTokens, answerTokens),
    ...(isScored ? [scored(test, zeroShotTokens, sizes)] : []),
    ...(isScored && stopMetric === 'constrained_accuracy' ? [scored(validation, zeroShotTokens, sizes)] : []),
    ...(isScored && task.definition.kind === 'multiple-choice' ? [scored(few, fewShotTokens, sizes)] : []),
  ]);
  return sum(Array.from({ length: roundNumbers(plan).length + 1 }, () => once));
}

/** Predicted tokens and seconds by phase, and memory beside the model's own. A run whose base evaluation is taken from
 * another arm costs less by one evaluation. */
export function predictCost(plan: Plan, sizes: Sizes, rates: Rates): Budget {
  const work: Readonly<Record<Phase, Work>> = {
    rank: rankWork(plan, sizes),
    label: labelWork(plan, sizes),
    train: trainWork(plan, sizes),
    evaluate: evaluateWork(plan, sizes),
  };
  const by = (of: (work: Work) => number) => {
    const { rank, label, train, evaluate } = work;
    const phases = { rank: of(rank), label: of(label), train: of(train), evaluate: of(evaluate) };
    return { ...phases, total: phases.rank + phases.label + phases.train + phases.evaluate };
  };
  const adapterBytes = plan.arm.knobs.r * sizes.adaptedFeatures * FLOAT_BYTES;
  const trainings = roundNumbers(plan).length;
  return {
    tokens: by(({ prefill, decode, train }) => prefill + decode + train),
    seconds: by(
      ({ prefill, decode, train }) =>
        prefill / rates.prefillTokensPerSecond +
        decode / rates.decodeTokensPerSecond +
        train / rates.trainTokensPerSecond,
    ),
    memoryBytes: trainings === 0 ? 0 : adapterBytes * (COPIES_WHILE_TRAINING + trainings),
  };
}
