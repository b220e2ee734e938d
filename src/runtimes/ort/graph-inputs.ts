/**
 * @file The graph's inputs that describe a batch, declared when first used: learnt positions need position ids, the
 * fused attention lengths, the composed one masks. A caller feeds what the session's input names ask for.
 */
import type { GraphWriter } from './graph-writer.ts';
import { INPUT, maskName } from './names.ts';

export class GraphInputs {
  /** (B, T) int64 token ids. */
  readonly inputIds: string;
  /** Widths of the masks asked for. */
  readonly windows: (number | undefined)[] = [];
  private readonly declared = new Map<string, string>();
  /** (2) int64: B and T. */
  private shape: string | undefined;

  constructor(private readonly graph: GraphWriter) {
    this.inputIds = graph.input(INPUT.inputIds, 'int64', ['batch', 'length']);
  }

  /** (B T, C): the tokens' embeddings, where the session has no table of them. */
  embeddings(channels: number): string {
    return this.once(INPUT.embeddings, (name) =>
      this.graph.input(name, this.graph.float, ['tokens', channels]),
    );
  }

  /** (B, T) int64: each token's position in its own row. */
  positionIds(): string {
    return this.once(INPUT.positionIds, (name) => this.graph.input(name, 'int64', ['batch', 'length']));
  }

  /** (B) int32: each row's number of tokens, cache included, minus 1. */
  seqlensK(): string {
    return this.once(INPUT.seqlensK, (name) => this.graph.input(name, 'int32', ['batch']));
  }

  /** () int32: the longest row's number of tokens, cache included. */
  totalSequenceLength(): string {
    return this.once(INPUT.totalSequenceLength, (name) => this.graph.input(name, 'int32', []));
  }

  /** (B or 1, 1, 1, T, S) floats to be added to the attention scores, S the cache's capacity plus T. */
  mask(window: number | undefined): string {
    const dims = ['mask_batch', 1, 1, 'length', 'span'];
    return this.once(maskName(window), (name) => {
      this.windows.push(window);
      return this.graph.input(name, this.graph.float, dims);
    });
  }

  /** (2) int64: the cache's capacity and T, read from the shape of any of its tensors (B, KV, capacity, D). */
  span(past: string): string {
    return this.once('span', () => {
      const attributes = { start: { int: 2 }, end: { int: 3 } };
      const capacity = this.graph.node('Shape', [past], { attributes });
      const length = this.graph.node('Shape', [this.inputIds], {
        attributes: { start: { int: 1 }, end: { int: 2 } },
      });
      return this.graph.node('Concat', [capacity, length], { attributes: { axis: { int: 0 } } });
    });
  }

  /** (B T, C) or another shape of the same values -> (B, T, ...dims). */
  byRow(x: string, ...dims: readonly number[]): string {
    const shape = this.once(`shape(${dims.join(',')})`, () => {
      this.shape ??= this.graph.node('Shape', [this.inputIds]);
      const attributes = { axis: { int: 0 } };
      return this.graph.node('Concat', [this.shape, this.graph.int64s(dims)], { attributes });
    });
    return this.graph.node('Reshape', [x, shape]);
  }

  /** A vector of int64 that onnxruntime does not take for a constant, or it would compute what hangs on it when the session
   * is made and keep the result. */
  atRun(constant: string): string {
    const zero = this.once('zero', () => {
      const of = (end: number) =>
        this.graph.node('Shape', [this.inputIds], { attributes: { start: { int: 0 }, end: { int: end } } });
      return this.graph.node('Sub', [of(1), of(1)]);
    });
    return this.graph.node('Add', [constant, zero]);
  }

  private once(name: string, declare: (name: string) => string): string {
    const value = this.declared.get(name) ?? declare(name);
    this.declared.set(name, value);
    return value;
  }
}
