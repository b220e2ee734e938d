/**
 * @file The transformer's operations as ONNX nodes: models/ops.ts over value names. Fused operators are used where
 * both execution providers have them (GroupQueryAttention, SimplifiedLayerNormalization, QuickGelu, Gelu). LoRA's
 * factors are graph inputs, so that another adapter is another feed.
 */
import type { Architecture, LinearSpec } from '../../models/architecture.ts';
import type { Activation, AttentionSpec, Ops, QkvLayout } from '../../models/ops.ts';
import { ropeTable } from '../../models/rope.ts';
import { toFloatBytes } from './float-type.ts';
import type { FloatType } from './float-type.ts';
import type { GraphWriter } from './graph-writer.ts';
import { headLayout } from './head-layout.ts';
import type { HeadLayout } from './head-layout.ts';
import { loraInputNames, newCacheNames, pastNames, presentNames } from './names.ts';

const MS = 'com.microsoft';

/** Names of the graph inputs that the operations read. */
export interface BatchInputs {
  /** (B, T) int64 token ids. */
  readonly inputIds: string;
  /** (B, T) int64 positions; declared on first use, since only learnt positions need them. */
  positionIds(): string;
  /** (B) int32: each row's number of tokens, cache included, minus 1. */
  readonly seqlensK: string;
  /** () int32: the longest row's number of tokens, cache included. */
  readonly totalSequenceLength: string;
  /** (M) int64 indices into the cache's B KV capacity rows, to be given out beside the whole cache; if wanted. */
  readonly cacheRows?: string;
}

/** One layer's keys (or values) of one token: kvHeads x headSize, the head size padded. */
export interface CacheLayer {
  readonly kvHeads: number;
  readonly headSize: number;
}

export class OnnxOps implements Ops<string> {
  /** The cache's layers so far, by number. */
  readonly cacheLayers: CacheLayer[] = [];
  private readonly linears: ReadonlyMap<string, LinearSpec>;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Channels of each activation emitted so far. */
  private readonly channels = new Map<string, number>();
  private readonly reshapes = new Map<number, string>();
  private batchShape: string | undefined;

  constructor(
    private readonly graph: GraphWriter,
    architecture: Architecture,
    private readonly inputs: BatchInputs,
    private readonly float: FloatType,
    /** Positions for which rotary tables are stored. */
    private readonly maxLength: number,
  ) {
    this.linears = new Map(architecture.linears.map((linear) => [linear.module, linear]));
    this.shapes = new Map(architecture.tensors.map(({ name, shape }) => [name, shape]));
  }

  embed(weight: string): string {
    return this.lookUp(weight, this.inputs.inputIds);
  }

  embedPositions(weight: string): string {
    return this.lookUp(weight, this.inputs.positionIds());
  }

  linear(x: string, module: string): string {
    const linear = this.linears.get(module);
    if (linear === undefined) throw new Error(`no linear layer "${module}" in the architecture`);
    const { graph } = this;
    const bias = linear.bias === undefined ? [] : [this.weight(linear.bias)];
    const base = graph.node('Gemm', [x, this.weight(linear.weight), ...bias], {
      attributes: { transB: { int: linear.layout === 'out_in' ? 1 : 0 } },
    });
    // y + (x A^T) (scaling B^T): the second Gemm takes the base's result as its C, which saves an Add.
    const names = loraInputNames(module);
    const rank = `rank(${module})`;
    const a = graph.input(names.a, this.float, [linear.inFeatures, rank]);
    const b = graph.input(names.b, this.float, [rank, linear.outFeatures]);
    const low = graph.node('MatMul', [x, a]);
    return this.sized(graph.node('Gemm', [low, b, base]), linear.outFeatures);
  }

