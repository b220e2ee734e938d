/**
 * @file The operations in tfjs' stock kernels, differentiated by tfjs' own tape. Plain on purpose: it is what the own
 * kernels (ops-fused.ts) are tested and timed against.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { Activation, AttentionSpec, Elementwise, Ops, Rope } from '../../models/ops.ts';
import { ropeTable } from '../../models/rope.ts';
import type { Batch } from './batch.ts';
import { dropoutKey, dropoutMask } from './dropout.ts';
import type { AdapterLayout } from './layout.ts';
import type { Dropout } from './lora-session.ts';
import type { FrozenWeights } from './weights.ts';

/** One module's factors as tensors: a (r, in), b (out, r). */
export interface StockFactors {
  readonly a: Tensor;
  readonly b: Tensor;
}

export interface StockLora {
  readonly factors: ReadonlyMap<string, StockFactors>;
  readonly scalings: AdapterLayout['scalings'];
  readonly dropout: Dropout | null;
}

/** Scores of hidden keys; large and finite, because shaders may assume that nothing is infinite. */
const HIDDEN_SCORE = -1e30;

export class StockOps implements Ops<Tensor> {
  readonly #weights: FrozenWeights;
  readonly #batch: Batch;
  readonly #lora: StockLora | null;

  constructor(weights: FrozenWeights, batch: Batch, lora: StockLora | null) {
    this.#weights = weights;
    this.#batch = batch;
    this.#lora = lora;
  }

  embed(weight: string): Tensor {
    return tf.gather(this.#weights.tensor(weight), tf.tensor1d(this.#batch.ids, 'int32'));
  }

  embedPositions(weight: string): Tensor {
    return tf.gather(this.#weights.tensor(weight), tf.tensor1d(this.#batch.positions, 'int32'));
  }

  linear(x: Tensor, module: string): Tensor {
    const { inOut, bias } = this.#weights.linear(module);
    if (inOut === undefined) throw new LabError('internal', `${module} is not kept as (in, out).`);
    let y = tf.matMul(x, inOut);
    if (bias !== undefined) y = tf.add(y, bias);
    const factors = this.#lora?.factors.get(module);
    if (this.#lora === null || factors === undefined) return y;
    const { dropout, scalings } = this.#lora;
    const dropped =
      dropout === null
        ? x
        : tf.mul(
            x,
            tf.tensor(dropoutMask(dropoutKey(dropout.key, module), dropout.probability, x.size), x.shape),
          );
    const narrow = tf.matMul(dropped, factors.a, false, true);
    return tf.add(y, tf.mul(tf.matMul(narrow, factors.b, false, true), scalings.get(module) ?? 0));
  }

  rmsNorm(x: Tensor, weight: string, eps: number): Tensor {
    const w = this.#weights.tensor(weight);
    const grouped = tf.reshape(x, [-1, w.size]);
    const rms = tf.rsqrt(tf.add(tf.div(tf.sum(tf.square(grouped), 1, true), w.size), eps));
    return tf.reshape(tf.mul(tf.mul(grouped, rms), w), x.shape);
  }

  layerNorm(x: Tensor, module: string, eps: number): Tensor {
    const channels = x.shape.at(-1) ?? 1;
    const centred = tf.sub(x, tf.div(tf.sum(x, 1, true), channels));
    const variance = tf.div(tf.sum(tf.square(centred), 1, true), channels);
    const normed = tf.mul(centred, tf.rsqrt(tf.add(variance, eps)));
    return tf.add(
      tf.mul(normed, this.#weights.tensor(`${module}.weight`)),
      this.#weights.tensor(`${module}.bias`),
    );
  }

  split(x: Tensor, sizes: readonly number[], groups = 1): readonly Tensor[] {
    const [rows = 0, channels = 0] = x.shape;
    const grouped = tf.reshape(x, [rows, groups, channels / groups]);
    // By slices: tf.split into unequal parts has no gradient.
    let at = 0;
    return sizes.map((size) => {
      const part = tf.slice(grouped, [0, 0, at], [rows, groups, size]);
      at += size;
      return tf.reshape(part, [rows, groups * size]);
    });
  }

  attention(q: Tensor, k: Tensor, v: Tensor, spec: AttentionSpec): Tensor {
    const { size: batch, length } = this.#batch;
    const { heads, kvHeads, headDim } = spec;
    const group = heads / kvHeads;
    const rotate = (x: Tensor, count: number) =>
      spec.rope === undefined ? x : this.#rotate(x, count, headDim, spec.rope);
    // The queries that share a key/value head are stacked along the rows, so that no key is copied.
    const queries = tf.reshape(
      tf.transpose(tf.reshape(rotate(q, heads), [batch, length, kvHeads, group, headDim]), [0, 2, 3, 1, 4]),
      [batch * kvHeads, group * length, headDim],
    );
    const perHead = (x: Tensor) =>
      tf.reshape(tf.transpose(tf.reshape(x, [batch, length, kvHeads, headDim]), [0, 2, 1, 3]), [
        batch * kvHeads,
        length,
        headDim,
      ]);
    const scores = tf.mul(tf.matMul(queries, perHead(rotate(k, kvHeads)), false, true), spec.scale);
    const probabilities = tf.softmax(tf.add(scores, attentionMask(length, group, spec.window)));
    const mixed = tf.reshape(tf.matMul(probabilities, perHead(v)), [batch, kvHeads, group, length, headDim]);
    return tf.reshape(tf.transpose(mixed, [0, 3, 1, 2, 4]), [batch * length, heads * headDim]);
  }

  #rotate(x: Tensor, heads: number, headDim: number, rope: Rope): Tensor {
    const { size: batch, length } = this.#batch;
    const half = rope.dim / 2;
    const table = ropeTable(rope, length);
    const cos = tf.tensor(table.cos, [1, length, 1, half]);
    const sin = tf.tensor(table.sin, [1, length, 1, half]);
    const whole = tf.reshape(x, [batch, length, heads, headDim]);
    const part = (from: number, size: number) =>
      tf.slice(whole, [0, 0, 0, from], [batch, length, heads, size]);
    const [first, second] = [part(0, half), part(half, half)];
    const parts = [
      tf.sub(tf.mul(first, cos), tf.mul(second, sin)),
      tf.add(tf.mul(second, cos), tf.mul(first, sin)),
    ];
    if (rope.dim < headDim) parts.push(part(rope.dim, headDim - rope.dim));
    return tf.reshape(tf.concat(parts, 3), x.shape);
  }

  gated(gate: Tensor, up: Tensor, activation: Activation): Tensor {
    return tf.mul(this.map(gate, activation), up);
  }

  map(x: Tensor, name: Elementwise, by = 1): Tensor {
    switch (name) {
      case 'silu':
        return tf.mul(x, tf.sigmoid(x));
      case 'gelu':
        return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
      case 'gelu_tanh': {
        const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
        return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
      }
      case 'relu':
        return tf.relu(x);
      case 'scale':
        return tf.mul(x, by);
      case 'softcap':
        return tf.mul(tf.tanh(tf.div(x, by)), by);
    }
  }

  add(a: Tensor, b: Tensor): Tensor {
    return tf.add(a, b);
  }
}

/** (group * length, length): 0 where the query may see the key, a large negative number elsewhere. */
function attentionMask(length: number, group: number, window = length): Tensor {
  const mask = new Float32Array(length * length).fill(HIDDEN_SCORE);
  for (let query = 0; query < length; query++) {
    mask.fill(0, query * length + Math.max(0, query - window + 1), query * length + query + 1);
  }
  return tf.tile(tf.tensor(mask, [length, length]), [group, 1]);
}
