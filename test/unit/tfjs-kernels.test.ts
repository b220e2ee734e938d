/**
 * @file Every kernel on every backend against its reference implementation (what runs on cpu), and its registered gradient, on
 * tfjs' own tape, against differences of the reference's values.
 */
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BackendName } from '../../src/words/engine.ts';
import { deriveKey, integerAt, normalAt } from '../../src/core/random.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { download, upload } from '../../src/runtimes/tfjs/kernels/transfer.ts';
import { runKernel } from '../../src/runtimes/tfjs/kernels/kernel.ts';
import { ELEMENTWISE } from '../../src/runtimes/tfjs/kernels/elementwise.ts';
import { splitAttrs } from '../../src/runtimes/tfjs/kernels/split.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
interface Input {
  readonly shape: readonly number[];
  readonly values: Values;
}
interface Case {
  readonly title: string;
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly attrs?: NamedAttrMap;
  /** Inputs that the kernel changes. */
  readonly inPlace?: readonly string[];
  /** Inputs whose gradient is checked. */
  readonly differentiable?: readonly string[];
  /** Too slow for differences of the reference; smaller shapes of the same kernel have them. */
  readonly isLarge?: boolean;
  /** Outputs that are for the kernel's own gradient and may differ between backends. */
  readonly compared?: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function normal(name: string, shape: readonly number[], mean = 0): Input {
  const key = deriveKey('kernels', name, ...shape);
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, i) => mean + normalAt(key, i)) };
}

function integers(name: string, shape: readonly number[], from: number, below: number): Input {
  const key = deriveKey('kernels', name, ...shape);
  return {
    shape,
    values: Int32Array.from({ length: sizeOf(shape) }, (_, i) => from + integerAt(key, i, below - from)),
  };
}

const linear = (
  title: string,
  [rows, k, n]: readonly [number, number, number],
  r: number,
  drops = false,
): Case => ({
  title: `linear ${title} (${rows}, ${k}) -> ${n}, rank ${r}`,
  kernel: 'BootlaceLinear',
  inputs: {
    x: normal('x', [rows, k]),
    w: normal('w', [k, n]),
    wBack: { shape: [n, k], values: transposed(normal('w', [k, n]).values, k, n) },
    bias: normal('bias', [n]),
    residual: normal('residual', [rows, n]),
    lora: normal('lora', [5 + r * (k + n)]),
  },
  attrs: {
    outFeatures: n,
    outIn: 0,
    held: 0,
    backOutIn: 1,
    rank: r,
    aOffset: 5,
    bOffset: 5 + r * k,
    scaling: 0.7,
    dropKey: 12345,
    dropThreshold: drops ? 0x40000000 : 0,
    keptScale: drops ? 4 / 3 : 1,
  },
  differentiable: ['x', 'lora', 'residual'],
});

function transposed(values: Values, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] ?? NaN;
  return out;
}

const attention = (
  heads: number,
  kvHeads: number,
  headDim: number,
  length: number,
  window: number,
): Case => ({
  title: `attention ${heads}/${kvHeads} heads of ${headDim}, length ${length}, window ${window}`,
  kernel: 'BootlaceAttention',
  inputs: {
    q: normal('q', [2 * length, heads * headDim]),
    k: normal('k', [2 * length, kvHeads * headDim]),
    v: normal('v', [2 * length, kvHeads * headDim]),
  },
  attrs: { batch: 2, length, heads, kvHeads, headDim, scale: 0.4, window },
  differentiable: ['q', 'k', 'v'],
  compared: 1,
});

const norm = (kernel: string, channels: number, withBias: boolean): Case => ({
  title: `${kernel} over ${channels}`,
  kernel,
  inputs: {
    x: normal('x', [6, 24]),
    weight: normal('weight', [channels], 1),
    ...(withBias ? { bias: normal('bias', [channels]) } : {}),
  },
  attrs: { eps: 1e-3 },
  differentiable: ['x'],
});

/** As a large weight is held: (out, in) alone, both ways. */
function heldOnce(one: Case): Case {
  const { wBack, ...inputs } = one.inputs;
  if (wBack === undefined) throw new Error('not a linear layer');
  return {
    ...one,
    title: `${one.title}, held once`,
    inputs: { ...inputs, w: wBack, wBack },
    attrs: { ...one.attrs, outIn: 1 },
  };
}

