/**
 * @file Shapes of a run's lasting events: what is read from a file comes from anywhere, so all of it is
 * checked. Where an adapter's numbers stand (beside the events, in them) is each reader's own: `trainedFields`.
 */
import type { FinishReason, TrainStep } from '../../words/engine.ts';
import type {
  Cost,
  EndReason,
  Evaluation,
  EvaluatedSplit,
  LastingEvent,
  Mode,
  Prediction,
  Ranked,
  RowsLeftOut,
  Sample,
  Shots,
  TooLong,
  Verdict,
} from '../../words/events.ts';
import { KNOBS } from '../../words/knobs.ts';
import {
  FLOAT32_MAX,
  LONGEST_NAME,
  LONGEST_TEXT,
  MOST_COST,
  MOST_DEMONSTRATIONS,
  MOST_LABELS,
  MOST_MODULES,
  MOST_NUMBERS,
  MOST_PREDICTIONS,
  MOST_ROUNDS,
  MOST_ROWS,
  MOST_SAMPLES,
  MOST_STEPS,
  MOST_TOKENS,
} from '../../words/run-limits.ts';
import type { SplitName } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { Adapter, LoraConfig } from '../../lora/config.ts';
import {
  array,
  either,
  exactly,
  flag,
  holding,
  nullable,
  object,
  optional,
  tagged,
  textWithin,
  unboundedOr,
  wholeWithin,
  within,
  word,
} from '../../protocol/shape.ts';
import { adapter } from '../../protocol/words.ts';

const id = textWithin(LONGEST_NAME, 1);
const prose = textWithin(LONGEST_TEXT);
const round = wholeWithin(0, MOST_ROUNDS);
/** Nats, losses, norms: what was computed in float32, or overflowed there. */
const float = unboundedOr(-FLOAT32_MAX, FLOAT32_MAX);
const perplexity = unboundedOr(0, Number.MAX_VALUE);
const tokens = wholeWithin(0, MOST_COST);

const cost = object<Cost>({ tokens, milliseconds: within(0, MOST_COST) });
const finishReason = word<FinishReason>({ eos: true, 'stop-string': true, length: true });
const verdict = word<Verdict>({
  ...{ kept: true, empty: true, unfinished: true, repeats: true, copies: true, perplexity: true },
  ...{ 'outside-labels': true, 'near-duplicate': true, 'too-short': true },
});

const sampleFields = object<Sample>({
  id,
  input: prose,
  demonstrations: array(id, MOST_DEMONSTRATIONS),
  answer: prose,
  said: optional(prose),
  ids: array(wholeWithin(0, 2 ** 31), MOST_TOKENS),
  logprobs: array(float, MOST_TOKENS),
  perplexity: nullable(perplexity),
  finishReason,
  verdict,
  key: prose,
  isRight: nullable(flag),
});

const sample = holding(sampleFields, ({ ids, logprobs }, path) =>
  ids.length === logprobs.length ? null : `${path}.logprobs: ${logprobs.length} for ${ids.length} tokens`,
);

const items = wholeWithin(0, MOST_ROWS);
const shots = object<Shots>({
  prompts: items,
  drawn: wholeWithin(0, MOST_ROWS * MOST_DEMONSTRATIONS),
  leftOut: wholeWithin(0, MOST_ROWS * MOST_DEMONSTRATIONS),
  bare: items,
});
const tooLong = object<TooLong>({
  positions: wholeWithin(0, 2 ** 31),
  rows: array(
    object<RowsLeftOut>({
      split: word<SplitName>({ pool: true, prompts: true, validation: true, probe: true, test: true }),
      ...{ leftOut: items, of: items },
    }),
    SPLITS.length,
  ),
});

const stepFields = object<TrainStep>({
  type: exactly('step'),
  ...{ step: wholeWithin(1, MOST_STEPS), maxSteps: wholeWithin(1, MOST_STEPS), tokens },
  ...{ loss: float, gradNorm: float, learningRate: within(0, 1) },
});
const step = holding(stepFields, (told, path) =>
  told.step <= told.maxSteps ? null : `${path}.step: ${told.step} of ${told.maxSteps}`,
);

const labelLogprobs = optional(array(float, MOST_LABELS));
const prediction = object<Prediction>({
  ...{ id, answer: prose, isFinished: flag, isExact: flag, labelLogprobs },
});

