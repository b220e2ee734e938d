/**
 * @file Causal attention over right-padded batches, with shared key/value heads and an optional sliding window:
 * o = softmax(scale q k^T) v. Inputs are already rotated. Padding lies to the right, so no real query sees it.
 *
 * The probabilities are not kept for the backward pass, only each row's log-sum-exp; they are formed again from it:
 *
 *   p = exp(scale q k^T - lse)   dv = p^T do   ds = p (do v^T - rowsum(do o)) scale   dq = ds k   dk = ds^T q
 *
 * Inputs q (B * T, heads * headDim), k and v (B * T, kvHeads * headDim). Outputs o as q, lse (B * heads, T).
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attentionBackwardWasm, attentionForwardWasm, type AttentionShape } from './attention-wasm.ts';
import { MAX_CAUSAL_TILE, runMatMul } from './gpu-matmul.ts';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel } from './kernel.ts';

export const ATTENTION = 'BootlaceAttention';
const ATTENTION_GRAD = 'BootlaceAttentionGrad';

/** Attributes: batch, length, heads, kvHeads, headDim, scale, window (at least length where there is none). */
function shapeOf(call: KernelCall): AttentionShape {
  const heads = call.attr('heads');
  const kvHeads = call.attr('kvHeads');
  return {
    batch: call.attr('batch'),
    length: call.attr('length'),
    heads,
    kvHeads,
    share: heads / kvHeads,
    headDim: call.attr('headDim'),
    scale: call.attr('scale'),
    window: call.attr('window'),
  };
}

/** Calls back for each (batch, head) with where its q and k/v rows begin and their strides. */
function eachHead(
  { batch, length, heads, kvHeads, share, headDim }: AttentionShape,
  visit: (row: number, qAt: number, qStride: number, kAt: number, kStride: number) => void,
): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const qStride = heads * headDim;
      const kStride = kvHeads * headDim;
      const kvHead = Math.floor(h / share);
      visit(
        b * heads + h,
        b * length * qStride + h * headDim,
        qStride,
        b * length * kStride + kvHead * headDim,
        kStride,
      );
    }
  }
}

function forwardReference(call: HostCall): void {
  const shape = shapeOf(call);
  const { length, headDim, scale, window } = shape;
  const q = call.values('q');
  const k = call.values('k');
  const v = call.values('v');
  const [o, lse] = call.out;
  const scores = new Float64Array(length);
  eachHead(shape, (row, qAt, qStride, kAt, kStride) => {
    for (let t = 0; t < length; t++) {
      const from = Math.max(0, t - window + 1);
      const query = qAt + t * qStride;
      let most = -Infinity;
      for (let s = from; s <= t; s++) {
        let dot = 0;
        const key = kAt + s * kStride;
        for (let d = 0; d < headDim; d++) dot += q[query + d] * k[key + d];
        scores[s] = dot * scale;
        most = Math.max(most, scores[s]);
      }
      let sum = 0;
      for (let s = from; s <= t; s++) sum += Math.exp(scores[s] - most);
      lse[row * length + t] = most + Math.log(sum);
      for (let s = from; s <= t; s++) {
        const p = Math.exp(scores[s] - most) / sum;
        const value = kAt + s * kStride;
        for (let d = 0; d < headDim; d++) o[query + d] += p * v[value + d];
      }
    }
  });
}

/** Inputs q, k, v, o, lse, dy; outputs dq, dk, dv. */
function backwardReference(call: HostCall): void {
  const shape = shapeOf(call);
  const { length, headDim, scale, window } = shape;
  const q = call.values('q');
  const k = call.values('k');
  const v = call.values('v');
  const o = call.values('o');
  const lse = call.values('lse');
  const dy = call.values('dy');
  const [dq, dk, dv] = call.out;
  eachHead(shape, (row, qAt, qStride, kAt, kStride) => {
    for (let t = 0; t < length; t++) {
      const query = qAt + t * qStride;
      let through = 0;
      for (let d = 0; d < headDim; d++) through += dy[query + d] * o[query + d];
      for (let s = Math.max(0, t - window + 1); s <= t; s++) {
        const key = kAt + s * kStride;
        let dot = 0;
        let dp = 0;
        for (let d = 0; d < headDim; d++) {
          dot += q[query + d] * k[key + d];
          dp += dy[query + d] * v[key + d];
        }
        const p = Math.exp(dot * scale - lse[row * length + t]);
        const ds = p * (dp - through) * scale;
        for (let d = 0; d < headDim; d++) {
          dv[key + d] += p * dy[query + d];
          dq[query + d] += ds * k[key + d];
          dk[key + d] += ds * q[query + d];
        }
      }
    }
  });
}

