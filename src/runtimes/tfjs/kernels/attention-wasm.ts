/**
 * @file Attention on wasm: XNNPACK multiplies single matrices fast, so each key/value head's rows are gathered, its
 * queries (of all heads that share it) stacked, and the products made one head at a time. XNNPACK's softmax is vectorised
 * and Math.exp is not, so the backward pass forms the probabilities with it again and needs no log-sum-exp.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AttentionShape } from './attention-shape.ts';
import type { KernelCall, Values, WasmTools } from './kernel.ts';

/** Where a head's rows lie in a (B * T, heads * headDim) matrix. */
interface Rows {
  readonly at: number;
  readonly stride: number;
}

class Heads {
  readonly #shape: AttentionShape;
  readonly #tools: WasmTools;

  constructor(shape: AttentionShape, tools: WasmTools) {
    this.#shape = shape;
    this.#tools = tools;
  }

  /** Key/value head `h` of sequence b. */
  kv(b: number, h: number): Rows {
    const { length, kvHeads, headDim } = this.#shape;
    return { at: b * length * kvHeads * headDim + h * headDim, stride: kvHeads * headDim };
  }

  /** The g-th query head that shares key/value head h. */
  query(b: number, h: number, g: number): Rows {
    const { length, heads, headDim, share } = this.#shape;
    return { at: b * length * heads * headDim + (h * share + g) * headDim, stride: heads * headDim };
  }

  /** (T, headDim) of one key/value head, or its transpose, as a tensor of its own. XNNPACK keeps the packed form of a right
   * operand by tensor, so each is new. */
  gatherKv(matrix: TensorInfo, b: number, h: number, isTransposed: boolean): TensorInfo {
    const { length, headDim } = this.#shape;
    const info = this.#tools.allocate(isTransposed ? [headDim, length] : [length, headDim]);
    const out = this.#tools.values(info);
    const values = this.#tools.values(matrix);
    const { at, stride } = this.kv(b, h);
    for (let t = 0; t < length; t++) {
      const from = at + t * stride;
      if (isTransposed) for (let d = 0; d < headDim; d++) out[d * length + t] = values[from + d];
      else for (let d = 0; d < headDim; d++) out[t * headDim + d] = values[from + d];
    }
    return info;
  }

  /** The stacked queries (share * T, headDim), times a factor. */
  gatherQueries(matrix: TensorInfo, b: number, h: number, factor = 1): TensorInfo {
    const { length, headDim, share } = this.#shape;
    const info = this.#tools.allocate([share * length, headDim]);
    const out = this.#tools.values(info);
    const values = this.#tools.values(matrix);
    for (let g = 0; g < share; g++) {
      const { at, stride } = this.query(b, h, g);
      for (let t = 0; t < length; t++) {
        const to = (g * length + t) * headDim;
        const from = at + t * stride;
        for (let d = 0; d < headDim; d++) out[to + d] = factor * values[from + d];
      }
    }
    return info;
  }

  scatterQueries(matrix: TensorInfo, b: number, h: number, stacked: TensorInfo, factor = 1): void {
    const { length, headDim, share } = this.#shape;
    const out = this.#tools.values(matrix);
    const values = this.#tools.values(stacked);
    for (let g = 0; g < share; g++) {
      const { at, stride } = this.query(b, h, g);
      for (let t = 0; t < length; t++) {
        const from = (g * length + t) * headDim;
        const to = at + t * stride;
        for (let d = 0; d < headDim; d++) out[to + d] = factor * values[from + d];
      }
    }
  }

  /** Softmax over the keys that each query sees; `scores` is changed and freed. */
  probabilities(scores: TensorInfo): TensorInfo {
    const { length, share, window } = this.#shape;
    const values = this.#tools.values(scores);
    for (let row = 0; row < share * length; row++) {
      const at = row * length;
      const t = row % length;
      if (t >= window) values.fill(HIDDEN_SCORE, at, at + t - window + 1);
      values.fill(HIDDEN_SCORE, at + t + 1, at + length);
    }
    const probabilities = this.#tools.softmax(scores);
    this.#tools.free(scores);
    return probabilities;
  }

  scatterKv(matrix: TensorInfo, b: number, h: number, rows: TensorInfo): void {
    const { length, headDim } = this.#shape;
    const out = this.#tools.values(matrix);
    const values = this.#tools.values(rows);
    const { at, stride } = this.kv(b, h);
    for (let t = 0; t < length; t++) {
      for (let d = 0; d < headDim; d++) out[at + t * stride + d] = values[t * headDim + d];
    }
  }
}

