/**
 * @file The two runtimes as a check sees them: the engines themselves in Node, the workers' clients in a browser.
 * Nothing in this room knows which.
 */
import type { BackendName, GenerateEvent, GenerationConfig, PromptRow } from '../words/engine.ts';
import type { Score, ScoreRow, TrainConfig, TrainExample, TrainStep } from '../words/engine.ts';
import type { Adapter } from '../lora/config.ts';
import type { MemoryUse } from '../core/memory.ts';
import type { Tapped } from '../models/tap.ts';

/** Each request names the adapter that answers it; null is the base alone. */
export interface InferenceSide {
  readonly backend: BackendName;
  /** Logits of every position: one (length, vocab) row-major array per row of ids. */
  logits(adapter: Adapter | null, rows: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
  score(adapter: Adapter | null, rows: readonly ScoreRow[]): Promise<readonly Score[]>;
  embed(rows: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
  generate(
    adapter: Adapter | null,
    rows: readonly PromptRow[],
    config: GenerationConfig,
  ): AsyncIterable<GenerateEvent>;
  memory(): Promise<MemoryUse>;
}

/** d loss / d factor of each adapted module, in PEFT's shapes. */
export type Gradients = ReadonlyMap<string, { readonly a: Float32Array; readonly b: Float32Array }>;

export interface TrainingSide {
  readonly backend: BackendName;
  logits(adapter: Adapter | null, rows: readonly (readonly number[])[]): Promise<readonly Float32Array[]>;
  lossAndGradients(
    adapter: Adapter,
    examples: readonly TrainExample[],
  ): Promise<{ loss: number; gradients: Gradients }>;
  /** Trains from `adapter` and returns the adapter reached; every step is reported. */
  train(
    adapter: Adapter,
    examples: readonly TrainExample[],
    config: TrainConfig,
    onStep: (step: TrainStep) => void,
  ): Promise<Adapter>;
  memory(): Promise<MemoryUse>;
}

/** A runtime that also tells what it computes of one row on the way. */
export interface TappedSide {
  readonly backend: BackendName;
  activations(adapter: Adapter | null, ids: readonly number[]): Promise<readonly Tapped[]>;
}
