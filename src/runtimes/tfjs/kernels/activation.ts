/**
 * @file Activations, alone and gated: y = act(x), and y = act(gate) * up. 'gelu' is the exact one, through erf by a
 * rational minimax approximation (error below 7e-8) that the shader shares.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec, Values, WasmTools } from './kernel.ts';
import { runKernel, runKernel1 } from './kernel.ts';

export const ACTIVATE = 'BootlaceActivate';
export const GATED = 'BootlaceGated';

/** The attribute `activation` is an index into these. */
export const ACTIVATIONS = ['silu', 'gelu', 'gelu_tanh', 'relu'] as const;

const ERF_P = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
  -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
];
const ERF_Q = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
  -1.42647390514189e-2,
];

function erf(value: number): number {
  const x = Math.max(-4, Math.min(4, value));
  const square = x * x;
  let p = 0;
  for (const c of ERF_P) p = p * square + c;
  let q = 0;
  for (const c of ERF_Q) q = q * square + c;
  return (x * p) / q;
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

type Scalar = (x: number) => number;

const sigmoid: Scalar = (x) => 1 / (1 + Math.exp(-x));

/** Value and derivative of each activation, in the order of ACTIVATIONS. */
const SCALARS: readonly (readonly [value: Scalar, derivative: Scalar])[] = [
  [
    (x) => x * sigmoid(x),
    (x) => {
      const s = sigmoid(x);
      return s * (1 + x * (1 - s));
    },
  ],
  [
    (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    (x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  ],
  [
    (x) => 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x))),
    (x) => {
      const t = Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
    },
  ],
  [(x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
];

const horner = (coefficients: readonly number[]) =>
  coefficients.reduce((code, c) => (code === '' ? `f32(${c})` : `(${code} * square + f32(${c}))`), '');

/** WGSL of act(x) and act'(x). tanh is bounded: some drivers overflow in it beyond +-10 or so. */
const WGSL = [
  `fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-max(x, -80.0))); }
fn act(x: f32) -> f32 { return x * sigmoid(x); }
fn slope(x: f32) -> f32 { let s = sigmoid(x); return s * (1.0 + x * (1.0 - s)); }`,
  `fn erf(value: f32) -> f32 {
  let x = clamp(value, -4.0, 4.0);
  let square = x * x;
  return x * ${horner(ERF_P)} / ${horner(ERF_Q)};
}
fn act(x: f32) -> f32 { return 0.5 * x * (1.0 + erf(x * ${Math.SQRT1_2})); }
fn slope(x: f32) -> f32 {
  return 0.5 * (1.0 + erf(x * ${Math.SQRT1_2})) + x * exp(-0.5 * min(x * x, 150.0)) * ${1 / Math.sqrt(2 * Math.PI)};
}`,
  `fn bend(x: f32) -> f32 { return tanh(clamp(${SQRT_2_OVER_PI} * (x + ${CUBIC} * x * x * x), -10.0, 10.0)); }
fn act(x: f32) -> f32 { return 0.5 * x * (1.0 + bend(x)); }
fn slope(x: f32) -> f32 {
  let t = bend(x);
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ${SQRT_2_OVER_PI} * (1.0 + ${3 * CUBIC} * x * x);
}`,
  `fn act(x: f32) -> f32 { return max(x, 0.0); }
fn slope(x: f32) -> f32 { return select(0.0, 1.0, x > 0.0); }`,
];

const FLAT = `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }`;

/** A program per activation over the named buffers. */
function programs(
  name: string,
  reads: readonly string[],
  writes: readonly string[],
  body: string,
): GpuProgram[] {
  return ACTIVATIONS.map((activation, i) => ({
    name: `${name} ${activation}`,
    buffers: [...reads.map((x) => [x, 'read'] as const), ...writes.map((x) => [x, 'write'] as const)],
    uniforms: [['size', 'u32']],
    workgroup: [64, 1],
    declarations: WGSL[i],
    body: FLAT + body,
  }));
}

const ACT = programs('activate', ['x'], ['y'], 'y[i] = act(x[i]);');
const ACT_GRAD = programs('activate gradient', ['x', 'dy'], ['dx'], 'dx[i] = dy[i] * slope(x[i]);');
const GATE = programs('gated', ['gate', 'up'], ['y'], 'y[i] = act(gate[i]) * up[i];');
const GATE_GRAD = programs(
  'gated gradient',
  ['gate', 'up', 'dy'],
  ['dGate', 'dUp'],
  'dGate[i] = dy[i] * up[i] * slope(gate[i]); dUp[i] = dy[i] * act(gate[i]);',
);

const gpu =
  (variants: readonly GpuProgram[], ...inputs: readonly string[]) =>
  (call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void => {
    const size = util.sizeFromShape(call.input(inputs[0]).shape);
    runner.run(
      variants[call.attr('activation')],
      [...inputs.map((name) => call.input(name)), ...out],
      { size },
      [Math.ceil(size / 64)],
    );
  };

const scalarsOf = (call: KernelCall) => SCALARS[call.attr('activation')];

function activateReference(call: HostCall): void {
  const [value] = scalarsOf(call);
  const x = call.values('x');
  const [y] = call.out;
  for (let i = 0; i < x.length; i++) y[i] = value(x[i]);
}

function activateGradReference(call: HostCall): void {
  const [, derivative] = scalarsOf(call);
  const x = call.values('x');
  const dy = call.values('dy');
  const [dx] = call.out;
  for (let i = 0; i < x.length; i++) dx[i] = dy[i] * derivative(x[i]);
}

function gatedReference(call: HostCall): void {
  const [value] = scalarsOf(call);
  const gate = call.values('gate');
  const up = call.values('up');
  const [y] = call.out;
  for (let i = 0; i < gate.length; i++) y[i] = value(gate[i]) * up[i];
}

function gatedGradReference(call: HostCall): void {
  const [value, derivative] = scalarsOf(call);
  const gate = call.values('gate');
  const up = call.values('up');
  const dy = call.values('dy');
  const [dGate, dUp] = call.out;
  for (let i = 0; i < gate.length; i++) {
    dGate[i] = dy[i] * up[i] * derivative(gate[i]);
    dUp[i] = dy[i] * value(gate[i]);
  }
}

// ---------------------------------------------------------------- wasm

/**
 * SiLU and the tanh form of GELU are both x s with s a sigmoid, of x or of 2 sqrt(2/pi) (x + 0.044715 x^3), and their
 * slopes s + x s (1 - s) times the inner slope. XNNPACK's sigmoid is vectorised, Math.exp is not. The others have none.
 */
function sigmoidOf(call: KernelCall, tools: WasmTools, name: string): TensorInfo | undefined {
  const x = call.input(name);
  switch (ACTIVATIONS[call.attr('activation')]) {
    case 'silu':
      return tools.sigmoid(x);
    case 'gelu_tanh': {
      const inner = tools.allocate(x.shape);
      const values = tools.values(x);
      const out = tools.values(inner);
      for (let i = 0; i < out.length; i++) {
        const v = values[i];
        out[i] = 2 * SQRT_2_OVER_PI * (v + CUBIC * v * v * v);
      }
      const s = tools.sigmoid(inner);
      tools.free(inner);
      return s;
    }
    case 'gelu':
    case 'relu':
      return undefined;
  }
}

/** Runs `loop` over sigmoids and outputs, or the reference where the activation has no sigmoid. */
const bySigmoid =
  (
    name: string,
    outputCount: number,
    loop: (arrays: SigmoidArrays) => void,
    reference: (call: HostCall) => void,
  ) =>
  (call: KernelCall, tools: WasmTools): TensorInfo[] => {
    const s = sigmoidOf(call, tools, name);
    const shape = call.input(name).shape;
    const infos = Array.from({ length: outputCount }, () => tools.allocate(shape));
    const host = tools.host(call, infos);
    if (s === undefined) {
      reference(host);
      return infos;
    }
    const inner = ACTIVATIONS[call.attr('activation')] === 'silu' ? 0 : 1;
    loop({ call: host, x: host.values(name), s: tools.values(s), inner, out: host.out });
    tools.free(s);
    return infos;
  };

interface SigmoidArrays {
  readonly call: HostCall;
  readonly x: Values;
  readonly s: Values;
  /** 0: the sigmoid is of x itself; 1: of GELU's cubic. */
  readonly inner: 0 | 1;
  readonly out: readonly Float32Array[];
}

/** d(inner) / dx, 1 for SiLU. */
const innerSlope = (x: number, inner: 0 | 1) =>
  inner === 0 ? 1 : 2 * SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);

function activateLoop({ x, s, out: [y] }: SigmoidArrays): void {
  for (let i = 0; i < y.length; i++) y[i] = x[i] * s[i];
}

function activateGradLoop({ call, x, s, inner, out: [dx] }: SigmoidArrays): void {
  const dy = call.values('dy');
  for (let i = 0; i < dx.length; i++) {
    dx[i] = dy[i] * s[i] * (1 + x[i] * (1 - s[i]) * innerSlope(x[i], inner));
  }
}

function gatedLoop({ call, x, s, out: [y] }: SigmoidArrays): void {
  const up = call.values('up');
  for (let i = 0; i < y.length; i++) y[i] = x[i] * s[i] * up[i];
}

function gatedGradLoop({ call, x, s, inner, out: [dGate, dUp] }: SigmoidArrays): void {
  const up = call.values('up');
  const dy = call.values('dy');
  for (let i = 0; i < dGate.length; i++) {
    const through = dy[i] * s[i];
    dGate[i] = through * up[i] * (1 + x[i] * (1 - s[i]) * innerSlope(x[i], inner));
    dUp[i] = through * x[i];
  }
}

export const activationKernels: readonly KernelSpec[] = [
  {
    name: ACTIVATE,
    outputs: (call) => [call.input('x').shape],
    reference: activateReference,
    wasm: bySigmoid('x', 1, activateLoop, activateReference),
    gpu: gpu(ACT, 'x'),
    gradient: {
      inputs: ['x'],
      outputs: [],
      backward: ({ saved, dy, attrs }) => ({
        x: () => runKernel1(`${ACTIVATE}Grad`, { x: saved('x'), dy: dy(0) }, attrs),
      }),
    },
  },
  {
    name: `${ACTIVATE}Grad`,
    outputs: (call) => [call.input('x').shape],
    reference: activateGradReference,
    wasm: bySigmoid('x', 1, activateGradLoop, activateGradReference),
    gpu: gpu(ACT_GRAD, 'x', 'dy'),
  },
  {
    name: GATED,
    outputs: (call) => [call.input('gate').shape],
    reference: gatedReference,
    wasm: bySigmoid('gate', 1, gatedLoop, gatedReference),
    gpu: gpu(GATE, 'gate', 'up'),
    gradient: {
      inputs: ['gate', 'up'],
      outputs: [],
      backward: ({ saved, dy, attrs }) => {
        const inputs = { gate: saved('gate'), up: saved('up'), dy: dy(0) };
        const [dGate, dUp] = runKernel(`${GATED}Grad`, inputs, attrs);
        return { gate: () => dGate, up: () => dUp };
      },
    },
  },
  {
    name: `${GATED}Grad`,
    outputs: (call) => [call.input('gate').shape, call.input('gate').shape],
    reference: gatedGradReference,
    wasm: bySigmoid('gate', 2, gatedGradLoop, gatedGradReference),
    gpu: gpu(GATE_GRAD, 'gate', 'up', 'dy'),
  },
];
