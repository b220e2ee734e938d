/**
 * @file Rows of a matrix by index: y[i] = x[index[i]], and zeros where the index is -1. Forward it is the embedding
 * and the choice of the rows whose logits are wanted; with the inverse index it is the latter's own gradient, so no
 * scattered addition is needed.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import { unpack } from './held.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel1 } from './kernel.ts';

export const GATHER = 'BootlaceGather';

/** Inputs: x (R, C) or, with attribute held, on wasm alone, a weight of another type (held.ts) with attribute columns; index (N) int32, inverse (R) int32 (only the gradient reads it: of each row of x, the row of y that
 * holds it, or -1). Output (N, C). */
function reference(call: HostCall): void {
  const columns = columnsOf(call);
  const held = call.attr('held');
  const x = call.values('x');
  const [y] = call.out;
  if (held !== 0) {
    for (const [i, row] of call.values('index').entries()) {
      const part = { row, rows: 1, column: 0, columns };
      unpack(held, x, columns, part, y.subarray(i * columns, (i + 1) * columns));
    }
    return;
  }
  for (const [i, row] of call.values('index').entries()) {
    if (row >= 0) for (let j = 0; j < columns; j++) y[i * columns + j] = x[row * columns + j];
  }
}

const columnsOf = (call: KernelCall): number =>
  call.attr('held') === 0 ? call.matrix('x')[1] : call.attr('columns');

const PROGRAM: GpuProgram = {
  name: 'gather',
  buffers: [
    ['x', 'read'],
    ['index', 'read', 'i32'],
    ['y', 'write'],
  ],
  uniforms: [
    ['size', 'u32'],
    ['columns', 'u32'],
  ],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let row = index[i / u.columns];
  if (row < 0) { y[i] = 0.0; } else { y[i] = x[u32(row) * u.columns + i % u.columns]; }`,
};

function gpu(call: KernelCall, [y]: readonly TensorInfo[], runner: GpuRunner): void {
  const [, columns] = call.matrix('x');
  const [rows] = call.matrix('index');
  const size = rows * columns;
  runner.run(PROGRAM, [call.input('x'), call.input('index'), y], { size, columns }, [Math.ceil(size / 64)]);
}

export const gatherKernels: readonly KernelSpec[] = [
  {
    name: GATHER,
    outputs: (call) => [[call.matrix('index')[0], columnsOf(call)]],
    reference,
    gpu,
    gradient: {
      inputs: ['index', 'inverse'],
      outputs: [],
      backward: (context) => ({
        x: () =>
          runKernel1(
            GATHER,
            { x: context.dy(0), index: context.saved('inverse'), inverse: context.saved('index') },
            { held: 0 },
          ),
      }),
    },
  },
];
