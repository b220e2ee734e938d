/**
 * @file A frozen linear layer with an optional LoRA update and an optional residual:
 *
 *   y = x W^T + bias + scaling * drop(x) A^T B^T + residual          x (N, in), y (N, out)
 *
 * A (r, in) and B (out, r) are read out of the flat parameter vector at their offsets. W has no gradient and none is
 * computed. Backward, with narrow = drop(x) A^T saved and dNarrow = scaling * dy B:
 *
 *   dx = dy W + drop(dNarrow A)     dA = dNarrow^T drop(x)     dB = scaling * dy^T narrow
 *
 * Inputs: x; w (out, in) or, with attribute outIn = 0, (in, out); wBack, the same matrix in the layout that the
 * backward pass should use (attribute backOutIn); bias?; residual?; lora?, the flat vector.
 * Gradients of A and B go to their places in a (splits, parameters) matrix: on a GPU the sum over N is cut in
 * `splits` parts that run side by side, and the optimizer adds them up.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { clone, util } from '@tensorflow/tfjs-core';
import { upload } from './transfer.ts';
import { bitsAt } from '../../../core/random.ts';
import { MIX32_WGSL } from './dropout-wgsl.ts';
import { runMatMul } from './gpu-matmul.ts';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import { addOuter, addProduct, addProductTransposed } from './host-matmul.ts';
import type { BackwardContext, HostCall, KernelCall, KernelSpec, Values, WasmTools } from './kernel.ts';
import { runKernel } from './kernel.ts';

export const LINEAR = 'BootlaceLinear';
const LINEAR_GRAD = 'BootlaceLinearGrad';

/** Attributes of the update; rank 0 where there is none, dropThreshold 0 where nothing is dropped. */
export interface LinearAttrs {
  readonly outFeatures: number;
  readonly outIn: number;
  readonly backOutIn: number;
  readonly rank: number;
  readonly aOffset: number;
  readonly bOffset: number;
  readonly scaling: number;
  readonly dropKey: number;
  readonly dropThreshold: number;
  readonly keptScale: number;
  readonly [name: string]: number;
}

function dropped(call: KernelCall, x: Values): Values {
  const threshold = call.attr('dropThreshold');
  if (threshold === 0) return x;
  const key = call.attr('dropKey');
  const kept = call.attr('keptScale');
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = bitsAt(key, i) < threshold ? 0 : x[i] * kept;
  return out;
}

// ---------------------------------------------------------------- forward

