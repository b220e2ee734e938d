/**
 * @file A minimal writer of ONNX's protobuf messages: just the fields that this room's graphs use. Field numbers are
 * those of onnx.proto3 (github.com/onnx/onnx, IR version 10); wire types those of the protobuf encoding guide.
 * Knows nothing of models.
 */

/** Element types, as TensorProto.DataType numbers them. */
export const DATA_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
export type DataType = keyof typeof DATA_TYPE;

const IR_VERSION = 10;
const utf8 = new TextEncoder();

/** One protobuf message under construction: fields are appended in the order written. */
class Message {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  /** Wire type 0. Negative numbers take ten bytes, as int64 does. */
  varint(field: number, value: number | bigint): this {
    return this.key(field, 0).raw(varintBytes(BigInt.asUintN(64, BigInt(value))));
  }

  /** Wire type 5, little-endian float32. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.key(field, 5).raw(bytes);
  }

  /** Wire type 2: strings, bytes and sub-messages. */
  bytes(field: number, value: Uint8Array | string | Message): this {
    const bytes =
      typeof value === 'string' ? utf8.encode(value) : value instanceof Message ? value.finish() : value;
    return this.key(field, 2)
      .raw(varintBytes(BigInt(bytes.length)))
      .raw(bytes);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.parts) {
      out.set(part, offset);
      offset += part.length;
    }
    return out;
  }

  private key(field: number, wireType: number): this {
    return this.raw(varintBytes(BigInt((field << 3) | wireType)));
  }

  private raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.size += bytes.length;
    return this;
  }
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** An attribute's value; `int` and `float` say which number type the operator declares. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface NodeSpec {
  readonly opType: string;
  /** '' marks an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** '' is ONNX's own domain. */
  readonly domain?: string;
}

/** A graph input or output; a string dimension is symbolic. */
export interface ValueSpec {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

/** A constant: its bytes inside the model, or the name of the external file that holds exactly its bytes. */
export interface InitializerSpec {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: { readonly raw: Uint8Array } | { readonly file: string; readonly byteLength: number };
}

export interface ModelSpec {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  readonly initializers: readonly InitializerSpec[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  /** Version of each operator domain. */
  readonly opsets: Readonly<Record<string, number>>;
}

/** ModelProto {1: ir_version, 2: producer_name, 7: graph, 8: opset_import}. */
export function encodeModel(model: ModelSpec): Uint8Array<ArrayBuffer> {
  // GraphProto {1: node, 2: name, 5: initializer, 11: input, 12: output}.
  const graph = new Message();
  for (const node of model.nodes) graph.bytes(1, encodeNode(node));
  graph.bytes(2, model.name);
  for (const initializer of model.initializers) graph.bytes(5, encodeInitializer(initializer));
  for (const input of model.inputs) graph.bytes(11, encodeValue(input));
  for (const output of model.outputs) graph.bytes(12, encodeValue(output));

  const out = new Message().varint(1, IR_VERSION).bytes(2, 'bootlace').bytes(7, graph);
  for (const [domain, version] of Object.entries(model.opsets)) {
    // OperatorSetIdProto {1: domain, 2: version}.
    out.bytes(8, new Message().bytes(1, domain).varint(2, version));
  }
  return out.finish();
}

/** NodeProto {1: input, 2: output, 3: name, 4: op_type, 5: attribute, 7: domain}. */
function encodeNode(node: NodeSpec): Message {
  const out = new Message();
  for (const input of node.inputs) out.bytes(1, input);
  for (const output of node.outputs) out.bytes(2, output);
  out.bytes(3, `${node.opType}:${node.outputs[0] ?? ''}`).bytes(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes ?? {}))
    out.bytes(5, encodeAttribute(name, value));
  return out.bytes(7, node.domain ?? '');
}

/** AttributeProto {1: name, 2: f, 3: i, 4: s, 8: ints, 20: type}; types FLOAT 1, INT 2, STRING 3, INTS 7. */
function encodeAttribute(name: string, value: Attribute): Message {
  const out = new Message().bytes(1, name);
  if ('float' in value) return out.float(2, value.float).varint(20, 1);
  if ('int' in value) return out.varint(3, value.int).varint(20, 2);
  if ('string' in value) return out.bytes(4, value.string).varint(20, 3);
  for (const item of value.ints) out.varint(8, item);
  return out.varint(20, 7);
}

/** ValueInfoProto {1: name, 2: type}; TypeProto {1: tensor_type}; Tensor {1: elem_type, 2: shape};
 * TensorShapeProto {1: dim}; Dimension {1: dim_value, 2: dim_param}. */
function encodeValue(value: ValueSpec): Message {
  const shape = new Message();
  for (const dim of value.dims) {
    shape.bytes(1, typeof dim === 'number' ? new Message().varint(1, dim) : new Message().bytes(2, dim));
  }
  const tensor = new Message().varint(1, DATA_TYPE[value.type]).bytes(2, shape);
  return new Message().bytes(1, value.name).bytes(2, new Message().bytes(1, tensor));
}

/** TensorProto {1: dims, 2: data_type, 8: name, 9: raw_data, 13: external_data, 14: data_location (EXTERNAL 1)};
 * StringStringEntryProto {1: key, 2: value}. */
function encodeInitializer(tensor: InitializerSpec): Message {
  const out = new Message();
  for (const dim of tensor.dims) out.varint(1, dim);
  out.varint(2, DATA_TYPE[tensor.type]).bytes(8, tensor.name);
  if ('raw' in tensor.data) return out.bytes(9, tensor.data.raw);
  const entry = (key: string, value: string) => new Message().bytes(1, key).bytes(2, value);
  return out
    .bytes(13, entry('location', tensor.data.file))
    .bytes(13, entry('offset', '0'))
    .bytes(13, entry('length', String(tensor.data.byteLength)))
    .varint(14, 1);
}
