/**
 * @file Elementwise functions, alone and gated: y = f(x), and y = f(gate) * up. One entry a function; host loops, shaders
 * and both gradients come from it.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec, Values, WasmTools } from './kernel.ts';
import { runKernel, runKernel1 } from './kernel.ts';

export const MAP = 'BootlaceMap';
export const GATED = 'BootlaceGated';

/** The functions of models/ops.ts; a kernel's attribute `f` is an index into these. */
export const ELEMENTWISE = ['silu', 'gelu', 'gelu_tanh', 'relu', 'scale', 'softcap'] as const;

/** f and its derivative at x; `by` is the function's number, where it has one. */
type Scalar = (x: number, by: number) => number;

interface Entry {
  readonly value: Scalar;
  readonly derivative: Scalar;
  /** WGSL that declares `fn act(x: f32, by: f32) -> f32` and `fn slope(x: f32, by: f32) -> f32`. */
  readonly wgsl: string;
  /** Where f(x) = x sigmoid(inner(x)): XNNPACK's sigmoid is vectorised, Math.exp is not. Absent: inner(x) = x. */
  readonly gate?: { readonly inner?: Scalar; readonly innerSlope: Scalar };
}

const ERF_P = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
  -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
];
const ERF_Q = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
  -1.42647390514189e-2,
];

/** A rational minimax approximation (error below 7e-8) that the shader shares. */
function erf(value: number): number {
  const x = Math.max(-4, Math.min(4, value));
  const square = x * x;
  let p = 0;
  for (const c of ERF_P) p = p * square + c;
  let q = 0;
  for (const c of ERF_Q) q = q * square + c;
  return (x * p) / q;
}

const horner = (coefficients: readonly number[]) =>
  coefficients.reduce((code, c) => (code === '' ? `f32(${c})` : `(${code} * square + f32(${c}))`), '');

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const ENTRIES: Readonly<Record<(typeof ELEMENTWISE)[number], Entry>> = {
  silu: {
    value: (x) => x * sigmoid(x),
    derivative: (x) => {
      const s = sigmoid(x);
      return s * (1 + x * (1 - s));
    },
    wgsl: `fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-max(x, -80.0))); }
fn act(x: f32, by: f32) -> f32 { return x * sigmoid(x); }
fn slope(x: f32, by: f32) -> f32 { let s = sigmoid(x); return s * (1.0 + x * (1.0 - s)); }`,
    gate: { innerSlope: () => 1 },
  },
  /** The exact one. */
  gelu: {
    value: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    derivative: (x) =>
      0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
    wgsl: `fn erf(value: f32) -> f32 {
  let x = clamp(value, -4.0, 4.0);
  let square = x * x;
  return x * ${horner(ERF_P)} / ${horner(ERF_Q)};
}
fn act(x: f32, by: f32) -> f32 { return 0.5 * x * (1.0 + erf(x * ${Math.SQRT1_2})); }
fn slope(x: f32, by: f32) -> f32 {
  return 0.5 * (1.0 + erf(x * ${Math.SQRT1_2})) + x * exp(-0.5 * min(x * x, 150.0)) * ${1 / Math.sqrt(2 * Math.PI)};
}`,
  },
  gelu_tanh: {
    value: (x) => 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x))),
    derivative: (x) => {
      const t = Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
    },
    // tanh is bounded: some drivers overflow in it beyond +-10 or so.
    wgsl: `fn bend(x: f32) -> f32 { return tanh(clamp(${SQRT_2_OVER_PI} * (x + ${CUBIC} * x * x * x), -10.0, 10.0)); }
fn act(x: f32, by: f32) -> f32 { return 0.5 * x * (1.0 + bend(x)); }
fn slope(x: f32, by: f32) -> f32 {
  let t = bend(x);
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ${SQRT_2_OVER_PI} * (1.0 + ${3 * CUBIC} * x * x);
}`,
    gate: {
      inner: (x) => 2 * SQRT_2_OVER_PI * (x + CUBIC * x * x * x),
      innerSlope: (x) => 2 * SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x),
    },
  },
  relu: {
    value: (x) => Math.max(0, x),
    derivative: (x) => (x > 0 ? 1 : 0),
    wgsl: `fn act(x: f32, by: f32) -> f32 { return max(x, 0.0); }
fn slope(x: f32, by: f32) -> f32 { return select(0.0, 1.0, x > 0.0); }`,
  },
  scale: {
    value: (x, by) => x * by,
    derivative: (_, by) => by,
    wgsl: `fn act(x: f32, by: f32) -> f32 { return x * by; }
fn slope(x: f32, by: f32) -> f32 { return by; }`,
  },
  softcap: {
    value: (x, by) => by * Math.tanh(x / by),
    derivative: (x, by) => 1 - Math.tanh(x / by) ** 2,
    wgsl: `fn act(x: f32, by: f32) -> f32 { return by * tanh(clamp(x / by, -10.0, 10.0)); }
fn slope(x: f32, by: f32) -> f32 { let t = tanh(clamp(x / by, -10.0, 10.0)); return 1.0 - t * t; }`,
  },
};

