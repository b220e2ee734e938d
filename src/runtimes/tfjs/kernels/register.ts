/** @file Registers every kernel of the lab with tfjs. */
import { accumulateKernels } from './accumulate.ts';
import { adamwKernels } from './adamw.ts';
import { attentionKernels } from './attention.ts';
import { crossEntropyKernels } from './cross-entropy.ts';
import { elementwiseKernels } from './elementwise.ts';
import { gatherKernels } from './gather.ts';
import { defineKernel } from './kernel.ts';
import { linearKernels } from './linear.ts';
import { normKernels } from './norm.ts';
import { ropeKernels } from './rope.ts';
import { splitKernels } from './split.ts';

let registered = false;

/** Once is enough; again does nothing. */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  const all = [
    accumulateKernels,
    adamwKernels,
    attentionKernels,
    crossEntropyKernels,
    elementwiseKernels,
    gatherKernels,
    linearKernels,
    normKernels,
    ropeKernels,
    splitKernels,
  ];
  for (const spec of all.flat()) defineKernel(spec);
}
