/**
 * @file Rotary position embedding in rotate-half layout: of each head's first `dim` channels, the pair (i, i + dim / 2)
 * is turned by the angle of its position. The gradient is the turn back. Tables: cos and sin (positions, dim / 2).
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel1 } from './kernel.ts';

export const ROPE = 'BootlaceRope';

/** Inputs x (B * length, heads * headDim), cos, sin; attributes length, headDim, dim, direction (1, or -1 for back). */
function reference(call: HostCall): void {
  const [rows, columns] = call.matrix('x');
  const x = call.values('x');
  const cos = call.values('cos');
  const sin = call.values('sin');
  const headDim = call.attr('headDim');
  const half = call.attr('dim') / 2;
  const direction = call.attr('direction');
  const length = call.attr('length');
  const [y] = call.out;
  y.set(x);
  for (let row = 0; row < rows; row++) {
    const angle = (row % length) * half;
    for (let head = row * columns; head < (row + 1) * columns; head += headDim) {
      for (let i = 0; i < half; i++) {
        const c = cos[angle + i];
        const s = direction * sin[angle + i];
        const first = x[head + i];
        const second = x[head + half + i];
        y[head + i] = first * c - second * s;
        y[head + half + i] = second * c + first * s;
      }
    }
  }
}

const PROGRAM: GpuProgram = {
  name: 'rope',
  buffers: [
    ['x', 'read'],
    ['cosTable', 'read'],
    ['sinTable', 'read'],
    ['y', 'write'],
  ],
  uniforms: [
    ['size', 'u32'],
    ['columns', 'u32'],
    ['headDim', 'u32'],
    ['dimHalf', 'u32'],
    ['length', 'u32'],
    ['direction', 'f32'],
  ],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let channel = i % u.columns % u.headDim;
  if (channel >= 2u * u.dimHalf) { y[i] = x[i]; return; }
  let isSecond = channel >= u.dimHalf;
  let at = (i / u.columns) % u.length * u.dimHalf + select(channel, channel - u.dimHalf, isSecond);
  let s = u.direction * sinTable[at];
  if (isSecond) { y[i] = x[i] * cosTable[at] + x[i - u.dimHalf] * s; }
  else { y[i] = x[i] * cosTable[at] - x[i + u.dimHalf] * s; }`,
};

function gpu(call: KernelCall, [y]: readonly TensorInfo[], runner: GpuRunner): void {
  const size = util.sizeFromShape(call.input('x').shape);
  runner.run(
    PROGRAM,
    [call.input('x'), call.input('cos'), call.input('sin'), y],
    {
      size,
      columns: call.matrix('x')[1],
      headDim: call.attr('headDim'),
      dimHalf: call.attr('dim') / 2,
      length: call.attr('length'),
      direction: call.attr('direction'),
    },
    [Math.ceil(size / 64)],
  );
}

export const ropeKernels: readonly KernelSpec[] = [
  {
    name: ROPE,
    outputs: (call) => [call.input('x').shape],
    reference,
    gpu,
    gradient: {
      inputs: ['cos', 'sin'],
      outputs: [],
      backward: (context) => ({
        x: () =>
          runKernel1(
            ROPE,
            { x: context.dy(0), cos: context.saved('cos'), sin: context.saved('sin') },
            { ...context.attrs, direction: -Number(context.attrs.direction) },
          ),
      }),
    },
  },
];