const ALL: readonly Entry[] = ELEMENTWISE.map((name) => ENTRIES[name]);

const entryOf = (call: KernelCall): Entry => ALL[call.attr('f')];

const FLAT = `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }`;

/** A program per function over the named buffers. */
function programs(
  name: string,
  reads: readonly string[],
  writes: readonly string[],
  body: string,
): GpuProgram[] {
  return ALL.map(({ wgsl }, i) => ({
    name: `${name} ${ELEMENTWISE[i] ?? ''}`,
    buffers: [...reads.map((x) => [x, 'read'] as const), ...writes.map((x) => [x, 'write'] as const)],
    uniforms: [
      ['size', 'u32'],
      ['by', 'f32'],
    ],
    workgroup: [64, 1],
    declarations: wgsl,
    body: FLAT + body,
  }));
}

const MAPPED = programs('map', ['x'], ['y'], 'y[i] = act(x[i], u.by);');
const MAPPED_GRAD = programs('map gradient', ['x', 'dy'], ['dx'], 'dx[i] = dy[i] * slope(x[i], u.by);');
const GATE = programs('gated', ['gate', 'up'], ['y'], 'y[i] = act(gate[i], u.by) * up[i];');
const GATE_GRAD = programs(
  'gated gradient',
  ['gate', 'up', 'dy'],
  ['dGate', 'dUp'],
  'dGate[i] = dy[i] * up[i] * slope(gate[i], u.by); dUp[i] = dy[i] * act(gate[i], u.by);',
);

