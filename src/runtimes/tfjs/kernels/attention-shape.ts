/** @file The sizes of an attention call. */
import type { KernelCall } from './kernel.ts';

export interface AttentionShape {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** heads / kvHeads */
  readonly share: number;
  readonly headDim: number;
  readonly scale: number;
  readonly window: number;
}

/** Attributes: batch, length, heads, kvHeads, headDim, scale, window (at least length where there is none). */
export function shapeOf(call: KernelCall): AttentionShape {
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
