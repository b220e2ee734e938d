/**
 * @file A forward pass that tells what it computes on the way, whatever the family: operations around a runtime's own that
 * name each value by the layer whose weights were last used. A linear layer's own value is no point, since a runtime may
 * compute it as a part of the sum it goes into; asking for it would change what is computed.
 */
import type { Architecture } from './architecture.ts';
import type { Activation, AttentionSpec, Elementwise, Ops } from './ops.ts';

export interface TapPoint {
  /** In words: "layer 3, after attention". */
  readonly name: string;
  /** -1 before the first layer, the number of layers after the last. */
  readonly layer: number;
  /** Weights that went into it since the points before. */
  readonly through: readonly string[];
}

/** A point with its values: (rows, channels) of one row of tokens. */
export interface Tapped extends TapPoint {
  readonly values: Float32Array;
}

type Tell<T> = (point: TapPoint, value: T) => void;

export class TappedOps<T> implements Ops<T> {
  readonly #ops: Ops<T>;
  readonly #architecture: Architecture;
  readonly #tell: Tell<T>;
  #layer = -1;
  #adds = 0;
  /** Weights of linear layers on the way to a value that is no point. */
  readonly #pending = new Map<T, readonly string[]>();

  constructor(ops: Ops<T>, architecture: Architecture, tell: Tell<T>) {
    this.#ops = ops;
    this.#architecture = architecture;
    this.#tell = tell;
  }

  embed = (weight: string): T => {
    this.#enter(weight);
    return this.#point('embedding', this.#ops.embed(weight), [], weight);
  };
  embedPositions = (weight: string): T => {
    this.#enter(weight);
    return this.#point('position embedding', this.#ops.embedPositions(weight), [], weight);
  };
  linear = (x: T, module: string): T => {
    this.#enter(module);
    return this.#passing(this.#ops.linear(x, module), x, module);
  };
  rmsNorm = (x: T, weight: string, eps: number): T => {
    this.#enter(weight);
    return this.#point(this.#normName(weight), this.#ops.rmsNorm(x, weight, eps), [x], weight);
  };
  layerNorm = (x: T, module: string, eps: number): T => {
    this.#enter(module);
    return this.#point(this.#normName(module), this.#ops.layerNorm(x, module, eps), [x], module);
  };
  split = (x: T, sizes: readonly number[], groups?: number): readonly T[] =>
    this.#ops.split(x, sizes, groups).map((part) => this.#passing(part, x));
  attention = (q: T, k: T, v: T, spec: AttentionSpec): T =>
    this.#point('attention', this.#ops.attention(q, k, v, spec), [q, k, v]);
  gated = (gate: T, up: T, activation: Activation): T =>
    this.#point('mlp', this.#ops.gated(gate, up, activation), [gate, up]);
  map = (x: T, name: Elementwise, by?: number): T =>
    this.#point(name === 'scale' || name === 'softcap' ? name : 'mlp', this.#ops.map(x, name, by), [x]);

  /** A layer has two sums: what attention and what the MLP adds to the stream. */
  add = (a: T, b: T): T =>
    this.#point(this.#adds++ === 0 ? 'after attention' : 'output', this.#ops.add(a, b), [a, b]);

  #enter(weight: string): void {
    const { numLayers } = this.#architecture;
    const layer = layerOf(weight, this.#architecture) ?? (this.#layer < 0 ? -1 : numLayers);
    if (layer !== this.#layer) this.#adds = 0;
    this.#layer = layer;
  }

  #passing(value: T, from: T, ...weights: readonly string[]): T {
    this.#pending.set(value, [...(this.#pending.get(from) ?? []), ...weights]);
    return value;
  }

  #normName(weight: string): string {
    const { layerPrefix } = this.#architecture;
    const name = weight.replace(/\.weight$/, '');
    return name.startsWith(layerPrefix)
      ? name.slice(name.indexOf('.', layerPrefix.length) + 1)
      : 'final norm';
  }

  #point(what: string, value: T, from: readonly T[], ...weights: readonly string[]): T {
    const { numLayers } = this.#architecture;
    const layer = this.#layer;
    const isInside = layer >= 0 && layer < numLayers;
    const before = what.includes('embedding') ? what : `embedding, ${what === 'scale' ? 'scaled' : 'summed'}`;
    const name = isInside ? `layer ${layer}, ${what}` : layer < 0 ? before : what;
    const through = [...from.flatMap((value) => this.#pending.get(value) ?? []), ...weights];
    this.#tell({ name, layer, through }, value);
    return value;
  }
}

/** Which layer a weight belongs to; undefined for one of none. */
function layerOf(weight: string, { layerPrefix }: Architecture): number | undefined {
  if (!weight.startsWith(layerPrefix)) return undefined;
  return Number.parseInt(weight.slice(layerPrefix.length), 10);
}
