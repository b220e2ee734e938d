/**
 * @file What the loop needs from outside, and nothing else: a model that labels, scores and trains, a tokenizer, a
 * retriever and a way to stop. src/lab binds these to the two workers; tests bind fakes.
 *
 * An adapter of null is the base model. Requests are answered whole and deterministically: the same request gives the
 * same numbers on the same device, whatever was asked before, so that a resumed run repeats an interrupted one.
 */
import type { Adapter, LoraConfig } from '../lora/config.ts';
import type {
  Completion,
  GenerationConfig,
  PromptRow,
  Score,
  ScoreRow,
  TrainConfig,
  TrainExample,
  TrainStep,
} from '../words/engine.ts';
import type { CancelSignal } from '../core/errors.ts';
import type { ChatPort } from './chat.ts';

export interface LabelRequest {
  readonly adapter: Adapter | null;
  readonly rows: readonly PromptRow[];
  readonly config: GenerationConfig;
}

export interface TrainingRequest {
  /** The adapter to start from; null: a fresh one by `lora` and `initSeed`. */
  readonly start: Adapter | null;
  readonly lora: LoraConfig;
  readonly initSeed: number;
  readonly examples: readonly TrainExample[];
  readonly config: TrainConfig;
}

/** The k nearest of a fixed set of texts. */
export interface Retriever {
  /** Indices into the texts that the retriever was made of, nearest first, at most k. */
  nearest(query: string, k: number): Promise<readonly number[]>;
}

/** What the loop must know of the loaded model before it starts. */
export interface ModelFacts {
  readonly name: string;
  /** sha256 of the weights. */
  readonly sha256: string;
  /** Longest row the model takes, prompt and answer together, in tokens. */
  readonly maxPositions: number;
  readonly eosTokenIds: readonly number[];
  /** What the learning rate "auto" comes to. */
  readonly learningRate: number;
}

export interface Ports {
  readonly model: ModelFacts;
  readonly signal: CancelSignal;
  /** Milliseconds from any fixed start; timings never decide anything. */
  now(): number;
  /** Token ids of each text, without special tokens. */
  encode(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  /** Token ids that the tokenizer puts before a text, e.g. `<s>`; [] for most. */
  prefixIds(): Promise<readonly number[]>;
  readonly chat: ChatPort;
  /** Completions as they finish, in any order; every row once. */
  generate(request: LabelRequest): AsyncIterable<Completion>;
  /** In the order of the rows. */
  score(adapter: Adapter | null, rows: readonly ScoreRow[]): Promise<readonly Score[]>;
  /** Steps as they are made; the trained adapter is the return value. */
  train(request: TrainingRequest): AsyncGenerator<TrainStep, Adapter>;
  retriever(texts: readonly string[]): Promise<Retriever>;
}