function forwardReference(call: HostCall): void {
  const [rows, inFeatures] = call.matrix('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const x = call.values('x');
  const [y, narrow] = call.out;
  const bias = call.optionalValues('bias');
  const residual = call.optionalValues('residual');
  const product = call.attr('outIn') === 1 ? addProductTransposed : addProduct;
  product(y, x, call.values('w'), [rows, inFeatures, n]);
  if (r > 0) {
    const lora = call.values('lora');
    addProductTransposed(narrow, dropped(call, x), lora, [rows, inFeatures, r], call.attr('aOffset'));
    addProductTransposed(y, narrow, lora, [rows, r, n], call.attr('bOffset'), call.attr('scaling'));
  }
  addBiasAndResidual(y, n, bias, residual);
}

function addBiasAndResidual(y: Float32Array, n: number, bias?: Values, residual?: Values): void {
  if (bias !== undefined) {
    for (let at = 0; at < y.length; at += n) for (let j = 0; j < n; j++) y[at + j] += bias[j];
  }
  if (residual !== undefined) for (let i = 0; i < y.length; i++) y[i] += residual[i];
}

function forwardGpu(call: KernelCall, [y, narrow]: readonly TensorInfo[], runner: GpuRunner): void {
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

const outputs = (call: KernelCall) => {
  const [rows] = call.matrix('x');
  const r = call.attr('rank');
  return [[rows, call.attr('outFeatures')], ...(r > 0 ? [[rows, r]] : [])];
};

// ---------------------------------------------------------------- backward

/** Inputs x, w, lora?, narrow?, dy, into?, grads?; attribute needDx. Output dx where it is needed and `into` is absent;
 * adds dA and dB to `grads` in place. */
function backwardReference(call: HostCall): void {
  const [rows, n] = call.matrix('dy');
  const [, inFeatures] = call.matrix('x');
  const r = call.attr('rank');
  const dy = call.values('dy');
  const dNarrow = new Float32Array(rows * r);
  const scaling = call.attr('scaling');
  if (r > 0) {
    const grads = call.values('grads');
    addProduct(dNarrow, dy, call.values('lora'), [rows, n, r], call.attr('bOffset'), scaling);
    addOuter(grads, call.attr('aOffset'), dNarrow, dropped(call, call.values('x')), [rows, r, inFeatures]);
    addOuter(grads, call.attr('bOffset'), dy, call.values('narrow'), [rows, n, r], scaling);
  }
  if (call.attr('needDx') === 0) return;
  const dx = call.optionalValues('into') ?? call.out[0];
  const own = new Float32Array(rows * inFeatures);
  if (r > 0) {
    const update = new Float32Array(rows * inFeatures);
    addProduct(update, dNarrow, call.values('lora'), [rows, r, inFeatures], call.attr('aOffset'));
    own.set(dropped(call, update));
  }
  const product = call.attr('backOutIn') === 1 ? addProduct : addProductTransposed;
  product(own, dy, call.values('w'), [rows, n, inFeatures]);
  for (let i = 0; i < own.length; i++) dx[i] += own[i];
}

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

function backwardGpu(call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void {
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

const backwardOutputs = (call: KernelCall) => {
  if (call.attr('needDx') === 0 || call.optional('into') !== undefined) return [];
  const [rows] = call.matrix('dy');
  return [[rows, call.matrix('x')[1]]];
};

/** One run of the backward kernel for both of its results. */
function backward(context: BackwardContext): Record<string, () => Tensor> {
  const lora = context.optionalSaved('lora');
  const needsDx = context.needs('x');
  const into = needsDx ? context.into('x') : undefined;
  const grads =
    lora === undefined
      ? undefined
      : (context.into('lora') ?? upload(new Float32Array(lora.size), lora.shape));
  const [made] = runKernel(
    LINEAR_GRAD,
    {
      x: context.saved('x'),
      w: context.saved('wBack'),
      lora,
      narrow: lora === undefined ? undefined : context.savedOutput(1),
      dy: context.dy(0),
      into,
      grads,
    },
    { ...context.attrs, needDx: needsDx ? 1 : 0 },
  );
  return {
    x: () => into ?? made,
    ...(grads === undefined ? {} : { lora: () => grads }),
    residual: () => clone(context.dy(0)),
  };
}

// ---------------------------------------------------------------- wasm

/** A factor of the flat vector as a tensor of its own, scaled: (rows, columns) as it stands, or transposed. */
function factor(
  tools: WasmTools,
  lora: TensorInfo,
  offset: number,
  [rows, columns]: readonly [number, number],
  { transposed = false, scale = 1 } = {},
): TensorInfo {
  const info = tools.allocate(transposed ? [columns, rows] : [rows, columns]);
  const out = tools.values(info);
  const flat = tools.values(lora);
  if (transposed) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[j * rows + i] = scale * flat[offset + i * columns + j];
    }
  } else {
    for (let i = 0; i < out.length; i++) out[i] = scale * flat[offset + i];
  }
  return info;
}

function transposedInfo(tools: WasmTools, matrix: TensorInfo): TensorInfo {
  return factor(tools, matrix, 0, [matrix.shape[0], matrix.shape[1]], { transposed: true });
}

/** drop(x) as a new tensor, or x itself where nothing is dropped. */
function droppedInfo(call: KernelCall, tools: WasmTools, x: TensorInfo): TensorInfo {
  if (call.attr('dropThreshold') === 0) return x;
  const info = tools.allocate(x.shape);
  tools.values(info).set(dropped(call, tools.values(x)));
  return info;
}

function add(out: Values, values: Values, offset = 0, scale = 1): void {
  for (let i = 0; i < values.length; i++) out[offset + i] += scale * values[i];
}

function forwardWasm(call: KernelCall, tools: WasmTools): TensorInfo[] {
  const x = call.input('x');
  const [, inFeatures] = call.matrix('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const lora = call.optional('lora');
  const y = tools.matMul(x, call.input('w'));
  const out = [y];
  const temporary: TensorInfo[] = [];
  if (r > 0 && lora !== undefined) {
    const a = factor(tools, lora, call.attr('aOffset'), [r, inFeatures], { transposed: true });
    const b = factor(tools, lora, call.attr('bOffset'), [n, r], {
      transposed: true,
      scale: call.attr('scaling'),
    });
    const input = droppedInfo(call, tools, x);
    const narrow = tools.matMul(input, a);
    const update = tools.matMul(narrow, b);
    add(tools.values(y), tools.values(update));
    out.push(narrow);
    temporary.push(a, b, update, ...(input === x ? [] : [input]));
  }
  const bias = call.optional('bias');
  const residual = call.optional('residual');
  const values = tools.values(y);
  if (values instanceof Float32Array) {
    addBiasAndResidual(
      values,
      n,
      bias === undefined ? undefined : tools.values(bias),
      residual === undefined ? undefined : tools.values(residual),
    );
  }
  for (const info of temporary) tools.free(info);
  return out;
}

function backwardWasm(call: KernelCall, tools: WasmTools): TensorInfo[] {
  const dy = call.input('dy');
  const x = call.input('x');
  const [, n] = call.matrix('dy');
  const [, inFeatures] = call.matrix('x');
  const r = call.attr('rank');
  const lora = call.optional('lora');
  const temporary: TensorInfo[] = [];
  let dNarrow: TensorInfo | undefined;
  if (r > 0 && lora !== undefined) {
    const b = factor(tools, lora, call.attr('bOffset'), [n, r], { scale: call.attr('scaling') });
    dNarrow = tools.matMul(dy, b);
    const input = droppedInfo(call, tools, x);
    const left = transposedInfo(tools, dNarrow);
    const dA = tools.matMul(left, input);
    const narrowT = transposedInfo(tools, call.input('narrow'));
    const dBT = tools.matMul(narrowT, dy);
    const grads = tools.values(call.input('grads'));
    add(grads, tools.values(dA), call.attr('aOffset'));
    const values = tools.values(dBT);
    const scaling = call.attr('scaling');
    const bOffset = call.attr('bOffset');
    for (let i = 0; i < r; i++) {
      for (let j = 0; j < n; j++) grads[bOffset + j * r + i] += scaling * values[i * n + j];
    }
    temporary.push(b, dNarrow, left, dA, narrowT, dBT, ...(input === x ? [] : [input]));
  }
  const out: TensorInfo[] = [];
  if (call.attr('needDx') === 1) {
    const dx = tools.matMul(dy, call.input('w'));
    if (dNarrow !== undefined && lora !== undefined) {
      const a = factor(tools, lora, call.attr('aOffset'), [r, inFeatures]);
      const update = tools.matMul(dNarrow, a);
      add(tools.values(dx), dropped(call, tools.values(update)));
      temporary.push(a, update);
    }
    const into = call.optional('into');
    if (into === undefined) out.push(dx);
    else {
      add(tools.values(into), tools.values(dx));
      temporary.push(dx);
    }
  }
  for (const info of temporary) tools.free(info);
  return out;
}

/** XNNPACK wants (k, n) right operands: the model keeps both layouts on wasm, and these are the attributes it sends. */
export const linearKernels: readonly KernelSpec[] = [
  {
    name: LINEAR,
    outputs,
    reference: forwardReference,
    wasm: forwardWasm,
    gpu: forwardGpu,
    gradient: { inputs: ['x', 'wBack', 'lora'], outputs: [1], backward },
  },
  {
    name: LINEAR_GRAD,
    outputs: backwardOutputs,
    reference: backwardReference,
    wasm: backwardWasm,
    gpu: backwardGpu,
  },
];
