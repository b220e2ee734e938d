/**
 * @file Cross-entropy of (M, V) logits against token ids, without one-hot rows: row i costs
 * lossScale * (logsumexp(logits[i]) - logits[i, target]); target -1 costs nothing. Each row's log-sum-exp is kept, so that
 * the gradient is one pass: lossScale * (exp(logits - lse) - [j = target]) * dy[i].
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import type { HostCall, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel1 } from './kernel.ts';

export const CROSS_ENTROPY = 'BootlaceCrossEntropy';
const CROSS_ENTROPY_GRAD = 'BootlaceCrossEntropyGrad';

/** Inputs logits (M, V), targets (M) int32; attribute lossScale. Outputs losses (M) and lse (M). */
function forwardReference(call: HostCall): void {
  const [rows, vocabulary] = call.matrix('logits');
  const logits = call.values('logits');
  const targets = call.values('targets');
  const lossScale = call.attr('lossScale');
  const [losses, lse] = call.out;
  for (let i = 0; i < rows; i++) {
    const at = i * vocabulary;
    let most = -Infinity;
    for (let j = 0; j < vocabulary; j++) most = Math.max(most, logits[at + j]);
    let sum = 0;
    for (let j = 0; j < vocabulary; j++) sum += Math.exp(logits[at + j] - most);
    const whole = most + Math.log(sum);
    lse[i] = whole;
    losses[i] = targets[i] < 0 ? 0 : lossScale * (whole - logits[at + targets[i]]);
  }
}

/** Inputs logits, targets, lse, dy (M); output the gradient (M, V). */
function backwardReference(call: HostCall): void {
  const [rows, vocabulary] = call.matrix('logits');
  const logits = call.values('logits');
  const targets = call.values('targets');
  const lse = call.values('lse');
  const dy = call.values('dy');
  const [dLogits] = call.out;
  for (let i = 0; i < rows; i++) {
    if (targets[i] < 0) continue;
    const at = i * vocabulary;
    const factor = call.attr('lossScale') * dy[i];
    for (let j = 0; j < vocabulary; j++) dLogits[at + j] = factor * Math.exp(logits[at + j] - lse[i]);
    dLogits[at + targets[i]] -= factor;
  }
}

const THREADS = 128;
const FORWARD: GpuProgram = {
  name: 'cross entropy',
  buffers: [
    ['logits', 'read'],
    ['targets', 'read', 'i32'],
    ['losses', 'write'],
    ['lse', 'write'],
  ],
  uniforms: [
    ['rows', 'u32'],
    ['vocabulary', 'u32'],
    ['lossScale', 'f32'],
  ],
  workgroup: [THREADS, 1],
  declarations: `
var<workgroup> partial: array<f32, ${THREADS}>;`,
  body: `
  if (flatGroup >= u.rows) { return; }
  let at = flatGroup * u.vocabulary;
  var high = -3.0e38;
  for (var j = lane; j < u.vocabulary; j += ${THREADS}u) { high = max(high, logits[at + j]); }
  partial[lane] = high;
  workgroupBarrier();
  for (var width = ${THREADS / 2}u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] = max(partial[lane], partial[lane + width]); }
    workgroupBarrier();
  }
  high = partial[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var j = lane; j < u.vocabulary; j += ${THREADS}u) { sum += exp(logits[at + j] - high); }
  partial[lane] = sum;
  workgroupBarrier();
  for (var width = ${THREADS / 2}u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] += partial[lane + width]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    let whole = high + log(partial[0]);
    lse[flatGroup] = whole;
    let wanted = targets[flatGroup];
    if (wanted < 0) { losses[flatGroup] = 0.0; }
    else { losses[flatGroup] = u.lossScale * (whole - logits[at + u32(wanted)]); }
  }`,
};

const BACKWARD: GpuProgram = {
  name: 'cross entropy gradient',
  buffers: [
    ['logits', 'read'],
    ['targets', 'read', 'i32'],
    ['lse', 'read'],
    ['dy', 'read'],
    ['dLogits', 'write'],
  ],
  uniforms: [
    ['size', 'u32'],
    ['vocabulary', 'u32'],
    ['lossScale', 'f32'],
  ],
  workgroup: [64, 1],
  body: `
  let i = flatGroup * 64u + lane;
  if (i >= u.size) { return; }
  let row = i / u.vocabulary;
  let wanted = targets[row];
  if (wanted < 0) { dLogits[i] = 0.0; return; }
  let hit = select(0.0, 1.0, i % u.vocabulary == u32(wanted));
  dLogits[i] = u.lossScale * dy[row] * (exp(min(logits[i] - lse[row], 0.0)) - hit);`,
};

function forwardGpu(call: KernelCall, [losses, lse]: readonly TensorInfo[], runner: GpuRunner): void {
  const [rows, vocabulary] = call.matrix('logits');
  runner.run(
    FORWARD,
    [call.input('logits'), call.input('targets'), losses, lse],
    { rows, vocabulary, lossScale: call.attr('lossScale') },
    [rows],
  );
}

function backwardGpu(call: KernelCall, [dLogits]: readonly TensorInfo[], runner: GpuRunner): void {
  const [rows, vocabulary] = call.matrix('logits');
  runner.run(
    BACKWARD,
    [call.input('logits'), call.input('targets'), call.input('lse'), call.input('dy'), dLogits],
    { size: rows * vocabulary, vocabulary, lossScale: call.attr('lossScale') },
    [Math.ceil((rows * vocabulary) / 64)],
  );
}

export const crossEntropyKernels: readonly KernelSpec[] = [
  {
    name: CROSS_ENTROPY,
    outputs: (call) => {
      const [rows] = call.matrix('logits');
      return [[rows], [rows]];
    },
    reference: forwardReference,
    gpu: forwardGpu,
    gradient: {
      inputs: ['logits', 'targets'],
      outputs: [1],
      backward: (context) => ({
        logits: () =>
          runKernel1(
            CROSS_ENTROPY_GRAD,
            {
              logits: context.saved('logits'),
              targets: context.saved('targets'),
              lse: context.savedOutput(1),
              dy: context.dy(0),
            },
            context.attrs,
          ),
      }),
    },
  },
  {
    name: CROSS_ENTROPY_GRAD,
    outputs: (call) => [call.matrix('logits')],
    reference: backwardReference,
    gpu: backwardGpu,
  },
];
