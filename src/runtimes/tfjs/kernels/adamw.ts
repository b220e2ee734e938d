/**
 * @file AdamW over one flat vector (Loshchilov & Hutter, arXiv 1711.05101), as torch.optim.AdamW computes it: decay first,
 * p <- p (1 - lr wd), then p <- p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps). Everything happens in place.
 * The gradient arrives as (splits, parameters): GRAD_NORM sums the splits into the first row and leaves partial sums
 * of squares, from which the caller takes norm and clipping factor.
 */
import { util } from '@tensorflow/tfjs-core';
import type { GpuProgram } from './gpu-runner.ts';
import type { HostCall, KernelSpec } from './kernel.ts';

export const ADAMW = 'BootlaceAdamW';
export const GRAD_NORM = 'BootlaceGradNorm';

/** Partial sums of squares that GRAD_NORM leaves. */
const PARTIALS = 256;

/** Inputs params, m, v (P) and grads (splits, P). */
function adamwReference(call: HostCall): void {
  const params = call.values('params');
  const m = call.values('m');
  const v = call.values('v');
  const grads = call.values('grads');
  const beta1 = call.attr('beta1');
  const beta2 = call.attr('beta2');
  const gradientScale = call.attr('gradientScale');
  const decay = call.attr('decay');
  const epsilon = call.attr('epsilon');
  const stepSize = call.attr('stepSize');
  const rootCorrection2 = call.attr('rootCorrection2');
  for (let i = 0; i < params.length; i++) {
    const g = grads[i] * gradientScale;
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    params[i] = params[i] * decay - (stepSize * m[i]) / (Math.sqrt(v[i]) / rootCorrection2 + epsilon);
  }
}

const ADAMW_PROGRAM: GpuProgram = {
  name: 'adamw',
  buffers: [
    ['params', 'write'],
    ['m', 'write'],
    ['v', 'write'],
    ['grads', 'read'],
  ],
  uniforms: [
    ['size', 'u32'],
    ['beta1', 'f32'],
    ['beta2', 'f32'],
    // 1 - beta is formed in float64: 1 - f32(0.999) is off by 1e-5 of itself.
    ['rest1', 'f32'],
    ['rest2', 'f32'],
    ['gradientScale', 'f32'],
    ['decay', 'f32'],
    ['epsilon', 'f32'],
    ['stepSize', 'f32'],
    ['rootCorrection2', 'f32'],
  ],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let g = grads[i] * u.gradientScale;
  let first = u.beta1 * m[i] + u.rest1 * g;
  let second = u.beta2 * v[i] + u.rest2 * g * g;
  m[i] = first;
  v[i] = second;
  params[i] = params[i] * u.decay - u.stepSize * first / (sqrt(second) / u.rootCorrection2 + u.epsilon);`,
};

function gradNormReference(call: HostCall): void {
  const grads = call.values('grads');
  const parameters = call.attr('parameters');
  const [partials] = call.out;
  let sum = 0;
  for (let i = 0; i < parameters; i++) {
    let g = grads[i];
    for (let at = i + parameters; at < grads.length; at += parameters) {
      g += grads[at];
      grads[at] = 0;
    }
    grads[i] = g;
    sum += g * g;
  }
  partials[0] = sum;
}

const GRAD_NORM_PROGRAM: GpuProgram = {
  name: 'gradient norm',
  buffers: [
    ['grads', 'write'],
    ['partials', 'write'],
  ],
  uniforms: [
    ['parameters', 'u32'],
    ['splits', 'u32'],
  ],
  workgroup: [64, 1],
  declarations: 'var<workgroup> partial: array<f32, 64>;',
  body: `
  var sum = 0.0;
  for (var i = flatGroup * 64u + lane; i < u.parameters; i += ${PARTIALS * 64}u) {
    var g = grads[i];
    for (var split = 1u; split < u.splits; split++) {
      let at = split * u.parameters + i;
      g += grads[at];
      // So that the sum is not counted again if the norm is asked for twice.
      grads[at] = 0.0;
    }
    grads[i] = g;
    sum += g * g;
  }
  partial[lane] = sum;
  workgroupBarrier();
  for (var width = 32u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] += partial[lane + width]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partials[flatGroup] = partial[0]; }`,
};

export const adamwKernels: readonly KernelSpec[] = [
  {
    name: ADAMW,
    outputs: () => [],
    reference: adamwReference,
    gpu: (call, _, runner) => {
      const size = util.sizeFromShape(call.input('params').shape);
      const attrs = ['beta1', 'beta2', 'gradientScale', 'decay', 'epsilon', 'stepSize', 'rootCorrection2'];
      runner.run(
        ADAMW_PROGRAM,
        ['params', 'm', 'v', 'grads'].map((name) => call.input(name)),
        {
          size,
          rest1: 1 - call.attr('beta1'),
          rest2: 1 - call.attr('beta2'),
          ...Object.fromEntries(attrs.map((name) => [name, call.attr(name)])),
        },
        [Math.ceil(size / 64)],
      );
    },
  },
  {
    name: GRAD_NORM,
    outputs: () => [[PARTIALS]],
    reference: gradNormReference,
    gpu: (call, [partials], runner) => {
      const parameters = call.attr('parameters');
      const splits = util.sizeFromShape(call.input('grads').shape) / parameters;
      runner.run(GRAD_NORM_PROGRAM, [call.input('grads'), partials], { parameters, splits }, [PARTIALS]);
    },
  },
];
