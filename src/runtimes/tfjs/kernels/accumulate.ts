/** @file Elementwise sums, in place (`sum` += `x`) and not (y = a + b), and filling with zeros in place. */
import { clone, util } from '@tensorflow/tfjs-core';
import type { GpuProgram } from './gpu-runner.ts';
import type { KernelSpec } from './kernel.ts';

export const ADD = 'BootlaceAdd';
export const ADD_INTO = 'BootlaceAddInto';
export const ZERO = 'BootlaceZero';

const flat = (name: string, buffers: GpuProgram['buffers'], body: string): GpuProgram => ({
  name,
  buffers,
  uniforms: [['size', 'u32']],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  ${body}`,
});

const ADD_PROGRAM = flat(
  'add',
  [
    ['a', 'read'],
    ['b', 'read'],
    ['y', 'write'],
  ],
  'y[i] = a[i] + b[i];',
);
const ADD_INTO_PROGRAM = flat(
  'add into',
  [
    ['sum', 'write'],
    ['x', 'read'],
  ],
  'sum[i] += x[i];',
);
const ZERO_PROGRAM = flat('zero', [['x', 'write']], 'x[i] = 0.0;');

export const accumulateKernels: readonly KernelSpec[] = [
  {
    name: ADD,
    outputs: (call) => [call.input('a').shape],
    reference: (call) => {
      const a = call.values('a');
      const b = call.values('b');
      const [y] = call.out;
      for (let i = 0; i < a.length; i++) y[i] = a[i] + b[i];
    },
    gpu: (call, out, runner) => {
      const size = util.sizeFromShape(call.input('a').shape);
      runner.run(ADD_PROGRAM, [call.input('a'), call.input('b'), ...out], { size }, [Math.ceil(size / 64)]);
    },
    gradient: {
      inputs: [],
      outputs: [],
      backward: ({ dy }) => ({ a: () => clone(dy(0)), b: () => clone(dy(0)) }),
    },
  },
  {
    name: ADD_INTO,
    outputs: () => [],
    reference: (call) => {
      const sum = call.values('sum');
      const x = call.values('x');
      for (let i = 0; i < x.length; i++) sum[i] += x[i];
    },
    gpu: (call, _, runner) => {
      const size = util.sizeFromShape(call.input('x').shape);
      runner.run(ADD_INTO_PROGRAM, [call.input('sum'), call.input('x')], { size }, [Math.ceil(size / 64)]);
    },
  },
  {
    name: ZERO,
    outputs: () => [],
    reference: (call) => {
      call.values('x').fill(0);
    },
    gpu: (call, _, runner) => {
      const size = util.sizeFromShape(call.input('x').shape);
      runner.run(ZERO_PROGRAM, [call.input('x')], { size }, [Math.ceil(size / 64)]);
    },
  },
];
