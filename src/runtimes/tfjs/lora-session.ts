/**
 * @file The way a step is computed, without the words of the method: a session holds the trained parameters and the
 * optimizer's state on the device. Two implementations: session-fused.ts on own kernels, session-stock.ts on tfjs'
 * stock operations, the yardstick of tests and benches.
 */
import type { Batch } from './batch.ts';

/** Trained parameters and Adam's moments, flat in the adapter's layout. */
export interface OptimizerState {
  readonly params: Float32Array<ArrayBuffer>;
  readonly m: Float32Array<ArrayBuffer>;
  readonly v: Float32Array<ArrayBuffer>;
}

export interface AdamWStep {
  /** 1-based, for the bias correction. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Factor on the gradients (clipping). */
  readonly gradientScale: number;
}

export interface Dropout {
  /** Probability above 0 of dropping an element of an adapter's input. */
  readonly probability: number;
  /** Names the step and pass; each module derives its own key from it. */
  readonly key: number;
}

export interface LoraSession {
  /** Logits (wanted, V) at the batch's wanted rows. */
  logits(batch: Batch): Promise<Float32Array>;
  /** Adds lossScale x the gradients of the summed token losses to the gradient vector, and remembers the losses. */
  backward(batch: Batch, lossScale: number, dropout: Dropout | null): void;
  /** The scaled loss of all backward calls since zeroGradients, and the gradient's norm. */
  measure(): Promise<{ readonly loss: number; readonly gradNorm: number }>;
  gradients(): Promise<Float32Array<ArrayBuffer>>;
  zeroGradients(): void;
  /** One AdamW update with the gradient vector. */
  update(step: AdamWStep): void;
  state(): Promise<OptimizerState>;
  dispose(): void;
}
