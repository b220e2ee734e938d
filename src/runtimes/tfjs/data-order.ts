/**
 * @file Which examples make up which pass: a pure function of (seed, pass number), so that a resumed run needs no state.
 * Each epoch is shuffled; within stretches of the shuffled order, examples of like length are put in one batch, so that
 * little is padding; then the batches are shuffled.
 */
import { deriveKey, shuffled } from '../../core/random.ts';

/** Batches' worth of examples that are sorted by length together: long enough to help, short enough to stay random. */
const STRETCH = 8;

export class DataOrder<T> {
  readonly #examples: readonly T[];
  readonly #lengthOf: (example: T) => number;
  readonly #batchSize: number;
  readonly #seed: number;
  #epoch = -1;
  #batches: readonly (readonly T[])[] = [];

  constructor(examples: readonly T[], lengthOf: (example: T) => number, batchSize: number, seed: number) {
    this.#examples = examples;
    this.#lengthOf = lengthOf;
    this.#batchSize = batchSize;
    this.#seed = seed;
  }

  get batchesPerEpoch(): number {
    return Math.ceil(this.#examples.length / this.#batchSize);
  }

  /** The batch of pass number `pass`, from 0 over all epochs. */
  batch(pass: number): readonly T[] {
    const epoch = Math.floor(pass / this.batchesPerEpoch);
    if (epoch !== this.#epoch) {
      this.#batches = this.#order(epoch);
      this.#epoch = epoch;
    }
    return this.#batches[pass % this.batchesPerEpoch] ?? [];
  }

  #order(epoch: number): (readonly T[])[] {
    const size = this.#batchSize;
    const order = shuffled(this.#examples, deriveKey(this.#seed, 'examples', epoch));
    const batches: T[][] = [];
    for (let from = 0; from < order.length; from += STRETCH * size) {
      const stretch = order.slice(from, from + STRETCH * size);
      stretch.sort((a, b) => this.#lengthOf(a) - this.#lengthOf(b));
      for (let at = 0; at < stretch.length; at += size) batches.push(stretch.slice(at, at + size));
    }
    return shuffled(batches, deriveKey(this.#seed, 'batches', epoch));
  }
}