const gpu =
  (variants: readonly GpuProgram[], ...inputs: readonly string[]) =>
  (call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void => {
    const size = util.sizeFromShape(call.input(inputs[0]).shape);
    runner.run(
      variants[call.attr('f')],
      [...inputs.map((name) => call.input(name)), ...out],
      { size, by: call.attr('by') },
      [Math.ceil(size / 64)],
    );
  };

function mapReference(call: HostCall): void {
  const { value } = entryOf(call);
  const by = call.attr('by');
  const x = call.values('x');
  const [y] = call.out;
  for (let i = 0; i < x.length; i++) y[i] = value(x[i], by);
}

function mapGradReference(call: HostCall): void {
  const { derivative } = entryOf(call);
  const by = call.attr('by');
  const x = call.values('x');
  const dy = call.values('dy');
  const [dx] = call.out;
  for (let i = 0; i < x.length; i++) dx[i] = dy[i] * derivative(x[i], by);
}

function gatedReference(call: HostCall): void {
  const { value } = entryOf(call);
  const by = call.attr('by');
  const gate = call.values('gate');
  const up = call.values('up');
  const [y] = call.out;
  for (let i = 0; i < gate.length; i++) y[i] = value(gate[i], by) * up[i];
}

function gatedGradReference(call: HostCall): void {
  const { value, derivative } = entryOf(call);
  const by = call.attr('by');
  const gate = call.values('gate');
  const up = call.values('up');
  const dy = call.values('dy');
  const [dGate, dUp] = call.out;
  for (let i = 0; i < gate.length; i++) {
    dGate[i] = dy[i] * up[i] * derivative(gate[i], by);
    dUp[i] = dy[i] * value(gate[i], by);
  }
}

// ---------------------------------------------------------------- wasm

/** sigmoid(inner(x)) for functions that are x times it; undefined for the others. */
function sigmoidOf(call: KernelCall, tools: WasmTools, name: string): TensorInfo | undefined {
  const { gate } = entryOf(call);
  const x = call.input(name);
  if (gate === undefined) return undefined;
  if (gate.inner === undefined) return tools.sigmoid(x);
  const inner = tools.allocate(x.shape);
  const values = tools.values(x);
  const out = tools.values(inner);
  for (let i = 0; i < out.length; i++) out[i] = gate.inner(values[i], 1);
  const s = tools.sigmoid(inner);
  tools.free(inner);
  return s;
}

interface SigmoidArrays {
  readonly call: HostCall;
  readonly x: Values;
  readonly s: Values;
  /** d(inner) / dx. */
  readonly innerSlope: Scalar;
  readonly out: readonly Float32Array[];
}

/** Runs `loop` over sigmoids and outputs, or the reference where the function has no sigmoid. */
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
    const { gate } = entryOf(call);
    if (s === undefined || gate === undefined) {
      reference(host);
      return infos;
    }
    const { innerSlope } = gate;
    loop({ call: host, x: host.values(name), s: tools.values(s), innerSlope, out: host.out });
    tools.free(s);
    return infos;
  };

function mapLoop({ x, s, out: [y] }: SigmoidArrays): void {
  for (let i = 0; i < y.length; i++) y[i] = x[i] * s[i];
}

function mapGradLoop({ call, x, s, innerSlope, out: [dx] }: SigmoidArrays): void {
  const dy = call.values('dy');
  for (let i = 0; i < dx.length; i++) {
    dx[i] = dy[i] * s[i] * (1 + x[i] * (1 - s[i]) * innerSlope(x[i], 1));
  }
}

function gatedLoop({ call, x, s, out: [y] }: SigmoidArrays): void {
  const up = call.values('up');
  for (let i = 0; i < y.length; i++) y[i] = x[i] * s[i] * up[i];
}

function gatedGradLoop({ call, x, s, innerSlope, out: [dGate, dUp] }: SigmoidArrays): void {
  const up = call.values('up');
  const dy = call.values('dy');
  for (let i = 0; i < dGate.length; i++) {
    const through = dy[i] * s[i];
    dGate[i] = through * up[i] * (1 + x[i] * (1 - s[i]) * innerSlope(x[i], 1));
    dUp[i] = through * x[i];
  }
}

export const elementwiseKernels: readonly KernelSpec[] = [
  {
    name: MAP,
    outputs: (call) => [call.input('x').shape],
    reference: mapReference,
    wasm: bySigmoid('x', 1, mapLoop, mapReference),
    gpu: gpu(MAPPED, 'x'),
    gradient: {
      inputs: ['x'],
      outputs: [],
      backward: ({ saved, dy, attrs }) => ({
        x: () => runKernel1(`${MAP}Grad`, { x: saved('x'), dy: dy(0) }, attrs),
      }),
    },
  },
  {
    name: `${MAP}Grad`,
    outputs: (call) => [call.input('x').shape],
    reference: mapGradReference,
    wasm: bySigmoid('x', 1, mapGradLoop, mapGradReference),
    gpu: gpu(MAPPED_GRAD, 'x', 'dy'),
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