// ---------------------------------------------------------------- WGSL

const THREADS = 64;
const ROWS = `
var<workgroup> partial: array<f32, ${THREADS}>;
fn total(value: f32, lane: u32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var width = ${THREADS / 2}u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] += partial[lane + width]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}
fn most(value: f32, lane: u32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var width = ${THREADS / 2}u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] = max(partial[lane], partial[lane + width]); }
    workgroupBarrier();
  }
  let found = partial[0];
  workgroupBarrier();
  return found;
}`;

const ROW_UNIFORMS = [
  ['rows', 'u32'],
  ['length', 'u32'],
  ['window', 'u32'],
] as const;

/** Where a row of (B * heads, T, T) begins and which keys its query sees. */
const ROW = `
  if (flatGroup >= u.rows) { return; }
  let query = flatGroup % u.length;
  let at = flatGroup * u.length;
  let first = select(0u, query + 1u - u.window, query + 1u > u.window);
  // Products read whole tiles, so the part above the diagonal is set to zero up to where they end.
  let stop = min(u.length, (query / ${MAX_CAUSAL_TILE}u + 1u) * ${MAX_CAUSAL_TILE}u);`;

/** Scores to probabilities in place, one workgroup a row. */
const SOFTMAX: GpuProgram = {
  name: 'attention softmax',
  buffers: [
    ['scores', 'write'],
    ['lse', 'write'],
  ],
  uniforms: ROW_UNIFORMS,
  workgroup: [THREADS, 1],
  declarations: ROWS,
  body: `${ROW}
  var high = -3.0e38;
  for (var s = first + lane; s <= query; s += ${THREADS}u) { high = max(high, scores[at + s]); }
  high = most(high, lane);
  var part = 0.0;
  for (var s = first + lane; s <= query; s += ${THREADS}u) { part += exp(scores[at + s] - high); }
  let sum = total(part, lane);
  for (var s = lane; s < stop; s += ${THREADS}u) {
    let seen = s >= first && s <= query;
    scores[at + s] = select(0.0, exp(scores[at + s] - high) / sum, seen);
  }
  if (lane == 0u) { lse[flatGroup] = high + log(sum); }`,
};

/** In place: scores to probabilities p, and do v^T (in dp) to ds. rowsum(p dp) is rowsum(do o). */
const SOFTMAX_GRAD: GpuProgram = {
  name: 'attention softmax gradient',
  buffers: [
    ['scores', 'write'],
    ['dp', 'write'],
    ['lse', 'read'],
  ],
  uniforms: [...ROW_UNIFORMS, ['scale', 'f32']],
  workgroup: [THREADS, 1],
  declarations: ROWS,
  body: `${ROW}
  let shift = lse[flatGroup];
  var part = 0.0;
  for (var s = lane; s < stop; s += ${THREADS}u) {
    let seen = s >= first && s <= query;
    let p = select(0.0, exp(min(scores[at + s] - shift, 0.0)), seen);
    scores[at + s] = p;
    if (seen) { part += p * dp[at + s]; }
  }
  let through = total(part, lane);
  for (var s = lane; s < stop; s += ${THREADS}u) {
    let seen = s >= first && s <= query;
    dp[at + s] = select(0.0, scores[at + s] * (dp[at + s] - through) * u.scale, seen);
  }`,
};

/** Strides of q-like and k-like matrices and of (B * heads, T, T). */
const qSide = ({ length, heads, headDim }: AttentionShape) => ({
  row: heads * headDim,
  batch: length * heads * headDim,
  head: headDim,
});
const kSide = ({ length, kvHeads, headDim }: AttentionShape) => ({
  row: kvHeads * headDim,
  batch: length * kvHeads * headDim,
  head: headDim,
});
const square = ({ length, heads }: AttentionShape) => ({
  row: length,
  batch: heads * length * length,
  head: length * length,
});

type Side = ReturnType<typeof qSide>;

/** Strides of a batched product's operands, and how many heads of the output share one head of a and of b. */
const strides = (heads: number, a: Side, b: Side, c: Side, bShare: number, sumHeads = 1) => ({
  sizes: { aRow: a.row, bRow: b.row, cRow: c.row },
  uniforms: {
    heads,
    aBatch: a.batch,
    aHead: a.head,
    aShare: 1,
    bBatch: b.batch,
    bHead: b.head,
    bShare,
    cBatch: c.batch,
    cHead: c.head,
    sumHeads,
  },
});