const split = (sizes: readonly number[], groups: number): Case => ({
  title: `split into ${sizes.join(', ')} by ${groups}`,
  kernel: 'BootlaceSplit',
  inputs: { x: normal('x', [5, groups * sizes.reduce((a, b) => a + b, 0)]) },
  attrs: splitAttrs(sizes, groups),
  differentiable: ['x'],
  compared: sizes.length,
});

const CASES: readonly Case[] = [
  linear('', [7, 12, 10], 4),
  heldOnce(linear('', [7, 12, 10], 4)),
  linear('with dropout', [7, 12, 10], 4, true),
  linear('over several tiles', [70, 40, 130], 9),
  { ...linear('over many tiles', [530, 36, 580], 3), isLarge: true },
  // Larger than the parts that it is multiplied in.
  {
    ...heldOnce(linear('of many tokens', [3, 5, 17000], 2)),
    isLarge: true,
  },
  { ...linear('over large tiles', [1300, 20, 1250], 2, true), isLarge: true },
  ...(['BootlaceRmsNorm', 'BootlaceLayerNorm'] as const).flatMap((kernel) =>
    [24, 8].map((channels) => norm(kernel, channels, kernel === 'BootlaceLayerNorm')),
  ),
  attention(4, 2, 6, 9, 9),
  attention(2, 2, 8, 21, 5),
  attention(3, 1, 4, 70, 70),
  ...[8, 4].map((dim) => ({
    title: `rope over ${dim} of 8`,
    kernel: 'BootlaceRope',
    inputs: {
      x: normal('x', [10, 24]),
      cos: normal('cos', [7, dim / 2]),
      sin: normal('sin', [7, dim / 2]),
    },
    attrs: { length: 5, headDim: 8, dim, direction: 1 },
    differentiable: ['x'],
  })),
  ...ELEMENTWISE.flatMap((name, f): Case[] => [
    {
      title: `map ${name}`,
      kernel: 'BootlaceMap',
      inputs: { x: normal('x', [9, 11]) },
      attrs: { f, by: 0.7 },
      differentiable: ['x'],
    },
    {
      title: `gated ${name}`,
      kernel: 'BootlaceGated',
      inputs: { gate: normal('gate', [9, 11]), up: normal('up', [9, 11]) },
      attrs: { f, by: 0.7 },
      differentiable: ['gate', 'up'],
    },
  ]),
  split([16, 16, 16], 1),
  split([4, 4, 4], 4),
  split([6, 2, 2], 3),
  split([7, 9], 1),
  {
    title: 'gather',
    kernel: 'BootlaceGather',
    inputs: {
      x: normal('x', [6, 7]),
      index: { shape: [4], values: Int32Array.of(5, 2, 0, -1) },
      inverse: { shape: [6], values: Int32Array.of(2, -1, 1, -1, -1, 0) },
    },
    attrs: { held: 0 },
    differentiable: ['x'],
  },
  {
    title: 'cross entropy',
    kernel: 'BootlaceCrossEntropy',
    inputs: { logits: normal('logits', [9, 150]), targets: integers('targets', [9], -1, 150) },
    attrs: { lossScale: 0.3 },
    differentiable: ['logits'],
  },
  {
    title: 'add',
    kernel: 'BootlaceAdd',
    inputs: { a: normal('a', [4, 9]), b: normal('b', [4, 9]) },
    differentiable: ['a', 'b'],
  },
  {
    title: 'add into',
    kernel: 'BootlaceAddInto',
    inputs: { sum: normal('a', [4, 9]), x: normal('b', [4, 9]) },
    inPlace: ['sum'],
  },
  { title: 'zero', kernel: 'BootlaceZero', inputs: { x: normal('a', [4, 9]) }, inPlace: ['x'] },
  {
    title: 'adamw',
    kernel: 'BootlaceAdamW',
    inputs: {
      params: normal('params', [300]),
      m: normal('m', [300]),
      v: { shape: [300], values: normal('v', [300]).values.map((v) => v * v) },
      grads: normal('grads', [1, 300]),
    },
    attrs: {
      beta1: 0.9,
      beta2: 0.999,
      gradientScale: 0.5,
      decay: 0.99,
      epsilon: 1e-8,
      stepSize: 0.01,
      rootCorrection2: 0.3,
    },
    inPlace: ['params', 'm', 'v'],
  },
  {
    title: 'gradient norm of three splits',
    kernel: 'BootlaceGradNorm',
    inputs: { grads: normal('grads', [3, 500]) },
    attrs: { parameters: 500 },
    inPlace: ['grads'],
    compared: 0,
  },
];

