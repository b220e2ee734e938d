/**
 * @file The transformer's operations as ONNX nodes: models/ops.ts over value names. Fused operators are used where
 * both execution providers have them (SimplifiedLayerNormalization, QuickGelu, Gelu). LoRA's factors are graph inputs, so that another adapter is another feed.
 */
import type { Architecture, LinearSpec } from '../../models/architecture.ts';
import type { Activation, AttentionSpec, Elementwise, Ops } from '../../models/ops.ts';
import type { BlockWeights } from './block-weights.ts';
import type { AttentionEmitter } from './attention.ts';
import type { GraphInputs } from './graph-inputs.ts';
import type { GraphWriter } from './graph-writer.ts';
import { headParts, loraInputNames } from './names.ts';

const MS = 'com.microsoft';

export class OnnxOps implements Ops<string> {
  private readonly linears: ReadonlyMap<string, LinearSpec>;
  private readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Channels of each activation emitted so far. */
  private readonly channels = new Map<string, number>();

  constructor(
    private readonly graph: GraphWriter,
    private readonly inputs: GraphInputs,
    private readonly emitter: AttentionEmitter,
    architecture: Architecture,
    private readonly blocks: BlockWeights,
    private readonly isTableOutside = false,
  ) {
    this.linears = new Map(architecture.linears.map((linear) => [linear.module, linear]));
    this.shapes = new Map(architecture.tensors.map(({ name, shape }) => [name, shape]));
  }

  embed(weight: string): string {
    if (!this.isTableOutside) return this.lookUp(weight, this.inputs.inputIds);
    const channels = this.shapeOf(weight)[1] ?? 0;
    return this.sized(this.inputs.embeddings(channels), channels);
  }

  embedPositions(weight: string): string {
    return this.lookUp(weight, this.inputs.positionIds());
  }

  linear(x: string, module: string): string {
    const linear = this.linears.get(module);
    if (linear === undefined) throw new Error(`no linear layer "${module}" in the architecture`);
    const { graph } = this;
    const base = this.base(x, linear);
    // y + (x A^T) (scaling B^T): the second Gemm takes the base's result as its C, which saves an Add.
    const names = loraInputNames(module);
    const rank = `rank(${module})`;
    const a = graph.input(names.a, this.graph.float, [linear.inFeatures, rank]);
    const b = graph.input(names.b, this.graph.float, [rank, linear.outFeatures]);
    const low = graph.node('MatMul', [x, a]);
    return this.sized(graph.node('Gemm', [low, b, base]), linear.outFeatures);
  }

  private base(x: string, linear: LinearSpec): string {
    const { graph } = this;
    const bias = linear.bias === undefined ? [] : [this.weight(linear.bias)];
    if (this.blocks.has(linear.weight)) {
      const product = this.blocks.product(x, linear);
      return bias.length === 0 ? product : graph.node('Add', [product, ...bias]);
    }
    if (linear.isHead && this.isTableOutside) {
      const parts = headParts(linear.weight, linear.outFeatures).map(({ name, rows }) =>
        graph.node('Gemm', [x, graph.mounted(name, [rows, linear.inFeatures])], {
          attributes: { transB: { int: 1 } },
        }),
      );
      const whole = graph.node('Concat', parts, { attributes: { axis: { int: 1 } } });
      return bias.length === 0 ? whole : graph.node('Add', [whole, ...bias]);
    }
    return graph.node('Gemm', [x, this.weight(linear.weight), ...bias], {
      attributes: { transB: { int: linear.layout === 'out_in' ? 1 : 0 } },
    });
  }

  rmsNorm(x: string, weight: string, eps: number): string {
    const channels = this.channelsOf(x);
    const [size] = this.shapeOf(weight);
    const attributes = { axis: { int: -1 }, epsilon: { float: eps } };
    const normalise = (value: string) =>
      this.graph.node('SimplifiedLayerNormalization', [value, this.weight(weight)], { attributes });
    if (size === channels || size === undefined) return this.sized(normalise(x), channels);
    return this.sized(
      this.graph.reshape(normalise(this.graph.reshape(x, [-1, size])), [-1, channels]),
      channels,
    );
  }

  layerNorm(x: string, module: string, eps: number): string {
    const inputs = [x, this.weight(`${module}.weight`), this.weight(`${module}.bias`)];
    const attributes = { axis: { int: -1 }, epsilon: { float: eps } };
    return this.sized(this.graph.node('LayerNormalization', inputs, { attributes }), this.channelsOf(x));
  }

  split(x: string, sizes: readonly number[], groups = 1): readonly string[] {
    const parts = sizes.map((_, i) => this.graph.fresh(`part${i}`));
    const whole = groups > 1 ? this.graph.reshape(x, [-1, groups, this.channelsOf(x) / groups]) : x;
    this.graph.nodeTo(parts, 'Split', [whole, this.graph.int64s(sizes)], {
      attributes: { axis: { int: -1 } },
    });
    return parts.map((part, i) => {
      const width = groups * (sizes[i] ?? 0);
      return this.sized(groups > 1 ? this.graph.reshape(part, [-1, width]) : part, width);
    });
  }

  attention(q: string, k: string, v: string, spec: AttentionSpec): string {
    return this.sized(this.emitter.emit(q, k, v, spec), spec.heads * spec.headDim);
  }

  gated(gate: string, up: string, activation: Activation): string {
    const product = this.graph.node('Mul', [this.map(gate, activation), up]);
    return this.sized(product, this.channelsOf(gate));
  }

  map(x: string, name: Elementwise, by = 1): string {
    return this.sized(this.mapped(x, name, by), this.channelsOf(x));
  }

  add(a: string, b: string): string {
    return this.sized(this.graph.node('Add', [a, b]), this.channelsOf(a));
  }

  /** Tells the width of a value that was emitted outside these operations. */
  sized(value: string, channels: number): string {
    this.channels.set(value, channels);
    return value;
  }

  private mapped(x: string, name: Elementwise, by: number): string {
    const number = () => this.graph.scalar(by);
    switch (name) {
      case 'silu':
        return this.graph.node('QuickGelu', [x], { domain: MS, attributes: { alpha: { float: 1 } } });
      case 'gelu':
        return this.graph.node('Gelu', [x], { attributes: { approximate: { string: 'none' } } });
      case 'gelu_tanh':
        return this.graph.node('Gelu', [x], { attributes: { approximate: { string: 'tanh' } } });
      case 'relu':
        return this.graph.node('Relu', [x]);
      case 'scale':
        return this.graph.node('Mul', [x, number()]);
      case 'softcap':
        return this.graph.node('Mul', [
          this.graph.node('Tanh', [this.graph.node('Div', [x, number()])]),
          number(),
        ]);
    }
  }

  private lookUp(weight: string, indices: string): string {
    const channels = this.shapeOf(weight)[1] ?? 0;
    const rows = this.blocks.has(weight)
      ? this.blocks.rows(weight, this.shapeOf(weight), indices)
      : this.graph.node('Gather', [this.weight(weight), indices], { attributes: { axis: { int: 0 } } });
    return this.sized(this.graph.reshape(rows, [-1, channels]), channels);
  }

  private weight(name: string): string {
    return this.graph.mounted(name, this.shapeOf(name));
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