/** alpha * left right^T for each head: (B * heads, T, T), tiles above the diagonal left out. */
function scoresInto(
  runner: GpuRunner,
  shape: AttentionShape,
  buffers: readonly TensorInfo[],
  alpha: number,
): void {
  const { batch, length, heads, share, headDim } = shape;
  const { sizes, uniforms } = strides(heads, qSide(shape), kSide(shape), square(shape), share);
  runMatMul(
    runner,
    { aLayout: 'mk', bLayout: 'nk', batched: true, causal: 'tiles' },
    { m: length, n: length, k: headDim, batch: batch * heads, alpha, ...sizes },
    buffers,
    uniforms,
  );
}

/** matrix (B * heads, T, T) times k-like right: q-like. */
function mixInto(runner: GpuRunner, shape: AttentionShape, buffers: readonly TensorInfo[]): void {
  const { batch, length, heads, share, headDim } = shape;
  const { sizes, uniforms } = strides(heads, square(shape), kSide(shape), qSide(shape), share);
  runMatMul(
    runner,
    { aLayout: 'mk', bLayout: 'kn', batched: true, causal: 'k-below' },
    { m: length, n: headDim, k: length, batch: batch * heads, ...sizes },
    buffers,
    uniforms,
  );
}

/** matrix^T times q-like right, summed over the heads that share a key/value head: k-like. */
function spreadInto(runner: GpuRunner, shape: AttentionShape, buffers: readonly TensorInfo[]): void {
  const { batch, length, kvHeads, share, headDim } = shape;
  const { sizes, uniforms } = strides(kvHeads, square(shape), qSide(shape), kSide(shape), 1, share);
  runMatMul(
    runner,
    { aLayout: 'km', bLayout: 'kn', batched: true, causal: 'k-above' },
    { m: length, n: headDim, k: length, batch: batch * kvHeads, ...sizes },
    buffers,
    uniforms,
  );
}

function forwardGpu(call: KernelCall, [o, lse]: readonly TensorInfo[], runner: GpuRunner): void {
  const shape = shapeOf(call);
  const { batch, length, heads, window } = shape;
  const rows = batch * heads * length;
  const scores = runner.allocate([rows, length]);
  scoresInto(runner, shape, [call.input('q'), call.input('k'), scores], shape.scale);
  runner.run(SOFTMAX, [scores, lse], { rows, length, window }, [rows]);
  mixInto(runner, shape, [scores, call.input('v'), o]);
  runner.free(scores);
}

function backwardGpu(call: KernelCall, [dq, dk, dv]: readonly TensorInfo[], runner: GpuRunner): void {
  const shape = shapeOf(call);
  const { batch, length, heads, window, scale } = shape;
  const rows = batch * heads * length;
  const dy = call.input('dy');
  const scores = runner.allocate([rows, length]);
  const dp = runner.allocate([rows, length]);
  scoresInto(runner, shape, [call.input('q'), call.input('k'), scores], scale);
  scoresInto(runner, shape, [dy, call.input('v'), dp], 1);
  runner.run(SOFTMAX_GRAD, [scores, dp, call.input('lse')], { rows, length, window, scale }, [rows]);
  spreadInto(runner, shape, [scores, dy, dv]);
  mixInto(runner, shape, [dp, call.input('k'), dq]);
  spreadInto(runner, shape, [dp, call.input('q'), dk]);
  runner.free(scores);
  runner.free(dp);
}

export const attentionKernels: readonly KernelSpec[] = [
  {
    name: ATTENTION,
    outputs: (call) => {
      const { batch, heads, length } = shapeOf(call);
      return [call.input('q').shape, [batch * heads, length]];
    },
    reference: forwardReference,
    wasm: (call, tools) => attentionForwardWasm(call, tools, shapeOf(call)),
    gpu: forwardGpu,
    gradient: {
      inputs: ['q', 'k', 'v'],
      outputs: [0, 1],
      backward: (context) => {
        const [dq, dk, dv] = runKernel(
          ATTENTION_GRAD,
          {
            q: context.saved('q'),
            k: context.saved('k'),
            v: context.saved('v'),
            o: context.savedOutput(0),
            lse: context.savedOutput(1),
            dy: context.dy(0),
          },
          context.attrs,
        );
        return { q: () => dq, k: () => dk, v: () => dv };
      },
    },
  },
  {
    name: ATTENTION_GRAD,
    outputs: (call) => [call.input('q').shape, call.input('k').shape, call.input('v').shape],
    reference: backwardReference,
    wasm: (call, tools) => attentionBackwardWasm(call, tools, shapeOf(call)),
    gpu: backwardGpu,
  },
];
