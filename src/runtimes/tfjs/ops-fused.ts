/**
 * @file The operations in the lab's own kernels, recorded on the lab's tape. A linear layer is not run before its value
 * is asked for: when that is by `add`, the sum is part of its kernel.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { Activation, AttentionSpec, Elementwise, Ops, Rope } from '../../models/ops.ts';
import type { Batch } from './batch.ts';
import { dropoutKey, dropoutThreshold } from './dropout.ts';
import { ADD } from './kernels/accumulate.ts';
import { ELEMENTWISE, GATED, MAP } from './kernels/elementwise.ts';
import { ATTENTION } from './kernels/attention.ts';
import { GATHER } from './kernels/gather.ts';
import { LINEAR, type LinearAttrs } from './kernels/linear.ts';
import { LAYER_NORM, RMS_NORM } from './kernels/norm.ts';
import { ROPE } from './kernels/rope.ts';
import { SPLIT, splitAttrs } from './kernels/split.ts';
import type { LoraSlot } from '../../words/train-state.ts';
import type { AdapterLayout } from './layout.ts';
import type { Dropout } from './lora-session.ts';
import { Value, type Tape } from './tape.ts';
import type { FrozenWeights } from './weights.ts';

/** The adapter as the kernels read it: one flat vector and each module's place in it. */
export interface FusedLora {
  readonly params: Value;
  readonly slots: ReadonlyMap<string, LoraSlot>;
  readonly scalings: AdapterLayout['scalings'];
  readonly dropout: Dropout | null;
}

/** cos and sin (positions, dim / 2) on the device, for at least so many positions. */
export type RopeTables = (rope: Rope, positions: number) => { readonly cos: Tensor; readonly sin: Tensor };

export interface FusedContext {
  readonly weights: FrozenWeights;
  readonly tape: Tape;
  readonly batch: Batch;
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly lora: FusedLora | null;
  readonly ropeTables: RopeTables;
  /** Uses of each value in the order of calls (use-counts.ts). */
  readonly uses: readonly number[];
}

type Run = (residual: Value | undefined, uses: number) => Value;

/** A value of the forward pass, or a linear layer that still waits. */
export class Lazy {
  readonly uses: number;
  #value: Value | undefined;
  readonly #run: Run | undefined;

  constructor(made: Value | Run, uses: number) {
    this.uses = uses;
    if (made instanceof Value) this.#value = made;
    else this.#run = made;
  }

  get value(): Value {
    if (this.#value === undefined) {
      if (this.#run === undefined) throw new LabError('internal', 'A value of the forward pass is missing.');
      this.#value = this.#run(undefined, this.uses);
    }
    return this.#value;
  }

  /** How to run it with a residual, if it has not run and nothing else uses it. */
  get waiting(): Run | undefined {
    return this.#value === undefined && this.uses === 1 ? this.#run : undefined;
  }
}

export class FusedOps implements Ops<Lazy> {
  readonly #context: FusedContext;
  #made: number;

  /** @param first number of the first value that is made, in the order of calls */
  constructor(context: FusedContext, first = 0) {
    this.#context = context;
    this.#made = first;
  }

  #uses(): number {
    return this.#context.uses[this.#made++] ?? 0;
  }

