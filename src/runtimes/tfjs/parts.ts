/**
 * @file A forward pass in parts, each from one value to one value, so that the backward pass can compute a part again
 * instead of keeping what it made. Where a pass may be cut is read off the definition by counting, whatever the family.
 */
import { LabError } from '../../core/errors.ts';
import type { Architecture } from '../../models/architecture.ts';
import type { Activation, AttentionSpec, Elementwise, Ops } from '../../models/ops.ts';
import { Lazy, type FusedOps } from './ops-fused.ts';

/** Operations are numbered by the values that they make, in the order of calls. */
export interface Part {
  readonly from: number;
  /** The first operation after it. */
  readonly to: number;
  /** What it takes of all that was made before; null for the first part. */
  readonly input: number | null;
  readonly output: number;
}

/** Of each value the last operation that uses it, and how many do. */
class Uses implements Ops<number> {
  readonly last: number[] = [];
  readonly counts: number[] = [];

  #made(...used: readonly number[]): number {
    const made = this.last.push(-1) - 1;
    this.counts.push(0);
    for (const value of used) {
      this.last[value] = made;
      this.counts[value] = (this.counts[value] ?? 0) + 1;
    }
    return made;
  }

  embed = (): number => this.#made();
  embedPositions = (): number => this.#made();
  linear = (x: number): number => this.#made(x);
  rmsNorm = (x: number): number => this.#made(x);
  layerNorm = (x: number): number => this.#made(x);
  split = (x: number, sizes: readonly number[]): readonly number[] => sizes.map(() => this.#made(x));
  attention = (q: number, k: number, v: number): number => this.#made(q, k, v);
  gated = (gate: number, up: number): number => this.#made(gate, up);
  map = (x: number): number => this.#made(x);
  add = (a: number, b: number): number => this.#made(a, b);
}

/** The pass cut wherever a single value is all that the rest of it needs and more than one operation uses it: at the sums
 * between attention and MLP. The first part begins with the embedding, the last ends with the final norm. */
export function partsOf(architecture: Architecture): readonly Part[] {
  const uses = new Uses();
  const output = architecture.forward(uses);
  const { last, counts } = uses;
  const parts: Part[] = [];
  const alive = new Set<number>();
  let next: Pick<Part, 'from' | 'input'> = { from: 0, input: null };
  for (let made = 0; made < output; made++) {
    alive.add(made);
    for (const value of alive) if ((last[value] ?? -1) <= made) alive.delete(value);
    if (alive.size !== 1 || !alive.has(made) || (counts[made] ?? 0) < 2) continue;
    parts.push({ ...next, to: made + 1, output: made });
    next = { from: made + 1, input: made };
  }
  return [...parts, { ...next, to: last.length, output }];
}

/** Stands for what a part does not compute; nobody asks for its value. */
const ELSEWHERE = new Lazy(() => {
  throw new LabError('internal', 'A part of the forward pass asks for a value of another.');
}, 0);

/** The operations of one part; those of others are passed over. */
class PartOps implements Ops<Lazy> {
  readonly #ops: FusedOps;
  readonly #part: Part;
  readonly #input: Lazy;
  #made = 0;
  output: Lazy | undefined;

  constructor(ops: FusedOps, part: Part, input: Lazy | null) {
    this.#ops = ops;
    this.#part = part;
    this.#input = input ?? ELSEWHERE;
  }

  #several(count: number, run: () => readonly Lazy[]): readonly Lazy[] {
    const { from, to, input, output } = this.#part;
    const first = this.#made;
    this.#made += count;
    const ids = Array.from({ length: count }, (_, i) => first + i);
    if (first < from || first >= to) return ids.map((id) => (id === input ? this.#input : ELSEWHERE));
    const values = run();
    this.output = values[output - first] ?? this.output;
    return values;
  }

  #one(run: () => Lazy): Lazy {
    const [value = ELSEWHERE] = this.#several(1, () => [run()]);
    return value;
  }

  embed = (weight: string): Lazy => this.#one(() => this.#ops.embed(weight));
  embedPositions = (weight: string): Lazy => this.#one(() => this.#ops.embedPositions(weight));
  linear = (x: Lazy, module: string): Lazy => this.#one(() => this.#ops.linear(x, module));
  rmsNorm = (x: Lazy, weight: string, eps: number): Lazy =>
    this.#one(() => this.#ops.rmsNorm(x, weight, eps));
  layerNorm = (x: Lazy, module: string, eps: number): Lazy =>
    this.#one(() => this.#ops.layerNorm(x, module, eps));
  split = (x: Lazy, sizes: readonly number[], groups?: number): readonly Lazy[] =>
    this.#several(sizes.length, () => this.#ops.split(x, sizes, groups));
  attention = (q: Lazy, k: Lazy, v: Lazy, spec: AttentionSpec): Lazy =>
    this.#one(() => this.#ops.attention(q, k, v, spec));
  gated = (gate: Lazy, up: Lazy, activation: Activation): Lazy =>
    this.#one(() => this.#ops.gated(gate, up, activation));
  map = (x: Lazy, name: Elementwise, by?: number): Lazy => this.#one(() => this.#ops.map(x, name, by));
  add = (a: Lazy, b: Lazy): Lazy => this.#one(() => this.#ops.add(a, b));
}

/** Runs one part with operations that begin at its first value. */
export function runPart(architecture: Architecture, ops: FusedOps, part: Part, input: Lazy | null): Lazy {
  const own = new PartOps(ops, part, input);
  architecture.forward(own);
  if (own.output === undefined) throw new LabError('internal', 'A part of the forward pass has no result.');
  return own.output;
}
