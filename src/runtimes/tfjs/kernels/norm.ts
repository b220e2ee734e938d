/**
 * @file RMSNorm and LayerNorm over groups of C channels, C the length of the frozen weight, so that a head-sized
 * weight normalises each head:
 *
 *   RMSNorm    y = x / sqrt(mean(x^2) + eps) * weight
 *   LayerNorm  y = (x - mean) / sqrt(var + eps) * weight + bias
 *
 * With h the normalised x and g = dy * weight, dx = (g - mean(g) - h mean(g h)) / sd; RMSNorm lacks the mean(g) term.
 * Sums run in float64 here and in a tree of float32 on the GPU.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelGradient, KernelSpec } from './kernel.ts';
import { runKernel } from './kernel.ts';
import { THREADS, WORKGROUP_SUM } from './workgroup-sum.ts';

export const RMS_NORM = 'BootlaceRmsNorm';
export const LAYER_NORM = 'BootlaceLayerNorm';

const channelsOf = (call: KernelCall) => util.sizeFromShape(call.input('weight').shape);

function forwardReference(centred: boolean): (call: HostCall) => void {
  return (call) => {
    const channels = channelsOf(call);
    const x = call.values('x');
    const weight = call.values('weight');
    const bias = call.optionalValues('bias');
    const eps = call.attr('eps');
    const [y] = call.out;
    for (let at = 0; at < x.length; at += channels) {
      const { mean, scale } = moments(x, at, channels, eps, centred);
      for (let j = 0; j < channels; j++) {
        const normed = (x[at + j] - mean) * scale * weight[j];
        y[at + j] = bias === undefined ? normed : normed + bias[j];
      }
    }
  };
}

function moments(x: ArrayLike<number>, at: number, channels: number, eps: number, centred: boolean) {
  let mean = 0;
  if (centred) {
    for (let j = 0; j < channels; j++) mean += x[at + j];
    mean /= channels;
  }
  let square = 0;
  for (let j = 0; j < channels; j++) square += (x[at + j] - mean) ** 2;
  return { mean, scale: 1 / Math.sqrt(square / channels + eps) };
}

/** Inputs x, weight, dy, into?; output dx where `into` is absent, else `into` += dx. */
function backwardReference(centred: boolean): (call: HostCall) => void {
  return (call) => {
    const channels = channelsOf(call);
    const x = call.values('x');
    const weight = call.values('weight');
    const dy = call.values('dy');
    const eps = call.attr('eps');
    const dx = call.optionalValues('into') ?? call.out[0];
    for (let at = 0; at < x.length; at += channels) {
      const { mean, scale } = moments(x, at, channels, eps, centred);
      let sum = 0;
      let product = 0;
      for (let j = 0; j < channels; j++) {
        const g = dy[at + j] * weight[j];
        sum += g;
        product += g * (x[at + j] - mean) * scale;
      }
      const sumTerm = centred ? sum / channels : 0;
      product /= channels;
      for (let j = 0; j < channels; j++) {
        const h = (x[at + j] - mean) * scale;
        dx[at + j] += (dy[at + j] * weight[j] - sumTerm - h * product) * scale;
      }
    }
  };
}

const MOMENTS = (centred: boolean) => `
  if (flatGroup >= u.groupCount) { return; }
  let at = flatGroup * u.channels;
  let count = f32(u.channels);
  var mean = 0.0;
  ${
    centred
      ? `var sum = 0.0;
  for (var j = lane; j < u.channels; j += ${THREADS}u) { sum += x[at + j]; }
  mean = total(sum, lane) / count;`
      : ''
  }
  var square = 0.0;
  for (var j = lane; j < u.channels; j += ${THREADS}u) { let d = x[at + j] - mean; square += d * d; }
  let scale = 1.0 / sqrt(total(square, lane) / count + u.eps);`;

const UNIFORMS = [
  ['groupCount', 'u32'],
  ['channels', 'u32'],
  ['eps', 'f32'],
] as const;

