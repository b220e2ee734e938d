/** @file The linear layer with LoRA in WGSL: products with the update in their epilogue, and the gradients of A and B. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { MIX32_WGSL } from './dropout-wgsl.ts';
import { runMatMul } from './gpu-matmul.ts';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { KernelCall } from './kernel.ts';

export function linearGpu(call: KernelCall, [y, narrow]: readonly TensorInfo[], runner: GpuRunner): void {
  const [rows, inFeatures] = call.matrix('x');
  const x = call.input('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const drops = call.attr('dropThreshold') !== 0;
  const lora = call.optional('lora');
  const bias = call.optional('bias');
  const residual = call.optional('residual');
  const outIn = call.attr('outIn') === 1;
  if (r > 0 && lora !== undefined) {
    runMatMul(
      runner,
      { aLayout: 'mk', bLayout: 'nk', ...(drops ? { dropout: 'a' } : {}) },
      {
        m: rows,
        n: r,
        k: inFeatures,
        aRow: inFeatures,
        bRow: inFeatures,
        cRow: r,
        bStart: call.attr('aOffset'),
      },
      [x, lora, narrow],
      dropUniforms(call),
    );
  }
  runMatMul(
    runner,
    {
      aLayout: 'mk',
      bLayout: outIn ? 'nk' : 'kn',
      bias: bias !== undefined,
      lora: r > 0,
      residual: residual !== undefined,
    },
    { m: rows, n, k: inFeatures, aRow: inFeatures, bRow: outIn ? inFeatures : n, cRow: n },
    [
      x,
      call.input('w'),
      y,
      ...(bias === undefined ? [] : [bias]),
      ...(r > 0 && lora !== undefined ? [narrow, lora] : []),
      ...(residual === undefined ? [] : [residual]),
    ],
    { rank: r, loraStart: call.attr('bOffset'), loraColumn: r, loraRank: 1, loraScale: call.attr('scaling') },
  );
}

const dropUniforms = (call: KernelCall) => ({
  dropKey: call.attr('dropKey'),
  dropThreshold: call.attr('dropThreshold'),
  keptScale: call.attr('keptScale'),
});

/** Gradients of A and B: threads along the wide factor's columns, eight ranks each, over one part of the rows. */
const GRADS_RANKS = 8;
const gradsProgram = (drops: boolean): GpuProgram => ({
  name: `lora gradients ${drops ? 'dropout' : ''}`,
  buffers: [
    ['x', 'read'],
    ['narrow', 'read'],
    ['dy', 'read'],
    ['dNarrow', 'read'],
    ['grads', 'write'],
  ],
  uniforms: [
    ['rows', 'u32'],
    ['inFeatures', 'u32'],
    ['outFeatures', 'u32'],
    ['rank', 'u32'],
    ['aOffset', 'u32'],
    ['bOffset', 'u32'],
    ['scaling', 'f32'],
    ['part', 'u32'],
    ['parameters', 'u32'],
    ...(drops
      ? ([
          ['dropKey', 'u32'],
          ['dropThreshold', 'u32'],
          ['keptScale', 'f32'],
        ] as const)
      : []),
  ],
  workgroup: [64, 1],
  ...(drops ? { declarations: MIX32_WGSL } : {}),
  body: `
  // Workgroups along x: first those of A's columns, then those of B's.
  let groupsOfA = (u.inFeatures + 63u) / 64u;
  let isA = wg.x < groupsOfA;
  let width = select(u.outFeatures, u.inFeatures, isA);
  let column = (wg.x - select(groupsOfA, 0u, isA)) * 64u + lane;
  let rank0 = wg.y * ${GRADS_RANKS}u;
  let first = wg.z * u.part;
  let end = min(first + u.part, u.rows);
  if (column >= width) { return; }
  var sums: array<f32, ${GRADS_RANKS}>;
  for (var row = first; row < end; row++) {
    var wide = 0.0;
    if (isA) {
      wide = x[row * width + column];
      ${drops ? 'if (dropped(row * width + column)) { wide = 0.0; } else { wide = wide * u.keptScale; }' : ''}
    } else {
      wide = dy[row * width + column] * u.scaling;
    }
    for (var i = 0u; i < ${GRADS_RANKS}u; i++) {
      if (rank0 + i < u.rank) {
        let at = row * u.rank + rank0 + i;
        if (isA) { sums[i] += wide * dNarrow[at]; } else { sums[i] += wide * narrow[at]; }
      }
    }
  }
  for (var i = 0u; i < ${GRADS_RANKS}u; i++) {
    let r = rank0 + i;
    if (r < u.rank) {
      let place = select(u.bOffset + column * u.rank + r, u.aOffset + r * u.inFeatures + column, isA);
      grads[wg.z * u.parameters + place] += sums[i];
    }
  }`,
});
const GRADS = gradsProgram(false);
const GRADS_DROPOUT = gradsProgram(true);

export function linearGradGpu(call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void {
  const [rows, n] = call.matrix('dy');
  const [, inFeatures] = call.matrix('x');
  const dy = call.input('dy');
  const r = call.attr('rank');
  const drops = call.attr('dropThreshold') !== 0;
  const scaling = call.attr('scaling');
  const lora = call.optional('lora');
  const dNarrow = r > 0 ? runner.allocate([rows, r]) : undefined;
  if (dNarrow !== undefined && lora !== undefined) {
    runMatMul(
      runner,
      { aLayout: 'mk', bLayout: 'kn' },
      { m: rows, n: r, k: n, aRow: n, bRow: r, cRow: r, bStart: call.attr('bOffset'), alpha: scaling },
      [dy, lora, dNarrow],
    );
    const parameters = util.sizeFromShape(lora.shape);
    const splits = util.sizeFromShape(call.input('grads').shape) / parameters;
    runner.run(
      drops ? GRADS_DROPOUT : GRADS,
      [call.input('x'), call.input('narrow'), dy, dNarrow, call.input('grads')],
      {
        rows,
        inFeatures,
        outFeatures: n,
        rank: r,
        aOffset: call.attr('aOffset'),
        bOffset: call.attr('bOffset'),
        scaling,
        part: Math.ceil(rows / splits),
        parameters,
        ...dropUniforms(call),
      },
      [Math.ceil(inFeatures / 64) + Math.ceil(n / 64), Math.ceil(r / GRADS_RANKS), splits],
    );
  }
  if (call.attr('needDx') === 1) {
    const into = call.optional('into');
    const outIn = call.attr('backOutIn') === 1;
    runMatMul(
      runner,
      {
        aLayout: 'mk',
        bLayout: outIn ? 'kn' : 'nk',
        lora: r > 0,
        ...(r > 0 && drops ? { dropout: 'update' } : {}),
        accumulate: into !== undefined,
      },
      { m: rows, n: inFeatures, k: n, aRow: n, bRow: outIn ? inFeatures : n, cRow: inFeatures },
      [
        dy,
        call.input('w'),
        into ?? out[0],
        ...(dNarrow !== undefined && lora !== undefined ? [dNarrow, lora] : []),
      ],
      {
        rank: r,
        loraStart: call.attr('aOffset'),
        loraColumn: 1,
        loraRank: inFeatures,
        loraScale: 1,
        ...dropUniforms(call),
      },
    );
  }
  if (dNarrow !== undefined) runner.free(dNarrow);
}
