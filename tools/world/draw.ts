/**
 * @file A stream of random draws over the counter-based generator of src/core/random.ts: everything the world
 * makes is a function of a key, so the same seed gives the same bytes on every machine.
 */
import { LabError } from '../../src/core/errors.ts';
import { bitsAt, deriveKey, shuffled } from '../../src/core/random.ts';

/** Draws one after another; two streams with different keys are independent. */
export class Draw {
  private readonly key: number;
  private counter = 0;

  constructor(...parts: readonly (number | string)[]) {
    this.key = deriveKey(...parts);
  }

  /** Uniform in [0, 1) with 32 random bits. */
  uniform(): number {
    return bitsAt(this.key, this.counter++) / 0x100000000;
  }

  /** Integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new LabError('internal', 'The world drew from an empty list.');
    return item;
  }

  /** An index with probability proportional to its weight. */
  weighted(weights: readonly number[]): number {
    let rest = this.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      rest -= weight;
      if (rest < 0) return index;
    }
    return weights.length - 1;
  }

  shuffle<T>(items: readonly T[]): T[] {
    return shuffled(items, deriveKey(this.key, this.counter++));
  }
}
