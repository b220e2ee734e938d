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
import type { Tensor } from '@tensorflow/tfjs-core';
import { clone } from '@tensorflow/tfjs-core';
import type { BackwardContext, KernelCall, KernelSpec } from './kernel.ts';
import { runKernel } from './kernel.ts';
import { linearGpu, linearGradGpu } from './linear-gpu.ts';
import { linearGradReference, linearReference } from './linear-reference.ts';
import { linearGradWasm, linearWasm } from './linear-wasm.ts';
import { upload } from './transfer.ts';

export const LINEAR = 'BootlaceLinear';
const LINEAR_GRAD = 'BootlaceLinearGrad';

/** Attributes of the update; rank 0 where there is none, dropThreshold 0 where nothing is dropped. */
export interface LinearAttrs {
  readonly outFeatures: number;
  readonly outIn: number;
  readonly backOutIn: number;
  /** Type of the weight (held.ts); on wasm alone it may be another than float32. */
  readonly held: number;
  readonly rank: number;
  readonly aOffset: number;
  readonly bOffset: number;
  readonly scaling: number;
  readonly dropKey: number;
  readonly dropThreshold: number;
  readonly keptScale: number;
  readonly [name: string]: number;
}

const outputs = (call: KernelCall) => {
  const [rows] = call.matrix('x');
  const r = call.attr('rank');
  return [[rows, call.attr('outFeatures')], ...(r > 0 ? [[rows, r]] : [])];
};

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

export const linearKernels: readonly KernelSpec[] = [
  {
    name: LINEAR,
    outputs,
    reference: linearReference,
    wasm: linearWasm,
    gpu: linearGpu,
    gradient: { inputs: ['x', 'wBack', 'lora'], outputs: [1], backward },
  },
  {
    name: LINEAR_GRAD,
    outputs: backwardOutputs,
    reference: linearGradReference,
    wasm: linearGradWasm,
    gpu: linearGradGpu,
  },
];
