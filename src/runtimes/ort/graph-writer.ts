/**
 * @file Collects the nodes, constants, inputs and outputs of one ONNX graph. Values are named by strings; constants
 * with equal content are stored once. Knows nothing of transformers.
 */
import type { FloatType } from './float-type.ts';
import { toFloatBytes } from './float-type.ts';
import type { Attribute, DataType, InitializerSpec, NodeSpec, ValueSpec } from './onnx-proto.ts';
import { encodeModel } from './onnx-proto.ts';

const BYTES = { float16: 2, float32: 4, uint8: 1 } as const;

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Microsoft's contrib operators live in 'com.microsoft'. */
  readonly domain?: 'com.microsoft';
}

export class GraphWriter {
  private readonly nodes: NodeSpec[] = [];
  private readonly initializers = new Map<string, InitializerSpec>();
  private readonly inputs: ValueSpec[] = [];
  private readonly outputs: ValueSpec[] = [];
  private count = 0;

  /** @param float the type of all activations, weights and float constants */
  constructor(readonly float: FloatType) {}

  /** A node with one output, whose fresh name is returned. */
  node(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const output = this.fresh(opType);
    this.nodes.push({ opType, inputs, outputs: [output], ...options });
    return output;
  }

  /** A node whose outputs carry the given names. */
  nodeTo(
    outputs: readonly string[],
    opType: string,
    inputs: readonly string[],
    options: NodeOptions = {},
  ): void {
    this.nodes.push({ opType, inputs, outputs, ...options });
  }

  fresh(hint: string): string {
    return `${hint}_${this.count++}`;
  }

  input(name: string, type: DataType, dims: readonly (number | string)[]): string {
    this.inputs.push({ name, type, dims });
    return name;
  }

  output(name: string, type: DataType, dims: readonly (number | string)[]): void {
    this.outputs.push({ name, type, dims });
  }

  /** A constant vector of int64. */
  int64s(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(`int64[${values.join(',')}]`, 'int64', [values.length], new Uint8Array(data.buffer));
  }

  /** `count` whole numbers from `from` on, as int64. */
  range(from: number, count: number): string {
    const data = BigInt64Array.from({ length: count }, (_, i) => BigInt(from + i));
    return this.constant(`range[${from},${count}]`, 'int64', [count], new Uint8Array(data.buffer));
  }

  /** A constant in the graph's float type. */
  floats(name: string, dims: readonly number[], values: Float32Array<ArrayBuffer>): string {
    return this.constant(name, this.float, dims, toFloatBytes(values, this.float));
  }

  scalar(value: number): string {
    return this.floats(`scalar ${value}`, [], Float32Array.of(value));
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.node('Reshape', [x, this.int64s(shape)]);
  }

  /** A constant whose bytes stand in the model itself; one per name. */
  constant(name: string, type: DataType, dims: readonly number[], raw: Uint8Array): string {
    if (!this.initializers.has(name)) this.initializers.set(name, { name, type, dims, data: { raw } });
    return name;
  }

  /** A constant mounted at session creation as the external file of its own name. */
  mounted(name: string, dims: readonly number[], type: 'float16' | 'float32' | 'uint8' = this.float): string {
    if (!this.initializers.has(name)) {
      const byteLength = dims.reduce((a, b) => a * b, BYTES[type]);
      this.initializers.set(name, { name, type, dims, data: { file: name, byteLength } });
    }
    return name;
  }

  /** The model's bytes, for opset 21 and Microsoft's contrib operators. */
  finish(name: string): Uint8Array<ArrayBuffer> {
    return encodeModel({
      name,
      nodes: this.nodes,
      initializers: [...this.initializers.values()],
      inputs: this.inputs,
      outputs: this.outputs,
      opsets: { '': 21, 'com.microsoft': 1 },
    });
  }
}