/** Low enough that its exponential is 0 beside any score. */
const HIDDEN_SCORE = -1e30;

export function attentionWasm(call: KernelCall, tools: WasmTools, shape: AttentionShape): TensorInfo[] {
  const { batch, length, heads, kvHeads, scale } = shape;
  const [q, k, v] = ['q', 'k', 'v'].map((name) => call.input(name));
  const o = tools.allocate(q.shape);
  const lse = tools.allocate([batch * heads, length]);
  tools.values(lse).fill(0);
  const stacks = new Heads(shape, tools);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < kvHeads; h++) {
      const queries = stacks.gatherQueries(q, b, h, scale);
      const keysT = stacks.gatherKv(k, b, h, true);
      const values = stacks.gatherKv(v, b, h, false);
      const probabilities = stacks.probabilities(tools.matMul(queries, keysT));
      const mixed = tools.matMul(probabilities, values);
      stacks.scatterQueries(o, b, h, mixed);
      for (const info of [queries, keysT, values, probabilities, mixed]) tools.free(info);
    }
  }
  return [o, lse];
}

/** Inputs q, k, v, o, lse, dy; outputs dq, dk, dv. */
export function attentionGradWasm(call: KernelCall, tools: WasmTools, shape: AttentionShape): TensorInfo[] {
  const { batch, kvHeads, length, share, scale } = shape;
  const [q, k, v, o, dy] = ['q', 'k', 'v', 'o', 'dy'].map((name) => call.input(name));
  const [dq, dk, dv] = [q, k, v].map((like) => tools.allocate(like.shape));
  const stacks = new Heads(shape, tools);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < kvHeads; h++) {
      const queries = stacks.gatherQueries(q, b, h, scale);
      const dOut = stacks.gatherQueries(dy, b, h);
      const out = stacks.gatherQueries(o, b, h);
      const keysT = stacks.gatherKv(k, b, h, true);
      const keys = stacks.gatherKv(k, b, h, false);
      const valuesT = stacks.gatherKv(v, b, h, true);
      const probabilities = stacks.probabilities(tools.matMul(queries, keysT));
      const dScores = tools.matMul(dOut, valuesT);
      // (T, share * T): the layout for the sums over queries.
      const probabilitiesT = tools.allocate([length, share * length]);
      const dScoresT = tools.allocate([length, share * length]);
      scoreGradients(
        {
          probabilities: tools.values(probabilities),
          dScores: tools.values(dScores),
          probabilitiesT: tools.values(probabilitiesT),
          dScoresT: tools.values(dScoresT),
          out: tools.values(out),
          dOut: tools.values(dOut),
        },
        shape,
      );
      const dQueries = tools.matMul(dScores, keys);
      const dKeys = tools.matMul(dScoresT, queries);
      const dValues = tools.matMul(probabilitiesT, dOut);
      stacks.scatterQueries(dq, b, h, dQueries, scale);
      stacks.scatterKv(dk, b, h, dKeys);
      stacks.scatterKv(dv, b, h, dValues);
      const inputs = [queries, dOut, out, keysT, keys, valuesT];
      for (const info of [
        ...inputs,
        probabilities,
        dScores,
        probabilitiesT,
        dScoresT,
        dQueries,
        dKeys,
        dValues,
      ]) {
        tools.free(info);
      }
    }
  }
  return [dq, dk, dv];
}

interface ScoreArrays {
  readonly probabilities: Values;
  /** Holds dO v^T, then the gradient of the (scaled) scores. */
  readonly dScores: Values;
  readonly probabilitiesT: Values;
  readonly dScoresT: Values;
  readonly out: Values;
  readonly dOut: Values;
}

function scoreGradients(
  { probabilities, dScores, probabilitiesT, dScoresT, out, dOut }: ScoreArrays,
  { length, share, headDim, window }: AttentionShape,
): void {
  const rows = share * length;
  probabilitiesT.fill(0);
  dScoresT.fill(0);
  for (let row = 0; row < rows; row++) {
    let through = 0;
    for (let d = row * headDim; d < (row + 1) * headDim; d++) through += out[d] * dOut[d];
    const at = row * length;
    const t = row % length;
    const first = Math.max(0, t - window + 1);
    for (let s = first; s <= t; s++) {
      const p = probabilities[at + s];
      const ds = p * (dScores[at + s] - through);
      dScores[at + s] = ds;
      probabilitiesT[s * rows + row] = p;
      dScoresT[s * rows + row] = ds;
    }
    dScores.fill(0, at, at + first);
    dScores.fill(0, at + t + 1, at + length);
  }
}
