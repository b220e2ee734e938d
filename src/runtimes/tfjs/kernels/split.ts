/**
 * @file Cuts a fused projection (N, groups * sum of sizes) into parts of (N, groups * size): side by side (GPT-2, Phi-3)
 * with one group, per head in turn (GPT-NeoX) with one group a head. The gradient puts the parts back.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel, runKernel1 } from './kernel.ts';

export const SPLIT = 'BootlaceSplit';
const JOIN = 'BootlaceJoin';
/** As many as any fused projection has. */
const PARTS = ['p0', 'p1', 'p2'] as const;
const SIZES = ['s0', 's1', 's2'] as const;

/** Attributes of both kernels: channels of each part in a group. */
export function splitAttrs(sizes: readonly number[], groups: number): Record<string, number> {
  return { groups, ...Object.fromEntries(SIZES.map((name, i) => [name, sizes[i] ?? 0])) };
}

const sizesOf = (call: KernelCall): readonly number[] =>
  SIZES.map((name) => call.attr(name)).filter((size) => size > 0);
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/** Visits each run of neighbouring channels: its place in the fused row, its part, its place there, its length. */
function eachRun(
  call: KernelCall,
  visit: (fusedAt: number, part: number, partAt: number, size: number) => void,
): void {
  const sizes = sizesOf(call);
  const groups = call.attr('groups');
  let at = 0;
  for (let group = 0; group < groups; group++) {
    for (const [part, size] of sizes.entries()) {
      visit(at, part, group * size, size);
      at += size;
    }
  }
}

function splitReference(call: HostCall): void {
  const [rows, columns] = call.matrix('x');
  const x = call.values('x');
  const widths = sizesOf(call).map((size) => size * call.attr('groups'));
  for (let row = 0; row < rows; row++) {
    eachRun(call, (from, part, to, size) => {
      const at = row * widths[part] + to;
      for (let i = 0; i < size; i++) call.out[part][at + i] = x[row * columns + from + i];
    });
  }
}

function joinReference(call: HostCall): void {
  const [rows] = call.matrix('p0');
  const widths = sizesOf(call).map((size) => size * call.attr('groups'));
  const columns = sum(widths);
  const parts = widths.map((_, i) => call.values(PARTS[i]));
  const [x] = call.out;
  for (let row = 0; row < rows; row++) {
    eachRun(call, (to, part, from, size) => {
      const at = row * widths[part] + from;
      for (let i = 0; i < size; i++) x[row * columns + to + i] = parts[part][at + i];
    });
  }
}

/** One thread for each channel of the fused matrix. */
function program(joins: boolean, count: number): GpuProgram {
  const parts = PARTS.slice(0, count);
  const access = (name: string, isWritten: boolean) => [name, isWritten ? 'write' : 'read'] as const;
  const move = (part: string, at: string) => (joins ? `x[i] = ${part}[${at}];` : `${part}[${at}] = x[i];`);
  const cases = parts.map((part, i) => {
    const size = `u.${SIZES[i]}`;
    const at = `(row * u.groups + group) * ${size} + offset`;
    return `if (offset < ${size}) { ${move(part, at)} return; }
  offset -= ${size};`;
  });
  return {
    name: `${joins ? 'join' : 'split'} ${count}`,
    buffers: joins
      ? [...parts.map((part) => access(part, false)), access('x', true)]
      : [access('x', false), ...parts.map((part) => access(part, true))],
    uniforms: (['size', 'groups', 'run', ...SIZES] as const).map((name) => [name, 'u32'] as const),
    workgroup: [64, 1],
    body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let columns = u.groups * u.run;
  let row = i / columns;
  let group = i % columns / u.run;
  var offset = i % u.run;
  ${cases.join('\n  ')}`,
  };
}
const GPU_SPLIT = [1, 2, 3].map((count) => program(false, count));
const GPU_JOIN = [1, 2, 3].map((count) => program(true, count));

function onGpu(
  programs: readonly GpuProgram[],
  call: KernelCall,
  buffers: readonly TensorInfo[],
  rows: number,
  runner: GpuRunner,
) {
  const sizes = sizesOf(call);
  const groups = call.attr('groups');
  const run = sum(sizes);
  const size = rows * groups * run;
  const uniforms = { size, run, ...splitAttrs(sizes, groups) };
  runner.run(programs[sizes.length - 1], [...buffers], uniforms, [Math.ceil(size / 64)]);
}

export const splitKernels: readonly KernelSpec[] = [
  {
    name: SPLIT,
    outputs: (call) => {
      const [rows] = call.matrix('x');
      return sizesOf(call).map((size) => [rows, size * call.attr('groups')]);
    },
    reference: splitReference,
    gpu: (call, out, runner) => {
      onGpu(GPU_SPLIT, call, [call.input('x'), ...out], call.matrix('x')[0], runner);
    },
    gradient: {
      inputs: [],
      outputs: [],
      backward: ({ dy, attrs }) => ({
        x: (): Tensor => {
          const parts = PARTS.filter((_, i) => Number(attrs[SIZES[i]]) > 0);
          return runKernel1(JOIN, Object.fromEntries(parts.map((part, i) => [part, dy(i)])), attrs);
        },
      }),
    },
  },
  {
    name: JOIN,
    outputs: (call) => [[call.matrix('p0')[0], sum(sizesOf(call)) * call.attr('groups')]],
    reference: joinReference,
    gpu: (call, out, runner) => {
      const parts = sizesOf(call).map((_, i) => call.input(PARTS[i]));
      onGpu(GPU_JOIN, call, [...parts, ...out], call.matrix('p0')[0], runner);
    },
    gradient: {
      inputs: [],
      outputs: [],
      backward: ({ dy, attrs }) => {
        const parts = runKernel(SPLIT, { x: dy(0) }, attrs);
        return Object.fromEntries(parts.map((part, i) => [PARTS[i], () => part]));
      },
    },
  },
];
