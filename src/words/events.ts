/**
 * @file Everything a run tells, as one flat union. A run's state is a fold over its lasting events (state.ts): to store
 * a run is to store them, to resume is to fold them and go on, to replay is to fold them without computing. What is read
 * from a file or the disk comes from anywhere, so lasting events are shapes with bounds.
 */
import type { Infer } from '../core/shape.ts';
import {
  array,
  either,
  exactly,
  flag,
  holding,
  mapOf,
  nullable,
  object,
  optional,
  tagged,
  textWithin,
  unboundedOr,
  wholeWithin,
  within,
  word,
} from '../core/shape.ts';
import { adapter as anyAdapter, loraConfig, loraPair } from '../lora/config.ts';
import type { Completion, TrainStep } from './engine.ts';
import { finishReason, tokens, trainStep } from './engine.ts';
import { KNOBS } from './knobs.ts';
import type { PromptParts } from './prompt-parts.ts';
import { LONGEST_NAME, LONGEST_TEXT, float } from '../core/bounds.ts';
import { contentFree, prediction } from '../metrics/item.ts';
import {
  MOST_CANDIDATES,
  MOST_COST,
  MOST_DEMONSTRATIONS,
  MOST_MODULES,
  MOST_PREDICTIONS,
  MOST_ROUNDS,
  MOST_ROWS,
  MOST_SAMPLES,
  MOST_STEPS,
  MOST_TOKENS,
} from './run-limits.ts';
import { SPLITS, splitName } from './task.ts';

export const PHASES = ['rank', 'label', 'train', 'evaluate'] as const;
export type Phase = (typeof PHASES)[number];

const id = textWithin(LONGEST_NAME, 1);
const prose = textWithin(LONGEST_TEXT);
const round = wholeWithin(0, MOST_ROUNDS);
const rows = wholeWithin(0, MOST_ROWS);
const perplexity = unboundedOr(0, Number.MAX_VALUE);

/** Why an answer is not trained on; `kept` where it is. */
const verdict = word([
  'kept',
  'empty',
  'unfinished',
  'repeats',
  'copies',
  'outside-labels',
  'perplexity',
  'disputed',
  'near-duplicate',
  'too-short',
]);
export type Verdict = Infer<typeof verdict>;

/** Demonstrations of some prompts. */
const shots = object({
  prompts: rows,
  /** Demonstrations drawn, over all prompts. */
  drawn: wholeWithin(0, MOST_ROWS * MOST_DEMONSTRATIONS),
  /** Of these, without room. */
  leftOut: wholeWithin(0, MOST_ROWS * MOST_DEMONSTRATIONS),
  /** Prompts that were left without any. */
  bare: rows,
});
export type Shots = Infer<typeof shots>;

/** Rows of a split that are longer than the model takes. */
const rowsLeftOut = object({
  split: splitName,
  leftOut: rows,
  /** Rows that were looked at. */
  of: rows,
});
export type RowsLeftOut = Infer<typeof rowsLeftOut>;

/** A prompt with its self-label. */
const sampleFields = object({
  /** The row's id; generated questions have one of their own. */
  id,
  input: prose,
  /** Ids of the pool's rows before the prompt, in order. */
  demonstrations: array(id, MOST_DEMONSTRATIONS),
  /** Of a question that the model wrote: ids of the pool's rows after which it was written, in order. */
  writtenAfter: optional(array(id, MOST_DEMONSTRATIONS)),
  /** The self-label, cut at the stop and trimmed. */
  answer: prose,
  /** What the model really said, where label noise or a vote replaced it. */
  said: optional(prose),
  /** Tokens of the answer with its stop, and their log-probabilities in nats; empty where no model answered (gold). */
  ids: array(wholeWithin(0, 2 ** 31), MOST_TOKENS),
  logprobs: array(float, MOST_TOKENS),
  /** exp of the mean negative log-probability of these tokens; null where no model answered. */
  perplexity: nullable(perplexity),
  finishReason,
  verdict,
  /** The hidden key; '' where none is known. */
  key: prose,
  /** null where no key is known. */
  isRight: nullable(flag),
});
const sample = holding(sampleFields, ({ ids, logprobs }) =>
  ids.length === logprobs.length ? null : ['logprobs', `${logprobs.length} for ${ids.length} tokens`],
);
export type Sample = Infer<typeof sample>;

export const MODES = ['zero-shot', 'few-shot'] as const;
const mode = word(MODES);
export type Mode = Infer<typeof mode>;
/** prompts: those that the round was trained on, asked again. */
export const EVALUATED_SPLITS = ['validation', 'probe', 'test', 'prompts'] as const;
const evaluatedSplit = word(EVALUATED_SPLITS);
export type EvaluatedSplit = Infer<typeof evaluatedSplit>;

const evaluation = object({
  split: evaluatedSplit,
  mode,
  predictions: array(prediction, MOST_PREDICTIONS),
  contentFree,
  /** Mean entropy of the distribution of the answer's first token, nats; null where no candidates were scored. */
  tokenEntropy: nullable(float),
  /** Of its prompts; absent where all demonstrations fitted. */
  shots: optional(shots),
});
export type Evaluation = Infer<typeof evaluation>;
export type Prediction = Evaluation['predictions'][number];

/** Rows that the model's positions have no room for. */
const tooLong = object({ positions: wholeWithin(0, 2 ** 31), rows: array(rowsLeftOut, SPLITS.length) });
export type TooLong = Infer<typeof tooLong>;

/** The base's perplexity of its own few-shot answer to a prompt, by which SOFT+ ranks. */
const ranked = object({
  id,
  answer: prose,
  perplexity,
  /** Tokens of the answer: perplexity correlates with length, so it is told. */
  tokens: wholeWithin(0, MOST_TOKENS),
});
export type Ranked = Infer<typeof ranked>;