  /** Runs a one-output kernel; `extra` outputs are for its own gradient only. */
  #run(kernel: string, inputs: Record<string, Value | undefined>, attrs: Record<string, number>): Lazy {
    const uses = this.#uses();
    const [value] = this.#context.tape.run(kernel, inputs, attrs, [uses]);
    return lazy(value, uses);
  }

  #weight(name: string): Value {
    return new Value(this.#context.weights.tensor(name));
  }

  embed(weight: string): Lazy {
    return this.#lookUp(weight, this.#context.ids);
  }

  embedPositions(weight: string): Lazy {
    return this.#lookUp(weight, this.#context.positions);
  }

  #lookUp(weight: string, index: Tensor): Lazy {
    const { tensor, held, columns } = this.#context.weights.matrix(weight);
    return this.#run(GATHER, { x: new Value(tensor), index: new Value(index) }, { held, columns });
  }

  linear(x: Lazy, module: string): Lazy {
    return new Lazy((residual, uses) => this.linearNow(x.value, module, residual, uses), this.#uses());
  }

  /** The linear layer at once, for values outside the counted forward pass. */
  linearNow(x: Value, module: string, residual: Value | undefined, uses: number): Value {
    const { weights, lora, tape } = this.#context;
    const { spec, inOut, outIn, held, bias } = weights.linear(module);
    const forward = inOut ?? outIn;
    const back = outIn ?? inOut;
    if (forward === undefined || back === undefined)
      throw new LabError('internal', `${module} has no weight.`);
    const slot = lora?.slots.get(module);
    const dropout = slot === undefined ? null : (lora?.dropout ?? null);
    const attrs: LinearAttrs = {
      outFeatures: spec.outFeatures,
      outIn: forward === outIn ? 1 : 0,
      backOutIn: back === outIn ? 1 : 0,
      held,
      rank: slot?.r ?? 0,
      aOffset: slot?.aOffset ?? 0,
      bOffset: slot?.bOffset ?? 0,
      scaling: lora?.scalings.get(module) ?? 0,
      dropKey: dropout === null ? 0 : dropoutKey(dropout.key, module),
      dropThreshold: dropout === null ? 0 : dropoutThreshold(dropout.probability),
      keptScale: dropout === null ? 1 : 1 / (1 - dropout.probability),
    };
    const [value] = tape.run(
      LINEAR,
      {
        x,
        w: new Value(forward),
        wBack: new Value(back),
        bias: bias === undefined ? undefined : new Value(bias),
        residual,
        lora: slot === undefined ? undefined : lora?.params,
      },
      attrs,
      [uses],
    );
    return lazy(value, uses).value;
  }

  rmsNorm(x: Lazy, weight: string, eps: number): Lazy {
    return this.#run(RMS_NORM, { x: x.value, weight: this.#weight(weight) }, { eps });
  }

  layerNorm(x: Lazy, module: string, eps: number): Lazy {
    const weight = this.#weight(`${module}.weight`);
    return this.#run(LAYER_NORM, { x: x.value, weight, bias: this.#weight(`${module}.bias`) }, { eps });
  }

  split(x: Lazy, sizes: readonly number[], groups = 1): readonly Lazy[] {
    const uses = sizes.map(() => this.#uses());
    const parts = this.#context.tape.run(SPLIT, { x: x.value }, splitAttrs(sizes, groups), uses);
    return uses.map((count, i) => lazy(parts[i], count));
  }

  attention(q: Lazy, k: Lazy, v: Lazy, spec: AttentionSpec): Lazy {
    const { size: batch, length } = this.#context.batch;
    const { heads, kvHeads, headDim, scale, rope, window = length } = spec;
    const rotate = (x: Lazy) => (rope === undefined ? x.value : this.#rotate(x.value, headDim, rope));
    return this.#run(
      ATTENTION,
      { q: rotate(q), k: rotate(k), v: v.value },
      { batch, length, heads, kvHeads, headDim, scale, window: Math.min(window, length) },
    );
  }

  #rotate(x: Value, headDim: number, rope: Rope): Value {
    const { batch, tape, ropeTables } = this.#context;
    const { cos, sin } = ropeTables(rope, batch.length);
    const [value] = tape.run(
      ROPE,
      { x, cos: new Value(cos), sin: new Value(sin) },
      { length: batch.length, headDim, dim: rope.dim, direction: 1 },
      [1],
    );
    return lazy(value, 1).value;
  }

  gated(gate: Lazy, up: Lazy, activation: Activation): Lazy {
    return this.#run(
      GATED,
      { gate: gate.value, up: up.value },
      { f: ELEMENTWISE.indexOf(activation), by: 1 },
    );
  }

  map(x: Lazy, name: Elementwise, by = 1): Lazy {
    return this.#run(MAP, { x: x.value }, { f: ELEMENTWISE.indexOf(name), by });
  }

  /** The same at once, for values outside the counted forward pass. */
  mapNow(x: Value, name: Elementwise, by: number): Value {
    const [value] = this.#context.tape.run(MAP, { x }, { f: ELEMENTWISE.indexOf(name), by }, [1]);
    return lazy(value, 1).value;
  }

  add(a: Lazy, b: Lazy): Lazy {
    for (const [linear, residual] of [
      [b, a],
      [a, b],
    ] as const) {
      const run = linear.waiting;
      if (run === undefined) continue;
      const uses = this.#uses();
      return new Lazy(run(residual.value, uses), uses);
    }
    return this.#run(ADD, { a: a.value, b: b.value }, {});
  }
}

function lazy(value: Value | undefined, uses: number): Lazy {
  if (value === undefined) throw new LabError('internal', 'A kernel of the forward pass has no output.');
  return new Lazy(value, uses);
}
