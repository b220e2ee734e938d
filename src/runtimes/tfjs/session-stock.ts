/**
 * @file A training step in tfjs' stock operations and tfjs' own tape: the yardstick that the own kernels are tested
 * and timed against.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { Architecture } from '../../models/architecture.ts';
import type { Batch } from './batch.ts';
import type { LoraSlot } from '../../words/train-state.ts';
import type { AdapterLayout } from './layout.ts';
import type { AdamWStep, Dropout, LoraSession, OptimizerState } from './lora-session.ts';
import { StockOps, type StockFactors, type StockLora } from './ops-stock.ts';
import { registerStockGradients } from './stock-gradients.ts';
import type { FrozenWeights } from './weights.ts';

/** One trained tensor with its gradient and moments. */
interface Trained {
  readonly offset: number;
  param: Tensor;
  grad: Tensor;
  m: Tensor;
  v: Tensor;
}

export class StockSession implements LoraSession {
  readonly #architecture: Architecture;
  readonly #weights: FrozenWeights;
  readonly #slots: readonly LoraSlot[];
  readonly #size: number;
  readonly #scalings: AdapterLayout['scalings'];
  readonly #trained: Trained[] = [];
  #losses: Tensor[] = [];

  constructor(
    architecture: Architecture,
    weights: FrozenWeights,
    adapter: {
      readonly layout: AdapterLayout;
      readonly state: OptimizerState;
    } | null,
  ) {
    registerStockGradients();
    this.#architecture = architecture;
    this.#weights = weights;
    this.#slots = adapter?.layout.slots ?? [];
    this.#size = adapter?.layout.size ?? 0;
    this.#scalings = adapter?.layout.scalings ?? new Map();
    if (adapter === null) return;
    const { params, m, v } = adapter.state;
    for (const { r, inFeatures, outFeatures, aOffset, bOffset } of this.#slots) {
      for (const [offset, shape] of [
        [aOffset, [r, inFeatures]],
        [bOffset, [outFeatures, r]],
      ] as const) {
        const cut = (values: Float32Array) =>
          tf.keep(tf.tensor(values.slice(offset, offset + shape[0] * shape[1]), [...shape]));
        this.#trained.push({
          offset,
          param: cut(params),
          m: cut(m),
          v: cut(v),
          grad: tf.keep(tf.zeros([...shape])),
        });
      }
    }
  }

  #lora(factors: readonly Tensor[], dropout: Dropout | null): StockLora | null {
    if (this.#slots.length === 0) return null;
    const byModule = new Map<string, StockFactors>();
    for (const [i, { module }] of this.#slots.entries()) {
      const a = factors[2 * i];
      const b = factors[2 * i + 1];
      if (a !== undefined && b !== undefined) byModule.set(module, { a, b });
    }
    return { factors: byModule, scalings: this.#scalings, dropout };
  }

  /** Logits (M, V). The wanted rows are picked by a product, because gather has no gradient on wasm. */
  #forward(batch: Batch, lora: StockLora | null): Tensor {
    const ops = new StockOps(this.#weights, batch, lora);
    const hidden = this.#architecture.forward(ops);
    const picks = oneHot(batch.rows, batch.size * batch.length);
    const { headModule, logitMaps = [] } = this.#architecture;
    const head = ops.linear(tf.matMul(picks, hidden), headModule);
    return logitMaps.reduce((x, { name, by }) => ops.map(x, name, by), head);
  }

  async logits(batch: Batch): Promise<Float32Array> {
    const params = this.#trained.map(({ param }) => param);
    const logits = tf.tidy(() => this.#forward(batch, this.#lora(params, null)));
    try {
      const values = Float32Array.from(await logits.data());
      return values.subarray(0, batch.wanted * this.#architecture.vocabSize);
    } finally {
      logits.dispose();
    }
  }

  backward(batch: Batch, lossScale: number, dropout: Dropout | null): void {
    tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((...params: Tensor[]) => {
        const logits = this.#forward(batch, this.#lora(params, dropout));
        const targets = oneHot(
          batch.targets.map((id) => Math.max(id, 0)),
          this.#architecture.vocabSize,
        );
        const weights = tf.tensor1d(Float32Array.from(batch.targets, (id) => (id < 0 ? 0 : lossScale)));
        return tf.losses.softmaxCrossEntropy(targets, logits, weights, 0, tf.Reduction.SUM);
      })(this.#trained.map(({ param }) => param));
      this.#losses.push(tf.keep(value));
      for (const [i, trained] of this.#trained.entries()) {
        const grad = grads[i];
        if (grad === undefined) throw new LabError('internal', 'A factor got no gradient.');
        const sum = tf.keep(tf.add(trained.grad, grad));
        trained.grad.dispose();
        trained.grad = sum;
      }
    });
  }

  async measure(): Promise<{ loss: number; gradNorm: number }> {
    let loss = 0;
    for (const part of this.#losses) loss += (await part.data())[0] ?? NaN;
    // stack, not addN: on WebGPU addN binds every tensor at once, more than a device takes.
    const norm = tf.tidy(() =>
      tf.sqrt(tf.sum(tf.stack(this.#trained.map(({ grad }) => tf.sum(tf.square(grad)))))),
    );
    const [gradNorm = NaN] = await norm.data();
    norm.dispose();
    return { loss, gradNorm };
  }

  async gradients(): Promise<Float32Array<ArrayBuffer>> {
    return this.#gather((trained) => trained.grad);
  }

  zeroGradients(): void {
    for (const part of this.#losses) part.dispose();
    this.#losses = [];
    for (const trained of this.#trained) {
      trained.grad.dispose();
      trained.grad = tf.keep(tf.zeros(trained.param.shape));
    }
  }

  update(step: AdamWStep): void {
    const { beta1, beta2, epsilon, learningRate, weightDecay } = step;
    const correction1 = 1 - beta1 ** step.step;
    const correction2 = 1 - beta2 ** step.step;
    for (const trained of this.#trained) {
      const next = tf.tidy(() => {
        const grad = tf.mul(trained.grad, step.gradientScale);
        const m = tf.add(tf.mul(trained.m, beta1), tf.mul(grad, 1 - beta1));
        const v = tf.add(tf.mul(trained.v, beta2), tf.mul(tf.square(grad), 1 - beta2));
        const rate = tf.div(tf.div(m, correction1), tf.add(tf.sqrt(tf.div(v, correction2)), epsilon));
        const decayed = tf.mul(trained.param, 1 - learningRate * weightDecay);
        return { param: tf.sub(decayed, tf.mul(rate, learningRate)), m, v };
      });
      for (const key of ['param', 'm', 'v'] as const) {
        trained[key].dispose();
        trained[key] = tf.keep(next[key]);
      }
    }
  }

  async state(): Promise<OptimizerState> {
    return {
      params: await this.#gather((trained) => trained.param),
      m: await this.#gather((trained) => trained.m),
      v: await this.#gather((trained) => trained.v),
    };
  }

  async #gather(pick: (trained: Trained) => Tensor): Promise<Float32Array<ArrayBuffer>> {
    const flat = new Float32Array(this.#size);
    for (const trained of this.#trained) flat.set(await pick(trained).data(), trained.offset);
    return flat;
  }

  dispose(): void {
    for (const part of this.#losses) part.dispose();
    for (const { param, grad, m, v } of this.#trained)
      for (const tensor of [param, grad, m, v]) tensor.dispose();
  }
}

/** (rows, classes) in float32. The wasm backend writes whole numbers whatever type is asked for, hence the cast. */
const oneHot = (indices: Int32Array, classes: number): Tensor =>
  tf.cast(tf.oneHot(tf.tensor1d(indices, 'int32'), classes), 'float32');
