/**
 * @file What a run will cost, before it starts: time and memory, from its agenda, the lengths of a few encoded rows and
 * the rates of a short probe. What the agenda does not foresee (refills, further attempts) costs more.
 */
import type { Batches } from '../core/memory-need.ts';
import type { Arm } from '../words/plan.ts';
import type { TaskShape } from './agenda.ts';
import { agendaOf, trainedRounds } from './agenda.ts';
import type { AgendaRequest, PromptKind } from './requests.ts';
import { trainingTemplate } from './training-template.ts';
import type { Weigh } from './work.ts';

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

/** Tokens by what is done with them. */
interface Tokens {
  readonly prefill: number;
  readonly decode: number;
  readonly train: number;
}

const NOTHING: Tokens = { prefill: 0, decode: 0, train: 0 };
const FLOAT_BYTES = 4;
const COPIES_WHILE_TRAINING = 4;

/** What a run is weighed by. */
export interface Measures {
  readonly sizes: Sizes;
  readonly rates: Rates;
  /** Rows that are answered together, whose longest is of so many tokens. */
  readonly together: (longest: number) => number;
}

/** Tokens of one item of a request: an answer, a prompt with all its candidates behind it, a step. */
function tokensOf(request: AgendaRequest, { knobs }: Arm, k: number, sizes: Sizes): Tokens {
  const { kind, prompt, isBeside } = request;
  const { fewShotTokens, zeroShotTokens, answerTokens, labels } = sizes;
  const shown = Math.max(1, knobs.demonstrations || k);
  if (prompt === null) {
    const { share, kept } = trainingTemplate(knobs);
    const one = Math.max(0, (fewShotTokens - zeroShotTokens) / shown);
    const row = zeroShotTokens + share * Math.min(kept, shown) * one + answerTokens;
    return { ...NOTHING, train: knobs.batchSize * row };
  }
  // A new question after its neighbours' questions, each about as long as the demonstrations' own.
  const question = Math.max(1, Math.min(zeroShotTokens, fewShotTokens / (shown + 1)));
  const before: Readonly<Record<PromptKind, number>> = {
    ...{ 'few-shot': fewShotTokens, 'zero-shot': zeroShotTokens, 'content-free': zeroShotTokens },
    question: knobs.isaraNeighbours * question,
  };
  if (kind === 'score')
    return { ...NOTHING, prefill: (isBeside ? 0 : before[prompt]) + labels * answerTokens };
  const decode = prompt === 'question' ? question : answerTokens;
  return { ...NOTHING, prefill: before[prompt], decode };
}

/** Rows differ: the longest of many beside their mean. */
const LONGEST = 1.25;

/** Milliseconds that an item of each request is predicted to take.
 * @param k demonstrations where the arm names none: the task's own */
export function weighing(arm: Arm, k: number, { sizes, rates, together }: Measures): Weigh {
  return (request) => {
    const { prefill, decode, train } = tokensOf(request, arm, k, sizes);
    const seconds =
      prefill / rates.prefillTokensPerSecond +
      decode / rates.decodeTokensPerSecond +
      train / rates.trainTokensPerSecond;
    const longest = LONGEST * prefill + Math.max(arm.knobs.maxNewTokens, sizes.answerTokens);
    return { each: 1000 * seconds, together: train > 0 ? 1 : Math.max(1, together(longest)) };
  };
}

/** Rows of the arm's longest prompts that are answered together, and of a step. */
export function batchesOf(arm: Arm, { sizes, together }: Omit<Measures, 'rates'>): Required<Batches> {
  const { maxNewTokens, batchSize } = arm.knobs;
  const answer = Math.max(maxNewTokens, sizes.answerTokens);
  const prompt = (mean: number) => Math.ceil(LONGEST * mean + answer);
  const labelling = prompt(sizes.fewShotTokens);
  const isShown = trainingTemplate(arm.knobs).share > 0;
  return {
    labelling: { rows: together(labelling), tokens: labelling },
    training: { rows: batchSize, tokens: isShown ? labelling : prompt(sizes.zeroShotTokens) },
  };
}

/** A row of a sentence or two. */
const USUAL_TOKENS = 24;
const USUAL_TOGETHER = 32;
/** Beside each other only; a decoded token and a trained one take several times a read one's time. */
const USUAL_RATES: Rates = {
  ...{ prefillTokensPerSecond: 1000, decodeTokensPerSecond: 200, trainTokensPerSecond: 200 },
};

/** What requests cost beside each other where neither the device nor the task's rows were measured. */
export function usualWeighing(arm: Arm, k: number, labels: number): Weigh {
  const shown = arm.knobs.demonstrations || k;
  const sizes: Sizes = {
    ...{ fewShotTokens: (shown + 1) * USUAL_TOKENS, zeroShotTokens: USUAL_TOKENS, answerTokens: 3 },
    ...{ labels, adaptedFeatures: 0 },
  };
  return weighing(arm, k, { sizes, rates: USUAL_RATES, together: () => USUAL_TOGETHER });
}

/** Bytes of float32 LoRA weights, gradient and AdamW's two moments while training, and every round's adapter kept. */
export function adapterBytes(arm: Arm, shape: TaskShape, { adaptedFeatures }: Sizes): number {
  const trainings = trainedRounds(agendaOf(arm, shape)).length;
  const one = arm.knobs.r * adaptedFeatures * FLOAT_BYTES;
  return trainings === 0 ? 0 : one * (COPIES_WHILE_TRAINING + trainings);
}
