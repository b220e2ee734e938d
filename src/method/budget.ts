/**
 * @file What a run will cost, before it starts: tokens, seconds and memory, from its agenda, the lengths of a few encoded
 * rows and the rates of a short probe. What the agenda does not foresee (refills, further attempts) costs more.
 */
import type { Phase } from '../words/events.ts';
import type { Plan } from '../words/plan.ts';
import type { AgendaRequest, PromptKind } from './agenda.ts';
import { agendaOf, requestsOf, shapeOf, trainedRounds } from './agenda.ts';
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

/** Tokens of a request, given the lengths of the task's rows. */
function workOf({ kind, items, prompt }: AgendaRequest, { task, arm }: Plan, sizes: Sizes): Work {
  const { batchSize, demonstrations, isaraNeighbours } = arm.knobs;
  const { fewShotTokens, zeroShotTokens, answerTokens } = sizes;
  const k = Math.max(1, demonstrations || task.definition.k);
  if (prompt === null) {
    const { share, kept } = trainingTemplate(arm.knobs);
    const one = Math.max(0, (fewShotTokens - zeroShotTokens) / k);
    const row = zeroShotTokens + share * Math.min(kept, k) * one + answerTokens;
    return { ...NOTHING, train: items * batchSize * row };
  }
  // A new question after its neighbours' questions, each about as long as the demonstrations' own.
  const question = Math.max(1, Math.min(zeroShotTokens, fewShotTokens / (k + 1)));
  const before: Readonly<Record<PromptKind, number>> = {
    ...{ 'few-shot': fewShotTokens, 'zero-shot': zeroShotTokens, 'content-free': zeroShotTokens },
    question: isaraNeighbours * question,
  };
  if (kind === 'score') return scored(items, before[prompt], sizes);
  return generated(items, before[prompt], prompt === 'question' ? question : answerTokens);
}

/** Predicted tokens and seconds by phase, and memory beside the model's own.
 * @param isFirst of its seed: the others find the base's shared answers in memory (lab/remember-base.ts) */
export function predictCost(plan: Plan, sizes: Sizes, rates: Rates, isFirst = true): Budget {
  const requests = requestsOf(plan.arm, shapeOf(plan.task)).filter(({ isShared }) => isFirst || !isShared);
  const of = (wanted: Phase) =>
    sum(requests.filter(({ phase }) => phase === wanted).map((one) => workOf(one, plan, sizes)));
  const work = { rank: of('rank'), label: of('label'), train: of('train'), evaluate: of('evaluate') };
  const by = (of: (work: Work) => number) => {
    const { rank, label, train, evaluate } = work;
    const phases = { rank: of(rank), label: of(label), train: of(train), evaluate: of(evaluate) };
    return { ...phases, total: phases.rank + phases.label + phases.train + phases.evaluate };
  };
  const adapterBytes = plan.arm.knobs.r * sizes.adaptedFeatures * FLOAT_BYTES;
  const trainings = trainedRounds(agendaOf(plan.arm, shapeOf(plan.task))).length;
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