const forwardProgram = (centred: boolean): GpuProgram => ({
  name: `norm ${centred ? 'layer' : 'rms'}`,
  buffers: [
    ['x', 'read'],
    ['weight', 'read'],
    ...(centred ? ([['bias', 'read']] as const) : []),
    ['y', 'write'],
  ],
  uniforms: UNIFORMS,
  // One workgroup a group of channels.
  workgroup: [THREADS, 1],
  declarations: WORKGROUP_SUM,
  body: `${MOMENTS(centred)}
  for (var j = lane; j < u.channels; j += ${THREADS}u) {
    y[at + j] = (x[at + j] - mean) * scale * weight[j]${centred ? ' + bias[j]' : ''};
  }`,
});

const backwardProgram = (centred: boolean, accumulate: boolean): GpuProgram => ({
  name: `norm gradient ${centred ? 'layer' : 'rms'} ${accumulate ? 'into' : ''}`,
  buffers: [
    ['x', 'read'],
    ['weight', 'read'],
    ['dy', 'read'],
    ['dx', 'write'],
  ],
  uniforms: UNIFORMS,
  workgroup: [THREADS, 1],
  declarations: WORKGROUP_SUM,
  body: `${MOMENTS(centred)}
  var sumPart = 0.0;
  var productPart = 0.0;
  for (var j = lane; j < u.channels; j += ${THREADS}u) {
    let g = dy[at + j] * weight[j];
    sumPart += g;
    productPart += g * (x[at + j] - mean) * scale;
  }
  let sumTerm = ${centred ? 'total(sumPart, lane) / count' : '0.0'};
  let product = total(productPart, lane) / count;
  for (var j = lane; j < u.channels; j += ${THREADS}u) {
    let h = (x[at + j] - mean) * scale;
    let value = (dy[at + j] * weight[j] - sumTerm - h * product) * scale;
    dx[at + j] ${accumulate ? '+=' : '='} value;
  }`,
});

const FORWARD = { rms: forwardProgram(false), layer: forwardProgram(true) };
const BACKWARD = {
  rms: [backwardProgram(false, false), backwardProgram(false, true)],
  layer: [backwardProgram(true, false), backwardProgram(true, true)],
} as const;

function uniformsOf(call: KernelCall) {
  const channels = channelsOf(call);
  return {
    groupCount: util.sizeFromShape(call.input('x').shape) / channels,
    channels,
    eps: call.attr('eps'),
  };
}

function forwardGpu(kind: 'rms' | 'layer') {
  return (call: KernelCall, [y]: readonly TensorInfo[], runner: GpuRunner): void => {
    const uniforms = uniformsOf(call);
    const bias = kind === 'layer' ? [call.input('bias')] : [];
    runner.run(FORWARD[kind], [call.input('x'), call.input('weight'), ...bias, y], uniforms, [
      uniforms.groupCount,
    ]);
  };
}

function backwardGpu(kind: 'rms' | 'layer') {
  return (call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void => {
    const uniforms = uniformsOf(call);
    const into = call.optional('into');
    runner.run(
      BACKWARD[kind][into === undefined ? 0 : 1],
      [call.input('x'), call.input('weight'), call.input('dy'), into ?? out[0]],
      uniforms,
      [uniforms.groupCount],
    );
  };
}

const gradient = (name: string): KernelGradient => ({
  inputs: ['x', 'weight'],
  outputs: [],
  backward: (context) => ({
    x: () => {
      const into = context.into('x');
      const [dx] = runKernel(
        name,
        { x: context.saved('x'), weight: context.saved('weight'), dy: context.dy(0), into },
        context.attrs,
      );
      return into ?? dx;
    },
  }),
});

const kernels = (kind: 'rms' | 'layer', name: string): readonly KernelSpec[] => [
  {
    name,
    outputs: (call) => [call.input('x').shape],
    reference: forwardReference(kind === 'layer'),
    gpu: forwardGpu(kind),
    gradient: gradient(`${name}Grad`),
  },
  {
    name: `${name}Grad`,
    outputs: (call) => (call.optional('into') === undefined ? [call.input('x').shape] : []),
    reference: backwardReference(kind === 'layer'),
    gpu: backwardGpu(kind),
  },
];

export const normKernels: readonly KernelSpec[] = [
  ...kernels('rms', RMS_NORM),
  ...kernels('layer', LAYER_NORM),
];
