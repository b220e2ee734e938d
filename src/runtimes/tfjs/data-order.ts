/**
 * @file Which examples make up which pass: a pure function of (seed, pass number), so that a resumed run needs no state.
 * Shuffled: each epoch is drawn anew; within stretches of the shuffled order, examples of like length are put in one
 * batch, so that little is padding; then the batches are shuffled. Not shuffled: each epoch is the examples as given.
 */
import type { TrainConfig } from '../../words/engine.ts';
import { deriveKey, shuffled } from '../../core/random.ts';

/** Batches' worth of examples that are sorted by length together: long enough to help, short enough to stay random. */
const STRETCH = 8;

export class DataOrder<T> {
  readonly #examples: readonly T[];
  readonly #lengthOf: (example: T) => number;
  readonly #config: Pick<TrainConfig, 'batchSize' | 'shuffle' | 'seed'>;
  #epoch = -1;
  #batches: readonly (readonly T[])[] = [];

  constructor(
    examples: readonly T[],
    lengthOf: (example: T) => number,
    config: Pick<TrainConfig, 'batchSize' | 'shuffle' | 'seed'>,
  ) {
    this.#examples = examples;
    this.#lengthOf = lengthOf;
    this.#config = config;
  }

  get batchesPerEpoch(): number {
    return Math.ceil(this.#examples.length / this.#config.batchSize);
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

  #order(epoch: number): readonly (readonly T[])[] {
    const { batchSize, shuffle, seed } = this.#config;
    if (!shuffle) return cut(this.#examples, batchSize);
    const order = shuffled(this.#examples, deriveKey(seed, 'examples', epoch));
    const batches = cut(order, STRETCH * batchSize).flatMap((stretch) =>
      cut(
        stretch.toSorted((a, b) => this.#lengthOf(a) - this.#lengthOf(b)),
        batchSize,
      ),
    );
    return shuffled(batches, deriveKey(seed, 'batches', epoch));
  }
}

/** Pieces of `size`, the last as long as what is left. */
function cut<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