const uploaded = (inputs: Case['inputs']): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [name, upload(values, shape)]),
  );

/** Outputs, then the inputs that are changed in place. */
async function run({ kernel, inputs, attrs = {}, inPlace = [], compared }: Case): Promise<Float32Array[]> {
  const tensors = uploaded(inputs);
  const out = runKernel(kernel, tensors, attrs).slice(0, compared);
  const changed = inPlace.map((name) => tensors[name]).filter((tensor) => tensor !== undefined);
  const values = await download(...out, ...changed);
  for (const tensor of Object.values(tensors)) tensor.dispose();
  return values;
}

/** What the gradient is of: every output weighed with fixed numbers. */
const weightOf = (i: number, size: number) => normal(`weight ${i}`, [size]).values;

async function gradients(one: Case, names: readonly string[]): Promise<Float32Array[]> {
  const tensors = uploaded(one.inputs);
  const wanted = names.map((name) => tensors[name]).filter((tensor) => tensor !== undefined);
  const grads = tf.grads((...xs) => {
    const given = Object.fromEntries(names.map((name, i) => [name, xs[i]]));
    const out = runKernel(one.kernel, { ...tensors, ...given }, one.attrs ?? {});
    const [first] = out;
    if (first === undefined) throw new Error('no output');
    return joined(out.slice(0, one.compared ?? 1));
  })(wanted);
  return download(...grads);
}

/** The weighed sum of outputs, by a kernel whose gradient tfjs can take on any backend. */
function joined(outputs: readonly Tensor[]): Tensor {
  return tf.customGrad((...xs) => {
    const tensors = xs.filter((x): x is Tensor => x instanceof tf.Tensor);
    return {
      value: tf.scalar(0),
      gradFunc: () => tensors.map(({ shape, size }, i) => upload(weightOf(i, size), shape)),
    };
  })(...outputs);
}

function worst(got: Float32Array, want: Float32Array): number {
  expect(got).toHaveLength(want.length);
  let difference = 0;
  let size = 1e-6;
  for (const [i, value] of want.entries()) {
    const d = Math.abs((got[i] ?? NaN) - value);
    if (!(d <= difference)) difference = d;
    size = Math.max(size, Math.abs(value));
  }
  return difference / size;
}

const gpu = await nodeGpu();
const backends: BackendName[] = ['wasm', ...(gpu === undefined ? [] : (['webgpu'] as const))];

describe.each(backends)('%s agrees with the reference', (backend) => {
  test.each(CASES)('$title', async (one) => {
    await initBackend('cpu');
    const want = await run(one);
    const names = one.differentiable ?? [];
    const wantGradients = names.length > 0 ? await gradients(one, names) : [];
    await initBackend(backend, gpu === undefined ? {} : { gpu });
    const got = await run(one);
    expect(want.length).toBeGreaterThan(0);
    for (const [i, values] of want.entries())
      expect(worst(got[i] ?? new Float32Array(), values)).toBeLessThan(2e-5);
    const gotGradients = names.length > 0 ? await gradients(one, names) : [];
    for (const [i, values] of wantGradients.entries()) {
      expect(worst(gotGradients[i] ?? new Float32Array(), values), names[i]).toBeLessThan(2e-5);
    }
  });
});

/** By bytes: an expectation of millions of floats takes a minute on a busy machine. */
const haveSameBytes = (a: readonly Float32Array[], b: readonly Float32Array[]): boolean =>
  a.length > 0 &&
  a.length === b.length &&
  a.every((values, i) => {
    const other = b[i] ?? new Float32Array();
    return Buffer.compare(Buffer.from(values.slice().buffer), Buffer.from(other.slice().buffer)) === 0;
  });

