/**
 * @file How often each value of a forward pass is used: the definition is run once over numbers that only count. With
 * that, a real pass can free an activation after its last use without knowing the family.
 */
import type { Architecture } from '../../models/architecture.ts';
import type { Ops } from '../../models/ops.ts';

class Counter implements Ops<number> {
  readonly counts: number[] = [];

  #made(...used: readonly number[]): number {
    for (const value of used) this.counts[value] = (this.counts[value] ?? 0) + 1;
    return this.counts.push(0) - 1;
  }

  embed = (): number => this.#made();
  embedPositions = (): number => this.#made();
  linear = (x: number): number => this.#made(x);
  rmsNorm = (x: number): number => this.#made(x);
  layerNorm = (x: number): number => this.#made(x);
  split = (x: number, sizes: readonly number[]): readonly number[] =>
    sizes.map((_, i) => (i === 0 ? this.#made(x) : this.#made()));
  attention = (q: number, k: number, v: number): number => this.#made(q, k, v);
  gated = (gate: number, up: number): number => this.#made(gate, up);
  map = (x: number): number => this.#made(x);
  add = (a: number, b: number): number => this.#made(a, b);
}

/** Uses of each value, in the order in which the operations are called; the result's one use is the caller's. */
export function useCounts(architecture: Architecture): readonly number[] {
  const counter = new Counter();
  const result = architecture.forward(counter);
  counter.counts[result] = (counter.counts[result] ?? 0) + 1;
  return counter.counts;
}