const evaluation = object<Evaluation>({
  split: word<EvaluatedSplit>({ validation: true, probe: true, test: true }),
  mode: word<Mode>({ 'zero-shot': true, 'few-shot': true }),
  predictions: array(prediction, MOST_PREDICTIONS),
  contentFree: labelLogprobs,
  tokenEntropy: nullable(float),
  shots: optional(shots),
});

const ranked = object<Ranked>({ id, answer: prose, perplexity, tokens: wholeWithin(0, MOST_TOKENS) });
const endReason = word<EndReason>({
  ...{ 'all-rounds': true, 'validation-fell': true, 'nothing-kept': true, 'nothing-novel': true },
});

type Told<T extends LastingEvent['type']> = Extract<LastingEvent, { readonly type: T }>;

/** Every event but `trained`, by type. */
export const untrainedEvents = {
  ranked: object<Told<'ranked'>>({
    type: exactly('ranked'),
    ...{ ranking: array(ranked, MOST_ROWS), cost, shots: optional(shots) },
  }),
  labelled: object<Told<'labelled'>>({
    type: exactly('labelled'),
    ...{ round, samples: array(sample, MOST_SAMPLES), cost, shots: optional(shots) },
  }),
  evaluated: object<Told<'evaluated'>>({ type: exactly('evaluated'), round, evaluation, cost }),
  'round-ended': object<Told<'round-ended'>>({
    type: exactly('round-ended'),
    ...{ round, validation: nullable(within(0, 1)), falls: round, tooLong: optional(tooLong) },
  }),
  ended: object<Told<'ended'>>({ type: exactly('ended'), reason: endReason, bestRound: round }),
};
/** Of `trained`, but its adapter. */
export const trainedFields = {
  type: exactly('trained'),
  ...{ round, curve: array(step, MOST_STEPS), examples: wholeWithin(0, MOST_STEPS), cost },
  shots: optional(shots),
};
/** The events with another thing in the adapter's place. */
export type EventWith<A> =
  Exclude<LastingEvent, Told<'trained'>> | (Omit<Told<'trained'>, 'adapter'> & { readonly adapter: A });

const { r, loraAlpha, loraDropout } = KNOBS;
const config = object<LoraConfig>({
  r: wholeWithin(r.min, r.max),
  loraAlpha: within(loraAlpha.min, loraAlpha.max),
  useRslora: flag,
  loraDropout: within(loraDropout.min, loraDropout.max),
  targetModules: either(array(id, MOST_MODULES), exactly('all-linear')),
});

/** As it stands in an event, its numbers with it. */
const trainedAdapter = holding(adapter, (value: Adapter, path) => {
  if (value.pairs.size > MOST_MODULES) return `${path}.pairs: more than ${MOST_MODULES} modules`;
  for (const module of value.pairs.keys()) {
    const fault = id.fault(module, `${path}.pairs key`);
    if (fault !== null) return fault;
  }
  return config.fault(value.config, `${path}.config`);
});

export const lastingEvent = tagged<LastingEvent, 'type'>('type', {
  ...untrainedEvents,
  trained: object<Told<'trained'>>({ ...trainedFields, adapter: trainedAdapter }),
});

/** An adapter in JSON: its numbers stand in a file of their own, module after module, A before B, float32. */
export interface AdapterLine {
  readonly file: string;
  readonly config: LoraConfig;
  readonly baseSha256?: string;
  /** Module and the lengths of its A and B. */
  readonly modules: readonly { readonly module: string; readonly a: number; readonly b: number }[];
}
/** One that the file was written without. */
interface AbsentLine extends Pick<AdapterLine, 'config' | 'baseSha256'> {
  /** Its hash. */
  readonly absent: string;
}
const presentLine = object<AdapterLine>({
  file: id,
  config,
  baseSha256: optional(textWithin(LONGEST_NAME)),
  modules: array(
    object<AdapterLine['modules'][number]>({
      ...{ module: id, a: wholeWithin(0, MOST_NUMBERS), b: wholeWithin(0, MOST_NUMBERS) },
    }),
    MOST_MODULES,
  ),
});
const absentLine = object<AbsentLine>({
  ...{ absent: id, config, baseSha256: optional(textWithin(LONGEST_NAME)) },
});
export const adapterLine = either(absentLine, presentLine);
