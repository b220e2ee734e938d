/**
 * @file Shapes of a run's lasting events: what is read from a file comes from anywhere, so all of it is
 * checked. Where an adapter's numbers stand (beside the events, in them) is each reader's own: `trainedFields`.
 */
import type { FinishReason, TrainStep } from '../core/engine.ts';
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
} from '../core/events.ts';
import type { SplitName } from '../core/task.ts';
import type { LoraConfig } from '../lora/config.ts';
import {
  array,
  count,
  exactly,
  finite,
  flag,
  nullable,
  number,
  object,
  optional,
  tagged,
  text,
  word,
} from '../protocol/shape.ts';
import { adapter, loraConfig } from '../protocol/words.ts';

const cost = object<Cost>({ tokens: count, milliseconds: finite });
const finishReason = word<FinishReason>({ eos: true, 'stop-string': true, length: true });
const verdict = word<Verdict>({
  ...{ kept: true, empty: true, unfinished: true, repeats: true, copies: true, perplexity: true },
  ...{ 'outside-labels': true, 'near-duplicate': true, 'too-short': true },
});

const sample = object<Sample>({
  id: text,
  input: text,
  demonstrations: array(text),
  answer: text,
  said: optional(text),
  ids: array(count),
  logprobs: array(number),
  perplexity: nullable(number),
  finishReason,
  verdict,
  key: text,
  isRight: nullable(flag),
});

const step = object<TrainStep>({
  type: exactly('step'),
  ...{ step: count, maxSteps: count, loss: number, gradNorm: number, learningRate: finite, tokens: count },
});

const shots = object<Shots>({ prompts: count, drawn: count, leftOut: count, bare: count });
const tooLong = object<TooLong>({
  positions: count,
  rows: array(
    object<RowsLeftOut>({
      split: word<SplitName>({ pool: true, prompts: true, validation: true, probe: true, test: true }),
      ...{ leftOut: count, of: count },
    }),
  ),
});

const prediction = object<Prediction>({
  ...{ id: text, answer: text, isFinished: flag, isExact: flag },
  labelLogprobs: optional(array(number)),
});

const evaluation = object<Evaluation>({
  split: word<EvaluatedSplit>({ validation: true, probe: true, test: true }),
  mode: word<Mode>({ 'zero-shot': true, 'few-shot': true }),
  predictions: array(prediction),
  contentFree: optional(array(number)),
  tokenEntropy: nullable(number),
  shots: optional(shots),
});

const ranked = object<Ranked>({ id: text, answer: text, perplexity: number, tokens: count });
const endReason = word<EndReason>({
  ...{ 'all-rounds': true, 'validation-fell': true, 'nothing-kept': true, 'nothing-novel': true },
});

type Told<T extends LastingEvent['type']> = Extract<LastingEvent, { readonly type: T }>;

/** Every event but `trained`, by type. */
export const untrainedEvents = {
  ranked: object<Told<'ranked'>>({
    type: exactly('ranked'),
    ...{ ranking: array(ranked), cost, shots: optional(shots) },
  }),
  labelled: object<Told<'labelled'>>({
    type: exactly('labelled'),
    ...{ round: count, samples: array(sample), cost, shots: optional(shots) },
  }),
  evaluated: object<Told<'evaluated'>>({ type: exactly('evaluated'), round: count, evaluation, cost }),
  'round-ended': object<Told<'round-ended'>>({
    type: exactly('round-ended'),
    ...{ round: count, validation: nullable(number), falls: count, tooLong: optional(tooLong) },
  }),
  ended: object<Told<'ended'>>({ type: exactly('ended'), reason: endReason, bestRound: count }),
};
/** Of `trained`, but its adapter. */
export const trainedFields = {
  type: exactly('trained'),
  ...{ round: count, curve: array(step), examples: count, cost, shots: optional(shots) },
};
/** The events with another thing in the adapter's place. */
export type EventWith<A> =
  Exclude<LastingEvent, Told<'trained'>> | (Omit<Told<'trained'>, 'adapter'> & { readonly adapter: A });

export const lastingEvent = tagged<LastingEvent, 'type'>('type', {
  ...untrainedEvents,
  trained: object<Told<'trained'>>({ ...trainedFields, adapter }),
});

/** An adapter in JSON: its numbers stand in a file of their own, module after module, A before B, float32. */
export interface AdapterLine {
  readonly file: string;
  readonly config: LoraConfig;
  readonly baseSha256?: string;
  /** Module and the lengths of its A and B. */
  readonly modules: readonly { readonly module: string; readonly a: number; readonly b: number }[];
}
export const adapterLine = object<AdapterLine>({
  file: text,
  config: loraConfig,
  baseSha256: optional(text),
  modules: array(object<AdapterLine['modules'][number]>({ module: text, a: count, b: count })),
});
