/**
 * @file Everything a run tells, as one flat union. A run's state is a fold over its lasting events (state.ts): to store
 * a run is to store them, to resume is to fold them and go on, to replay is to fold them without computing.
 */
import type { Adapter } from '../lora/config.ts';
import type { Completion, FinishReason, TrainStep } from './engine.ts';
import type { Prediction } from '../metrics/item.ts';
import type { SplitName } from './task.ts';

export type { Prediction };

export type Phase = 'rank' | 'label' | 'train' | 'evaluate';

/** Why an answer is not trained on; `kept` where it is. */
export type Verdict =
  | 'kept'
  | 'empty'
  | 'unfinished'
  | 'repeats'
  | 'copies'
  | 'outside-labels'
  | 'perplexity'
  | 'near-duplicate'
  | 'too-short';

/** Demonstrations of some prompts. */
export interface Shots {
  readonly prompts: number;
  /** Demonstrations drawn, over all prompts. */
  readonly drawn: number;
  /** Of these, without room. */
  readonly leftOut: number;
  /** Prompts that were left without any. */
  readonly bare: number;
}

/** Rows of a split that are longer than the model takes. */
export interface RowsLeftOut {
  readonly split: SplitName;
  readonly leftOut: number;
  /** Rows that were looked at. */
  readonly of: number;
}

/** A prompt with its self-label. */
export interface Sample {
  /** The row's id; generated questions have one of their own. */
  readonly id: string;
  readonly input: string;
  /** Ids of the pool's rows before the prompt, in order. */
  readonly demonstrations: readonly string[];
  /** The self-label, cut at the stop and trimmed. */
  readonly answer: string;
  /** What the model really said, where label noise or a vote replaced it. */
  readonly said?: string;
  /** Tokens of the answer with its stop, and their log-probabilities in nats; empty where no model answered (gold). */
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  /** exp of the mean negative log-probability of these tokens; null where no model answered. */
  readonly perplexity: number | null;
  readonly finishReason: FinishReason;
  readonly verdict: Verdict;
  /** The hidden key; '' where none is known. */
  readonly key: string;
  /** null where no key is known. */
  readonly isRight: boolean | null;
}

export type Mode = 'zero-shot' | 'few-shot';
export type EvaluatedSplit = 'validation' | 'probe' | 'test';

export interface Evaluation {
  readonly split: EvaluatedSplit;
  readonly mode: Mode;
  readonly predictions: readonly Prediction[];
  /** Log-probability of each label after a content-free prompt, for calibration; absent where not asked for. */
  readonly contentFree?: readonly number[];
  /** Mean entropy of the distribution of the answer's first token, nats; null where no candidates were scored. */
  readonly tokenEntropy: number | null;
  /** Of its prompts; absent where all demonstrations fitted. */
  readonly shots?: Shots;
}

/** Rows that the model's positions have no room for. */
export interface TooLong {
  readonly positions: number;
  readonly rows: readonly RowsLeftOut[];
}

/** The base's perplexity of its own few-shot answer to a prompt, by which SOFT+ ranks. */
export interface Ranked {
  readonly id: string;
  readonly answer: string;
  readonly perplexity: number;
  /** Tokens of the answer: perplexity correlates with length, so it is told. */
  readonly tokens: number;
}

/** Counts and times of a phase; times never enter results. */
export interface Cost {
  readonly tokens: number;
  readonly milliseconds: number;
}

/** Events that make up the state. */
export type LastingEvent =
  | {
      readonly type: 'ranked';
      readonly ranking: readonly Ranked[];
      readonly cost: Cost;
      /** Here and below: absent where all demonstrations fitted. */
      readonly shots?: Shots;
    }
  | {
      readonly type: 'labelled';
      readonly round: number;
      /** A whole chunk: the round's part or one of its parts, then refills. */
      readonly samples: readonly Sample[];
      readonly cost: Cost;
      readonly shots?: Shots;
    }
  | {
      readonly type: 'trained';
      readonly round: number;
      readonly adapter: Adapter;
      readonly curve: readonly TrainStep[];
      /** Examples trained on: kept samples, replayed ones, the pool's. */
      readonly examples: number;
      readonly cost: Cost;
      readonly shots?: Shots;
    }
  /** Round 0 is the base. */
  | {
      readonly type: 'evaluated';
      readonly round: number;
      readonly evaluation: Evaluation;
      readonly cost: Cost;
    }
  | {
      readonly type: 'round-ended';
      readonly round: number;
      /** Mean of the stopping metric on validation; null where too few items can be judged by it. */
      readonly validation: number | null;
      /** Falls in a row so far. */
      readonly falls: number;
      /** Told with the base's round; absent where all rows fitted. */
      readonly tooLong?: TooLong;
    }
  | {
      readonly type: 'ended';
      readonly reason: EndReason;
      /** Best by validation; 0 the base. */ readonly bestRound: number;
    };

export type EndReason = 'all-rounds' | 'validation-fell' | 'nothing-kept' | 'nothing-novel';

/** Events for whoever watches; a run that is resumed may tell them again. */
export type PassingEvent =
  /** A phase begins; `items` it will count up to (answers, steps, predictions). */
  | {
      readonly type: 'phase';
      readonly round: number;
      readonly phase: Phase;
      readonly items: number;
      readonly detail: string;
    }
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

const LASTING: Readonly<Record<LoopEvent['type'], boolean>> = {
  ranked: true,
  labelled: true,
  trained: true,
  evaluated: true,
  'round-ended': true,
  ended: true,
  phase: false,
  answer: false,
  step: false,
  notice: false,
};
export const isLasting = (event: LoopEvent): event is LastingEvent => LASTING[event.type];
