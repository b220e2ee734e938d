/**
 * @file Matrices in blocks of 32 (models/held.ts) as ONNX nodes: products by MatMulNBits, lookups by Gather and arithmetic, since
 * GatherBlockQuantized is missing from the page's build of onnxruntime-web (asyncify, on wasm). On wasm the product unpacks its matrix whole at every call, so a head is unpacked some rows at a time instead.
 */
import type { LinearSpec } from '../../models/architecture.ts';
import { BLOCK } from '../../models/held.ts';
import type { GraphInputs } from './graph-inputs.ts';
import type { GraphWriter } from './graph-writer.ts';
import { blockNames } from './names.ts';

const MS = 'com.microsoft';

/** Rows of a head that are unpacked at a time. */
const HEAD_ROWS = 8192;

/** TensorProto.DataType. */
const ONNX_FLOAT = 1;

export class BlockWeights {
  constructor(
    private readonly graph: GraphWriter,
    private readonly inputs: GraphInputs,
    private readonly types: ReadonlyMap<string, 'q8' | 'q4'> = new Map(),
  ) {}

  has(weight: string): boolean {
    return this.types.has(weight);
  }

  /** x W^T: (N, in) -> (N, out). */
  product(x: string, { weight, inFeatures, outFeatures, isHead }: LinearSpec): string {
    if (isHead) return this.productByRows(x, weight, [outFeatures, inFeatures]);
    const { quants, scales, bits } = this.mounted(weight, [outFeatures, inFeatures / BLOCK]);
    return this.graph.node('MatMulNBits', [x, quants, scales], {
      domain: MS,
      attributes: {
        ...{ K: { int: inFeatures }, N: { int: outFeatures }, bits: { int: bits } },
        ...{ block_size: { int: BLOCK }, accuracy_level: { int: 0 } },
      },
    });
  }

  /** Rows by their indices, as (N, blocks, BLOCK). */
  rows(weight: string, [rows = 1, columns = 1]: readonly number[], indices: string): string {
    const { graph } = this;
    const { quants, scales, bits } = this.mounted(weight, [rows, columns / BLOCK, 1]);
    const taken = graph.node('Gather', [quants, indices]);
    const blocks = columns / BLOCK;
    const levels = graph.reshape(bits === 8 ? taken : this.nibbles(taken), [-1, blocks, BLOCK]);
    const floats = graph.node('Cast', [levels], { attributes: { to: { int: ONNX_FLOAT } } });
    const scale = graph.reshape(graph.node('Gather', [scales, indices]), [-1, blocks, 1]);
    const centred = graph.node('Sub', [floats, graph.scalar(2 ** (bits - 1))]);
    return graph.node('Mul', [centred, scale]);
  }

  /** Both halves of each byte, the lower first. */
  private nibbles(bytes: string): string {
    const { graph } = this;
    const last = graph.int64s([-1]);
    const low = graph.node('BitwiseAnd', [bytes, graph.constant('15', 'uint8', [], Uint8Array.of(15))]);
    const four = graph.constant('4', 'uint8', [], Uint8Array.of(4));
    const high = graph.node('BitShift', [bytes, four], { attributes: { direction: { string: 'RIGHT' } } });
    const halves = [low, high].map((half) => graph.node('Unsqueeze', [half, last]));
    return graph.node('Concat', halves, { attributes: { axis: { int: -1 } } });
  }

  private productByRows(x: string, weight: string, [rows, columns]: readonly [number, number]): string {
    const parts: string[] = [];
    for (let from = 0; from < rows; from += HEAD_ROWS) {
      const count = Math.min(HEAD_ROWS, rows - from);
      const indices = this.inputs.atRun(this.graph.range(from, count));
      const some = this.graph.reshape(this.rows(weight, [rows, columns], indices), [-1, columns]);
      parts.push(this.graph.node('Gemm', [x, some], { attributes: { transB: { int: 1 } } }));
    }
    return this.graph.node('Concat', parts, { attributes: { axis: { int: 1 } } });
  }

  /** @param shape of the scales: MatMulNBits takes a matrix, a lookup one dimension more */
  private mounted(weight: string, shape: readonly [rows: number, blocks: number, ...1[]]) {
    const [rows, blocks] = shape;
    const { quants, scales } = blockNames(weight);
    const bits = this.types.get(weight) === 'q4' ? 4 : 8;
    return {
      bits,
      quants: this.graph.mounted(quants, [rows, blocks, (BLOCK * bits) / 8], 'uint8'),
      scales: this.graph.mounted(scales, shape, 'float32'),
    };
  }
}