  rmsNorm(x: string, weight: string, eps: number): string {
    const channels = this.channelsOf(x);
    const [size] = this.shapeOf(weight);
    const attributes = { axis: { int: -1 }, epsilon: { float: eps } };
    const normalise = (value: string) =>
      this.graph.node('SimplifiedLayerNormalization', [value, this.weight(weight)], { attributes });
    if (size === channels || size === undefined) return this.sized(normalise(x), channels);
    return this.sized(this.reshape(normalise(this.reshape(x, [-1, size])), [-1, channels]), channels);
  }

  layerNorm(x: string, module: string, eps: number): string {
    const inputs = [x, this.weight(`${module}.weight`), this.weight(`${module}.bias`)];
    const attributes = { axis: { int: -1 }, epsilon: { float: eps } };
    return this.sized(this.graph.node('LayerNormalization', inputs, { attributes }), this.channelsOf(x));
  }

  splitQkv(x: string, layout: QkvLayout): readonly [q: string, k: string, v: string] {
    const size = this.channelsOf(x) / 3;
    const parts = ['q', 'k', 'v'].map((name) => this.graph.fresh(name));
    const perHead = layout.kind === 'per-head';
    const whole = perHead ? this.reshape(x, [-1, layout.heads, (3 * size) / layout.heads]) : x;
    this.graph.nodeTo(parts, 'Split', [whole], {
      attributes: { axis: { int: -1 }, num_outputs: { int: 3 } },
    });
    const [q = '', k = '', v = ''] = parts.map((part) =>
      this.sized(perHead ? this.reshape(part, [-1, size]) : part, size),
    );
    return [q, k, v];
  }