/** Around the size from where on x and y are transposed rather than the weight; below and above a panel. */
test.each([
  [5, 12, 40],
  [64, 96, 72],
  [300, 96, 72],
  [40, 600, 5000],
  [900, 600, 5000],
  [9, 64, 70000],
] as const)(
  'on wasm a weight held once gives the bits of one in both layouts: (%i, %i) -> %i',
  async (...sizes) => {
    await initBackend('wasm');
    const both = linear('', sizes, 3);
    const once = heldOnce(both);
    expect(haveSameBytes(await run(once), await run(both))).toBe(true);
    const names = ['x', 'lora'];
    expect(haveSameBytes(await gradients(once, names), await gradients(both, names))).toBe(true);
  },
);

describe('registered gradients are those of the reference', () => {
  beforeAll(async () => {
    await initBackend('cpu');
  });

  const small = CASES.filter(
    ({ differentiable, isLarge }) => differentiable !== undefined && isLarge !== true,
  );
  test.each(small)('$title', async (one) => {
    const names = one.differentiable ?? [];
    const count = one.compared ?? 1;
    const value = async (inputs: Case['inputs']): Promise<number> => {
      const outputs = (await run({ ...one, inputs })).slice(0, count);
      let sum = 0;
      for (const [i, output] of outputs.entries()) {
        const weight = weightOf(i, output.length);
        for (const [j, y] of output.entries()) sum += y * (weight[j] ?? NaN);
      }
      return sum;
    };
    const grads = await gradients(one, names);
    for (const [i, name] of names.entries()) {
      const input = one.inputs[name];
      const gradient = grads[i];
      if (input === undefined || gradient === undefined) throw new Error(name);
      // Along a random direction, so that every element takes part.
      const direction = normal(`direction ${name}`, input.shape).values;
      const STEP = 2e-3;
      const moved = (by: number) => ({
        ...one.inputs,
        [name]: {
          ...input,
          values: Float32Array.from(input.values, (x, j) => x + by * (direction[j] ?? NaN)),
        },
      });
      const slope = ((await value(moved(STEP))) - (await value(moved(-STEP)))) / (2 * STEP);
      let expected = 0;
      let scale = 0;
      for (const [j, g] of gradient.entries()) {
        expected += g * (direction[j] ?? NaN);
        scale += (g * (direction[j] ?? NaN)) ** 2;
      }
      expect(Math.abs(slope - expected) / Math.sqrt(scale), name).toBeLessThan(5e-3);
    }
  });
});

// XNNPACK adds one term after the other: over this many, taken whole, the gradient was wrong by 3e-5 of its largest element.
test.each(backends)(
  'the gradient through the head of a large vocabulary is the sum in float64 (%s)',
  async (backend) => {
    const [rows, k, n] = [2, 8, 49_152];
    await initBackend(backend, gpu === undefined ? {} : { gpu });
    const w = normal('head', [n, k], 0.5);
    // As cross-entropy leaves it: one large element, and a great many small ones of the other sign.
    const dy: Input = { shape: [rows, n], values: new Float32Array(rows * n).fill(1 / n) };
    for (let i = 0; i < rows; i++) dy.values[i * n + 7] = -1;
    const tensors = uploaded({ x: normal('x', [rows, k]), w, dy });
    const attrs = {
      outFeatures: n,
      outIn: 0,
      backOutIn: 1,
      rank: 0,
      scaling: 1,
      needDx: 1,
      aOffset: 0,
      bOffset: 0,
      dropKey: 0,
      dropThreshold: 0,
      keptScale: 1,
      held: 0,
    };
    const [got = new Float32Array()] = await download(...runKernel('BootlaceLinearGrad', tensors, attrs));
    const want = new Float64Array(rows * k);
    for (const at of want.keys()) {
      for (let j = 0; j < n; j++) {
        want[at] =
          (want[at] ?? NaN) +
          (dy.values[Math.floor(at / k) * n + j] ?? NaN) * (w.values[j * k + (at % k)] ?? NaN);
      }
    }
    expect(worst(got, Float32Array.from(want))).toBeLessThan(1e-6);
  },
);