/** Counts and times of a phase; times never enter results. */
const cost = object({ tokens, milliseconds: within(0, MOST_COST) });

export const endReason = word(['all-rounds', 'validation-fell', 'nothing-kept', 'nothing-novel']);
export type EndReason = Infer<typeof endReason>;

/** Events that make up the state, but `trained`: its adapter has another form wherever it stands. */
export const untrainedEvents = [
  object({
    type: exactly('ranked'),
    ranking: array(ranked, MOST_ROWS),
    cost,
    /** Here and below: absent where all demonstrations fitted. */
    shots: optional(shots),
  }),
  object({
    type: exactly('labelled'),
    round,
    /** A whole chunk: the round's part or one of its parts, then refills. */
    samples: array(sample, MOST_SAMPLES),
    cost,
    shots: optional(shots),
  }),
  /** The next items of an evaluation that is under way, in their order: a run that is stopped goes on behind them. */
  object({
    type: exactly('answered'),
    round,
    split: evaluatedSplit,
    mode,
    predictions: array(prediction, MOST_PREDICTIONS),
    /** Entropies of first tokens: their sum, nats, and number, those of the parts before included. */
    entropy: object({ sum: float, count: wholeWithin(0, MOST_PREDICTIONS * MOST_CANDIDATES) }),
    cost,
  }),
  /** All of it, and what all of it cost. Round 0 is the base. */
  object({ type: exactly('evaluated'), round, evaluation, cost }),
  object({
    type: exactly('round-ended'),
    round,
    /** Mean of the stopping metric on validation; null where too few items can be judged by it. */
    validation: nullable(within(0, 1)),
    /** Falls in a row so far. */
    falls: round,
    /** Told with the base's round; absent where all rows fitted. */
    tooLong: optional(tooLong),
  }),
  object({
    type: exactly('ended'),
    reason: endReason,
    /** Best by validation; 0 the base. */
    bestRound: round,
  }),
] as const;
/** Of `trained`, but its adapter. */
export const trainedFields = {
  type: exactly('trained'),
  round,
  curve: array(trainStep, MOST_STEPS),
  /** Examples trained on: kept samples, replayed ones, the pool's. */
  examples: wholeWithin(0, MOST_STEPS),
  cost,
  shots: optional(shots),
};

const { r, loraAlpha, loraDropout } = KNOBS;
/** A rank, a rate and names that a run of this lab can have. */
export const runLoraConfig = object({
  ...loraConfig.entries,
  r: wholeWithin(r.min, r.max),
  loraAlpha: within(loraAlpha.min, loraAlpha.max),
  loraDropout: within(loraDropout.min, loraDropout.max),
  targetModules: either(array(id, MOST_MODULES), exactly('all-linear'), 'names of modules, or "all-linear"'),
});
export const baseSha256 = optional(textWithin(LONGEST_NAME));
const runAdapter = object({
  ...anyAdapter.entries,
  config: runLoraConfig,
  pairs: holding(mapOf(id, loraPair), ({ size }) =>
    size <= MOST_MODULES ? null : ['', `more than ${MOST_MODULES} modules`],
  ),
});
export const lastingEvent = tagged('type', [
  ...untrainedEvents,
  object({ ...trainedFields, adapter: runAdapter }),
]);
export type LastingEvent = Infer<typeof lastingEvent>;

/** A prompt on its way to the model, as it is sent. */
export interface AskedPrompt {
  /** Names the row, or the question that is to be written (row-key.ts). */
  readonly key: string;
  readonly parts: PromptParts;
  /** What the model writes. */
  readonly writes: 'answer' | 'question';
}

/** Events for whoever watches; a run that is resumed may tell them again. */
export type PassingEvent =
  /** A phase begins; `items` it will count up to (answers, steps, predictions). */
  | {
      readonly type: 'phase';
      readonly round: number;
      readonly phase: Phase;
      readonly items: number;
      readonly detail: string;
      /** Of an evaluation. */
      readonly evaluating?: { readonly split: EvaluatedSplit; readonly mode: Mode };
      /** Of a training: what it is on. */
      readonly examples?: number;
    }
  /** What is asked now; the prompts before are answered. */
  | { readonly type: 'asked'; readonly round: number; readonly prompts: readonly AskedPrompt[] }
  | {
      readonly type: 'answer';
      readonly round: number;
      readonly phase: Phase;
      readonly completion: Completion;
    }
  | { readonly type: 'step'; readonly round: number; readonly step: TrainStep }
  /** Something the person should know, e.g. demonstrations that did not fit. */
  | { readonly type: 'notice'; readonly round: number; readonly text: string };

export type LoopEvent = LastingEvent | PassingEvent;

const PHASE_OF: Readonly<Record<LastingEvent['type'], Phase | null>> = {
  ...{ ranked: 'rank', labelled: 'label', trained: 'train', evaluated: 'evaluate' },
  ...{ answered: null, 'round-ended': null, ended: null },
};
/** The phase whose outcome and cost an event tells; null: of none, or of a part that its whole tells again. */
export const phaseOf = ({ type }: LastingEvent): Phase | null => PHASE_OF[type];

const LASTING: Readonly<Record<LoopEvent['type'], boolean>> = {
  ranked: true,
  labelled: true,
  trained: true,
  answered: true,
  evaluated: true,
  'round-ended': true,
  ended: true,
  phase: false,
  asked: false,
  answer: false,
  step: false,
  notice: false,
};
export const isLasting = (event: LoopEvent): event is LastingEvent => LASTING[event.type];
