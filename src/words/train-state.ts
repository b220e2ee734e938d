/**
 * @file The whole state of a LoRA training between two steps, as plain data. Order of examples, dropout masks and rate are
 * functions of seed and step, so parameters, moments and the step number are all there is.
 */
import type { TrainConfig } from './engine.ts';
import type { LoraConfig } from '../lora/config.ts';

/** One adapted projection's place in the flat vectors, in elements. */
export interface LoraSlot {
  readonly module: string;
  readonly r: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly aOffset: number;
  readonly bOffset: number;
}

/** Kept, stored, resumed from. */
export interface TrainState {
  readonly version: 1;
  /** Updates made. */
  readonly step: number;
  readonly config: TrainConfig;
  readonly lora: LoraConfig;
  readonly slots: readonly LoraSlot[];
  /** Of the examples' tokens, to notice other data. */
  readonly dataKey: number;
  /** Flat, in the order of `slots`: parameters and Adam's first and second moments. */
  readonly params: Float32Array<ArrayBuffer>;
  readonly m: Float32Array<ArrayBuffer>;
  readonly v: Float32Array<ArrayBuffer>;
}
