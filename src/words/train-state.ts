/**
 * @file The whole state of a LoRA training between two steps, as plain data. Order of examples, dropout masks and rate are
 * functions of seed and step, so parameters, moments and the step number are all there is.
 */
import type { Infer } from '../core/shape.ts';
import { array, count, exactly, float32Array, object, text } from '../core/shape.ts';
import { loraConfig } from '../lora/config.ts';
import { trainConfig } from './engine.ts';

/** One adapted projection's place in the flat vectors, in elements. */
const loraSlot = object({
  module: text,
  r: count,
  inFeatures: count,
  outFeatures: count,
  aOffset: count,
  bOffset: count,
});
export type LoraSlot = Infer<typeof loraSlot>;

/** Kept, stored, resumed from. */
export const trainState = object({
  version: exactly(1),
  /** Updates made. */
  step: count,
  config: trainConfig,
  lora: loraConfig,
  slots: array(loraSlot),
  /** Of the examples' tokens, to notice other data. */
  dataKey: count,
  /** Flat, in the order of `slots`: parameters and Adam's first and second moments. */
  params: float32Array,
  m: float32Array,
  v: float32Array,
});
export type TrainState = Infer<typeof trainState>;
