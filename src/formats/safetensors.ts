/**
 * @file Reads a safetensors file tensor by tensor, each by its own range, so that no more than one tensor's stored
 * bytes are held beside its float32 values.
 */
import { LabError } from '../core/errors.ts';
import { unreadable, type FileSource } from './file-source.ts';
import { missingFile } from './file-source.ts';
import { bf16ToF32, f16ToF32 } from './half.ts';
import {
  damaged,
  DTYPE_BYTES,
  parseHeader,
  parseHeaderLength,
  type Dtype,
  type SafetensorsHeader,
  type TensorInfo,
} from './safetensors-header.ts';

/** A tensor as it is stored: little-endian, row-major. */
export interface RawTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface SafetensorsFile extends SafetensorsHeader {
  /** Path inside the source. */
  readonly path: string;
  readonly fileBytes: number;
  /** The stored bytes. @throws LabError `model-integrity` for a name that is not there or a value that is no finite number. */
  readRaw(name: string): Promise<RawTensor>;
  /** The values as float32, in `into` where one is given (its length must fit).
   * @throws LabError `model-integrity` as readRaw, and for a value beyond float32's range. */
  readFloat32(name: string, into?: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
}

/** Stored bytes that are converted at a time: what a narrow or wide tensor costs beside its float32 values. */
const CONVERT_BYTES = 32 * 1024 * 1024;

/** Reads and validates the header.
 * @throws LabError `model-integrity` naming file, tensor, expected, found; `source-unreadable`. */
export async function openSafetensors(source: FileSource, path: string): Promise<SafetensorsFile> {
  const fileBytes = await source.size(path);
  if (fileBytes === null) throw missingFile(path, source.label);
  const prefix = await source.read(path, 0, Math.min(8, fileBytes));
  const headerBytes = parseHeaderLength(prefix, fileBytes, path);
  const header = parseHeader(await source.read(path, 8, 8 + headerBytes), fileBytes, path);
  const find = (name: string): TensorInfo => {
    const info = header.tensors.get(name);
    if (info === undefined) throw damaged(path, `there is no tensor "${name}".`);
    return info;
  };
  return {
    ...header,
    path,
    fileBytes,
    readRaw: async (name) => {
      const { dtype, shape, begin, end } = find(name);
      const bytes = await source.read(path, begin, end);
      checkFinite(dtype, bytes, 0, path, name);
      return { dtype, shape, bytes };
    },
    readFloat32: async (name, into) => readFloat32(source, path, name, find(name), into),
  };
}

async function readFloat32(
  source: FileSource,
  path: string,
  name: string,
  { dtype, begin, end }: TensorInfo,
  into: Float32Array<ArrayBuffer> | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const size = DTYPE_BYTES[dtype];
  const count = (end - begin) / size;
  if (into !== undefined && into.length !== count) {
    throw new LabError(
      'invalid-request',
      `${path}: "${name}" has ${count} values, the target ${into.length}.`,
    );
  }
  if (dtype === 'F32' && into === undefined) {
    const bytes = await source.read(path, begin, end);
    checkFinite(dtype, bytes, 0, path, name);
    return new Float32Array(alignedBuffer(bytes), 0, count);
  }
  const values = into ?? allocate(count, path, name);
  for (let at = begin; at < end; at += CONVERT_BYTES) {
    const bytes = await source.read(path, at, Math.min(end, at + CONVERT_BYTES));
    const first = (at - begin) / size;
    checkFinite(dtype, bytes, first, path, name);
    widen(dtype, alignedBuffer(bytes), values, first);
    // A finite double beyond float32's range has become infinite.
    if (dtype === 'F64') checkFloats(values.subarray(first, first + bytes.length / size), first, path, name);
  }
  return values;
}

function allocate(count: number, path: string, name: string): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw unreadable(path, `tensor "${name}" (${count} float32 values)`, cause);
  }
}

/** The bytes in a buffer of their own, which begins at 0 and so fits every element type. */
function alignedBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? bytes.buffer : bytes.slice().buffer;
}

/** Writes stored elements as float32 from index `at`. 64-bit integers beyond 2^53 are rounded. */
function widen(dtype: Dtype, stored: ArrayBuffer, out: Float32Array, at: number): void {
  switch (dtype) {
    case 'F16':
      f16ToF32(new Uint16Array(stored), out, at);
      break;
    case 'BF16':
      bf16ToF32(new Uint16Array(stored), out, at);
      break;
    case 'F64':
      out.set(new Float64Array(stored), at);
      break;
    case 'F32':
      out.set(new Float32Array(stored), at);
      break;
    case 'I64':
      new BigInt64Array(stored).forEach((value, i) => (out[at + i] = Number(value)));
      break;
    case 'I32':
      out.set(new Int32Array(stored), at);
      break;
    case 'I16':
      out.set(new Int16Array(stored), at);
      break;
    case 'I8':
      out.set(new Int8Array(stored), at);
      break;
    case 'U8':
    case 'BOOL':
      out.set(new Uint8Array(stored), at);
  }
}

/** An exponent of all ones is a NaN or an infinity, in every IEEE-like type: sought on the bits, half an element at a
 * time for the types of 4 and 8 bytes, whose upper half holds the exponent. */
function checkFinite(
  dtype: Dtype,
  bytes: Uint8Array<ArrayBuffer>,
  first: number,
  path: string,
  name: string,
): void {
  const masks: Partial<Record<Dtype, number>> = { F64: 0x7ff0, F32: 0x7f80, F16: 0x7c00, BF16: 0x7f80 };
  const mask = masks[dtype];
  if (mask === undefined) return;
  const stride = DTYPE_BYTES[dtype] / 2;
  const halves = new Uint16Array(alignedBuffer(bytes));
  for (let i = stride - 1; i < halves.length; i += stride) {
    if (((halves[i] ?? 0) & mask) === mask)
      throw notFinite(path, name, first + (i - stride + 1) / stride, dtype);
  }
}

function checkFloats(values: Float32Array, first: number, path: string, name: string): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw damaged(path, `tensor "${name}" holds a value beyond float32's range at index ${first + bad}.`);
  }
}

function notFinite(path: string, name: string, index: number, dtype: Dtype): LabError {
  return damaged(
    path,
    `tensor "${name}" (${dtype}) holds NaN or infinity at index ${index}, expected finite numbers.`,
  );
}
