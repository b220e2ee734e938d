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
import { attentionGpu, attentionGradGpu } from './attention-gpu.ts';
import { shapeOf, type AttentionShape } from './attention-shape.ts';
import { attentionGradWasm, attentionWasm } from './attention-wasm.ts';
import type { HostCall, KernelSpec } from './kernel.ts';
import { runKernel } from './kernel.ts';

export const ATTENTION = 'BootlaceAttention';
const ATTENTION_GRAD = 'BootlaceAttentionGrad';

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

export const attentionKernels: readonly KernelSpec[] = [
  {
    name: ATTENTION,
    outputs: (call) => {
      const { batch, heads, length } = shapeOf(call);
      return [call.input('q').shape, [batch * heads, length]];
    },
    reference: forwardReference,
    wasm: (call, tools) => attentionWasm(call, tools, shapeOf(call)),
    gpu: (call, out, runner) => {
      attentionGpu(call, shapeOf(call), out, runner);
    },
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
    wasm: (call, tools) => attentionGradWasm(call, tools, shapeOf(call)),
    gpu: (call, out, runner) => {
      attentionGradGpu(call, shapeOf(call), out, runner);
    },
  },
];
