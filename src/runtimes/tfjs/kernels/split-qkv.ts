/**
 * @file Cuts a fused projection (N, 3C) into q, k and v (N, C): three blocks side by side, or per head in turn (GPT-NeoX).
 * One head over all C channels is the block layout, so `heads` = 1 says it. The gradient puts the three back.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel, runKernel1 } from './kernel.ts';

export const SPLIT_QKV = 'BootlaceSplitQkv';
const JOIN_QKV = 'BootlaceJoinQkv';
const PARTS = ['q', 'k', 'v'] as const;

/** Copies runs of `size` channels between part p and its place in the fused matrix. */
function eachRun(
  fused: number,
  heads: number,
  visit: (fusedAt: number, part: number, partAt: number) => void,
) {
  const size = fused / 3 / heads;
  for (let head = 0; head < heads; head++) {
    for (let part = 0; part < 3; part++) visit((head * 3 + part) * size, part, head * size);
  }
}

function splitReference(call: HostCall): void {
  const [rows, columns] = call.matrix('x');
  const x = call.values('x');
  const heads = call.attr('heads');
  const size = columns / 3 / heads;
  for (let row = 0; row < rows; row++) {
    eachRun(columns, heads, (from, part, to) => {
      for (let i = 0; i < size; i++)
        call.out[part][(row * columns) / 3 + to + i] = x[row * columns + from + i];
    });
  }
}

function joinReference(call: HostCall): void {
  const [rows, third] = call.matrix('q');
  const parts = PARTS.map((name) => call.values(name));
  const [x] = call.out;
  const heads = call.attr('heads');
  const size = third / heads;
  for (let row = 0; row < rows; row++) {
    eachRun(3 * third, heads, (to, part, from) => {
      for (let i = 0; i < size; i++) x[row * 3 * third + to + i] = parts[part][row * third + from + i];
    });
  }
}

const program = (name: string, joins: boolean): GpuProgram => ({
  name,
  buffers: joins
    ? [
        ['q', 'read'],
        ['k', 'read'],
        ['v', 'read'],
        ['x', 'write'],
      ]
    : [
        ['x', 'read'],
        ['q', 'write'],
        ['k', 'write'],
        ['v', 'write'],
      ],
  uniforms: [
    ['size', 'u32'],
    ['third', 'u32'],
    ['run', 'u32'],
  ],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let at = i / u.third * 3u * u.third + i % u.third / u.run * 3u * u.run + i % u.run;
  ${
    joins
      ? 'x[at] = q[i]; x[at + u.run] = k[i]; x[at + 2u * u.run] = v[i];'
      : 'q[i] = x[at]; k[i] = x[at + u.run]; v[i] = x[at + 2u * u.run];'
  }`,
});
const SPLIT = program('split qkv', false);
const JOIN = program('join qkv', true);

function gpu(
  runner: GpuRunner,
  code: GpuProgram,
  buffers: TensorInfo[],
  rows: number,
  third: number,
  heads: number,
) {
  runner.run(code, buffers, { size: rows * third, third, run: third / heads }, [
    Math.ceil((rows * third) / 64),
  ]);
}

const third = (call: KernelCall): [number, number] => {
  const [rows, columns] = call.matrix('x');
  return [rows, columns / 3];
};

export const splitQkvKernels: readonly KernelSpec[] = [
  {
    name: SPLIT_QKV,
    outputs: (call) => [third(call), third(call), third(call)],
    reference: splitReference,
    gpu: (call, out, runner) => {
      gpu(runner, SPLIT, [call.input('x'), ...out], ...third(call), call.attr('heads'));
    },
    gradient: {
      inputs: [],
      outputs: [],
      backward: ({ dy, attrs }) => ({
        x: (): Tensor => runKernel1(JOIN_QKV, { q: dy(0), k: dy(1), v: dy(2) }, attrs),
      }),
    },
  },
  {
    name: JOIN_QKV,
    outputs: (call) => {
      const [rows, columns] = call.matrix('q');
      return [[rows, 3 * columns]];
    },
    reference: joinReference,
    gpu: (call, out, runner) => {
      gpu(
        runner,
        JOIN,
        [...PARTS.map((name) => call.input(name)), ...out],
        ...call.matrix('q'),
        call.attr('heads'),
      );
    },
    gradient: {
      inputs: [],
      outputs: [],
      backward: ({ dy, attrs }) => {
        const [q, k, v] = runKernel(SPLIT_QKV, { x: dy(0) }, attrs);
        return { q: () => q, k: () => k, v: () => v };
      },
    },
  },
];