  attention(q: string, k: string, v: string, spec: AttentionSpec): string {
    const { heads, kvHeads, headDim, layer, rope } = spec;
    const layout = headLayout(headDim, rope?.dim);
    this.cacheLayers[layer] = { kvHeads, headSize: layout.size };
    const past = pastNames(layer);
    const present = presentNames(layer);
    const cacheDims = ['batch', kvHeads, 'past', layout.size];
    const presentDims = ['batch', kvHeads, 'capacity', layout.size];
    const output = this.graph.fresh('attention');
    const tables = rope === undefined ? [] : this.ropeTables(rope, layout);
    this.graph.nodeTo(
      [output, present.key, present.value],
      'GroupQueryAttention',
      [
        this.padHeads(q, heads, layout),
        this.padHeads(k, kvHeads, layout),
        this.padHeads(v, kvHeads, layout),
        this.graph.input(past.key, this.float, cacheDims),
        this.graph.input(past.value, this.float, cacheDims),
        this.inputs.seqlensK,
        this.inputs.totalSequenceLength,
        ...tables,
      ],
      {
        domain: MS,
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
    const added = newCacheNames(layer);
    for (const [whole, rows] of [
      [present.key, added.key],
      [present.value, added.value],
    ] as const) {
      this.graph.output(whole, this.float, presentDims);
      if (this.inputs.cacheRows === undefined) continue;
      const flat = this.reshape(whole, [-1, layout.size]);
      this.graph.nodeTo([rows], 'Gather', [flat, this.inputs.cacheRows], {
        attributes: { axis: { int: 0 } },
      });
      this.graph.output(rows, this.float, ['cache_rows', layout.size]);
    }
    return this.cropHeads(output, heads, layout);
  }

  gated(gate: string, up: string, activation: Activation): string {
    const product = this.graph.node('Mul', [this.activate(gate, activation), up]);
    return this.sized(product, this.channelsOf(gate));
  }

  activate(x: string, activation: Activation): string {
    return this.sized(this.activation(x, activation), this.channelsOf(x));
  }

  add(a: string, b: string): string {
    return this.sized(this.graph.node('Add', [a, b]), this.channelsOf(a));
  }

  /** Tells the width of a value that was emitted outside these operations. */
  sized(value: string, channels: number): string {
    this.channels.set(value, channels);
    return value;
  }

  /** (B T, C) -> (B, T, C). */
  byRow(x: string, channels: number): string {
    let shape = this.reshapes.get(channels);
    if (shape === undefined) {
      this.batchShape ??= this.graph.node('Shape', [this.inputs.inputIds]);
      const attributes = { axis: { int: 0 } };
      shape = this.graph.node('Concat', [this.batchShape, this.graph.int64s([channels])], { attributes });
      this.reshapes.set(channels, shape);
    }
    return this.graph.node('Reshape', [x, shape]);
  }

  private activation(x: string, activation: Activation): string {
    switch (activation) {
      case 'silu':
        return this.graph.node('QuickGelu', [x], { domain: MS, attributes: { alpha: { float: 1 } } });
      case 'gelu':
        return this.graph.node('Gelu', [x], { attributes: { approximate: { string: 'none' } } });
      case 'gelu_tanh':
        return this.graph.node('Gelu', [x], { attributes: { approximate: { string: 'tanh' } } });
      case 'relu':
        return this.graph.node('Relu', [x]);
    }
  }

  private lookUp(weight: string, indices: string): string {
    const channels = this.shapeOf(weight)[1] ?? 0;
    const rows = this.graph.node('Gather', [this.weight(weight), indices], {
      attributes: { axis: { int: 0 } },
    });
    return this.sized(this.reshape(rows, [-1, channels]), channels);
  }

  /** (N, heads * headDim) -> (B, T, heads * padded size). */
  private padHeads(x: string, heads: number, layout: HeadLayout): string {
    if (layout.size === layout.headDim) return this.byRow(x, heads * layout.headDim);
    const byHead = this.reshape(x, [-1, layout.headDim]);
    const padded = this.graph.node('MatMul', [byHead, this.selection(layout, 'pad')]);
    return this.byRow(padded, heads * layout.size);
  }

  /** (B, T, heads * padded size) -> (N, heads * headDim). The cropping drops zero channels of v only, which stand
   * where v was padded. */
  private cropHeads(x: string, heads: number, layout: HeadLayout): string {
    const channels = heads * layout.headDim;
    if (layout.size === layout.headDim) return this.sized(this.reshape(x, [-1, channels]), channels);
    const byHead = this.reshape(x, [-1, layout.size]);
    const cropped = this.graph.node('MatMul', [byHead, this.selection(layout, 'crop')]);
    return this.sized(this.reshape(cropped, [-1, channels]), channels);
  }

  /** A 0/1 matrix that moves each channel to its place; products with it are exact. */
  private selection(layout: HeadLayout, kind: 'pad' | 'crop'): string {
    const { headDim, size, places } = layout;
    const matrix = new Float32Array(headDim * size);
    for (const [channel, place] of places.entries()) {
      matrix[kind === 'pad' ? channel * size + place : place * headDim + channel] = 1;
    }
    const dims = kind === 'pad' ? [headDim, size] : [size, headDim];
    return this.constant(`${kind}[${places.join(',')}]`, dims, matrix);
  }

  /** cos and sin for each position and padded frequency: (maxLength, rotary half of the padded head). */
  private ropeTables(
    rope: NonNullable<AttentionSpec['rope']>,
    layout: HeadLayout,
  ): readonly [string, string] {
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
    return [this.constant(`cos${key}`, dims, cos), this.constant(`sin${key}`, dims, sin)];
  }

  private constant(name: string, dims: readonly number[], values: Float32Array<ArrayBuffer>): string {
    return this.graph.constant(name, this.float, dims, toFloatBytes(values, this.float));
  }

  private reshape(x: string, shape: readonly number[]): string {
    return this.graph.node('Reshape', [x, this.graph.int64s(shape)]);
  }

  private weight(name: string): string {
    return this.graph.mounted(name, this.float, this.shapeOf(name));
  }

  private shapeOf(name: string): readonly number[] {
    const shape = this.shapes.get(name);
    if (shape === undefined) throw new Error(`no tensor "${name}" in the architecture`);
    return shape;
  }

  private channelsOf(x: string): number {
    const channels = this.channels.get(x);
    if (channels === undefined) throw new Error(`value "${x}" has no known width`);
    return channels;
  }
}
