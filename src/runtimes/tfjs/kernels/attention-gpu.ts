/**
 * @file Attention in WGSL, from batched matrix products and a softmax between them; the (B * heads, T, T) matrices live for
 * the length of a call only. attention.ts says what is computed.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AttentionShape } from './attention-shape.ts';
import { MAX_CAUSAL_TILE, runMatMul } from './gpu-matmul.ts';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { KernelCall } from './kernel.ts';
import { THREADS, WORKGROUP_SUM } from './workgroup-sum.ts';

const ROWS = `${WORKGROUP_SUM}
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

export function attentionGpu(
  call: KernelCall,
  shape: AttentionShape,
  [o, lse]: readonly TensorInfo[],
  runner: GpuRunner,
): void {
  const { batch, length, heads, window } = shape;
  const rows = batch * heads * length;
  const scores = runner.allocate([rows, length]);
  scoresInto(runner, shape, [call.input('q'), call.input('k'), scores], shape.scale);
  runner.run(SOFTMAX, [scores, lse], { rows, length, window }, [rows]);
  mixInto(runner, shape, [scores, call.input('v'), o]);
  runner.free(scores);
}

/** Inputs q, k, v, lse, dy. */
export function attentionGradGpu(
  call: KernelCall,
  shape: AttentionShape,
  [dq, dk, dv]: readonly TensorInfo[],
  runner: GpuRunner,
): void {
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
