/**
 * @file Attention as Microsoft's GroupQueryAttention: one operator with rotary embedding, cache and causal masking.
 * For WebGPU, where it is the fast path and keeps past and present in one buffer. On wasm its inner products are six
 * times slower than composed operators: see attention-composed.ts.
 */
import type { AttentionSpec, Rope } from '../../models/ops.ts';
import { ropeTable } from '../../models/rope.ts';
import type { AttentionEmitter, CacheLayer } from './attention.ts';
import type { GraphInputs } from './graph-inputs.ts';
import type { GraphWriter } from './graph-writer.ts';
import { headLayout } from './head-layout.ts';
import type { HeadLayout } from './head-layout.ts';
import { pastNames, presentNames } from './names.ts';

export class FusedAttention implements AttentionEmitter {
  readonly cacheLayers: CacheLayer[] = [];

  constructor(
    private readonly graph: GraphWriter,
    private readonly inputs: GraphInputs,
    private readonly maxLength: number,
  ) {}

  emit(q: string, k: string, v: string, spec: AttentionSpec): string {
    const { heads, kvHeads, headDim, layer, rope } = spec;
    const { graph, inputs } = this;
    const layout = headLayout(headDim, rope?.dim);
    this.cacheLayers[layer] = { kvHeads, headSize: layout.size };
    const past = pastNames(layer);
    const present = presentNames(layer);
    const cacheDims = ['batch', kvHeads, 'capacity', layout.size];
    const output = graph.fresh('attention');
    graph.nodeTo(
      [output, present.key, present.value],
      'GroupQueryAttention',
      [
        this.padHeads(q, heads, layout),
        this.padHeads(k, kvHeads, layout),
        this.padHeads(v, kvHeads, layout),
        graph.input(past.key, graph.float, cacheDims),
        graph.input(past.value, graph.float, cacheDims),
        inputs.seqlensK(),
        inputs.totalSequenceLength(),
        ...(rope === undefined ? [] : this.ropeTables(rope, layout)),
      ],
      {
        domain: 'com.microsoft',
        attributes: {
          num_heads: { int: heads },
          kv_num_heads: { int: kvHeads },
          scale: { float: spec.scale },
          do_rotary: { int: rope === undefined ? 0 : 1 },
          rotary_interleaved: { int: 0 },
          local_window_size: { int: spec.window ?? -1 },
        },
      },
    );
    // The session's outputs need not have the inputs' symbolic names: without a past the present is longer.
    const presentDims = ['batch', kvHeads, 'present_capacity', layout.size];
    graph.output(present.key, graph.float, presentDims);
    graph.output(present.value, graph.float, presentDims);
    return this.cropHeads(output, heads, layout);
  }

  /** (N, heads * headDim) -> (B, T, heads * padded size). */
  private padHeads(x: string, heads: number, layout: HeadLayout): string {
    if (layout.size === layout.headDim) return this.inputs.byRow(x, heads * layout.headDim);
    const byHead = this.graph.reshape(x, [-1, layout.headDim]);
    const padded = this.graph.node('MatMul', [byHead, this.selection(layout, 'pad')]);
    return this.inputs.byRow(padded, heads * layout.size);
  }

  /** (B, T, heads * padded size) -> (N, heads * headDim): drops the channels where v was padded. */
  private cropHeads(x: string, heads: number, layout: HeadLayout): string {
    const channels = heads * layout.headDim;
    if (layout.size === layout.headDim) return this.graph.reshape(x, [-1, channels]);
    const byHead = this.graph.reshape(x, [-1, layout.size]);
    const cropped = this.graph.node('MatMul', [byHead, this.selection(layout, 'crop')]);
    return this.graph.reshape(cropped, [-1, channels]);
  }

  /** A 0/1 matrix that moves each channel to its place; products with it are exact. */
  private selection(layout: HeadLayout, kind: 'pad' | 'crop'): string {
    const { headDim, size, places } = layout;
    const matrix = new Float32Array(headDim * size);
    for (const [channel, place] of places.entries()) {
      matrix[kind === 'pad' ? channel * size + place : place * headDim + channel] = 1;
    }
    const dims = kind === 'pad' ? [headDim, size] : [size, headDim];
    return this.graph.floats(`${kind}[${places.join(',')}]`, dims, matrix);
  }

  /** cos and sin for each position and padded frequency: (maxLength, rotary half of the padded head). */
  private ropeTables(rope: Rope, layout: HeadLayout): readonly [string, string] {
    const half = rope.dim / 2;
    const padded = layout.rotaryHalf;
    const table = ropeTable(rope, this.maxLength);
    const cos = new Float32Array(this.maxLength * padded).fill(1);
    const sin = new Float32Array(this.maxLength * padded);
    for (let position = 0; position < this.maxLength; position++) {
      cos.set(table.cos.subarray(position * half, (position + 1) * half), position * padded);
      sin.set(table.sin.subarray(position * half, (position + 1) * half), position * padded);
    }
    const dims = [this.maxLength, padded];
    const key = `[${padded}](${rope.inverseFrequencies.join(',')})`;
    return [this.graph.floats(`cos${key}`, dims, cos), this.graph.floats(`sin${key}`, dims, sin)];
  }
}
