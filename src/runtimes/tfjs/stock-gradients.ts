/**
 * @file Gradients of the stock kernels that ops-stock.ts uses. tfjs-core keeps its own in a module of side effects
 * that its Node build leaves out, so the few that are needed are registered here, by the same rules.
 */
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';

type Gradient = (dy: Tensor, saved: readonly Tensor[], attrs: NamedAttrMap) => Record<string, () => Tensor>;

function register(
  kernelName: string,
  gradient: Gradient,
  saves: Pick<GradConfig, 'inputsToSave' | 'outputsToSave'> = {},
) {
  tf.registerGradient({
    kernelName,
    ...saves,
    gradFunc: (dy, saved, attrs) => {
      if (Array.isArray(dy)) throw new LabError('internal', `${kernelName} has one output.`);
      return gradient(dy, saved, attrs);
    },
  });
}

/** The two saved tensors of a binary kernel. */
function two([a, b]: readonly Tensor[]): readonly [a: Tensor, b: Tensor] {
  if (a === undefined || b === undefined) throw new LabError('internal', 'A binary kernel saved no inputs.');
  return [a, b];
}

function one([x]: readonly Tensor[]): Tensor {
  if (x === undefined) throw new LabError('internal', 'A kernel saved nothing.');
  return x;
}

/** The gradient of a broadcast operand: summed over the axes along which it was repeated. */
function reduceTo(dy: Tensor, operand: Tensor, out: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(operand.shape, [...out]);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, operand.shape);
}

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : [Number(value)]);

let registered = false;

/** Registers them, once. */
export function registerStockGradients(): void {
  if (registered) return;
  registered = true;
  const operands = { inputsToSave: ['a', 'b'] };
  const input = { inputsToSave: ['x'] };
  const output = { outputsToSave: [true] };

  register(tf.Identity, (dy) => ({ x: () => tf.clone(dy) }));
  register(
    tf.Add,
    (dy, saved) => {
      const [a, b] = two(saved);
      return { a: () => reduceTo(dy, a, dy.shape), b: () => reduceTo(dy, b, dy.shape) };
    },
    operands,
  );
  register(
    tf.Sub,
    (dy, saved) => {
      const [a, b] = two(saved);
      return { a: () => reduceTo(dy, a, dy.shape), b: () => tf.neg(reduceTo(dy, b, dy.shape)) };
    },
    operands,
  );
  register(
    tf.Multiply,
    (dy, saved) => {
      const [a, b] = two(saved);
      return {
        a: () => reduceTo(tf.mul(dy, b), a, dy.shape),
        b: () => reduceTo(tf.mul(dy, a), b, dy.shape),
      };
    },
    operands,
  );
  register(
    tf.RealDiv,
    (dy, saved) => {
      const [a, b] = two(saved);
      return {
        a: () => reduceTo(tf.div(dy, b), a, dy.shape),
        b: () => tf.neg(reduceTo(tf.div(tf.mul(dy, a), tf.square(b)), b, dy.shape)),
      };
    },
    operands,
  );
  register(
    tf.BatchMatMul,
    (dy, saved, { transposeA, transposeB }) => {
      const [a, b] = two(saved);
      const ta = transposeA === true;
      const tb = transposeB === true;
      return {
        a: () => (ta ? tf.matMul(b, dy, tb, true) : tf.matMul(dy, b, false, !tb)),
        b: () => (tb ? tf.matMul(dy, a, true, ta) : tf.matMul(a, dy, !ta, false)),
      };
    },
    operands,
  );
  register(tf.Reshape, (dy, saved) => ({ x: () => tf.reshape(dy, one(saved).shape) }), input);
  register(tf.Transpose, (dy, _, { perm }) => ({
    x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(numbers(perm))),
  }));
  register(
    tf.Slice,
    (dy, saved, { begin }) => {
      const { shape } = one(saved);
      const from = numbers(begin);
      const paddings = shape.map((size, i): [number, number] => {
        const start = from[i] ?? 0;
        return [start, size - start - (dy.shape[i] ?? 1)];
      });
      return { x: () => tf.pad(dy, paddings) };
    },
    input,
  );
  tf.registerGradient({
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (dy, saved, { axis }) => {
      if (Array.isArray(dy)) throw new LabError('internal', 'Concat has one output.');
      const along = Number(axis);
      const parts = tf.split(
        dy,
        saved.map(({ shape }) => shape[along] ?? 1),
        along,
      );
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  });
  register(
    tf.Sum,
    (dy, saved, { axis }) => {
      const x = one(saved);
      const axes = tf.util.parseAxisParam(numbers(axis), x.shape);
      const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
      return { x: () => tf.mul(tf.reshape(dy, kept), tf.onesLike(x)) };
    },
    input,
  );
  register(
    tf.Softmax,
    (dy, saved) => {
      const y = one(saved);
      const weighted = tf.mul(dy, y);
      return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y)) };
    },
    output,
  );
  register(
    tf.Rsqrt,
    (dy, saved) => {
      const x = one(saved);
      return { x: () => tf.mul(dy, tf.mul(tf.div(tf.rsqrt(x), x), -0.5)) };
    },
    input,
  );
  register(tf.Square, (dy, saved) => ({ x: () => tf.mul(dy, tf.mul(one(saved), 2)) }), input);
  register(
    tf.Sigmoid,
    (dy, saved) => {
      const y = one(saved);
      return { x: () => tf.mul(dy, tf.mul(y, tf.sub(1, y))) };
    },
    output,
  );
  register(tf.Tanh, (dy, saved) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(one(saved)))) }), output);
  register(
    tf.Erf,
    (dy, saved) => ({
      x: () => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(one(saved)))), 2 / Math.sqrt(Math.PI))),
    }),
    input,
  );
  register(tf.Relu, (dy, saved) => ({ x: () => tf.mul(dy, tf.step(one(saved))) }), input);
}
