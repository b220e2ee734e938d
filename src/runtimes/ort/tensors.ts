/** @file Tensors on the CPU for the graph's inputs, and checked reading of its outputs. */
import type { FloatType } from './float-type.ts';
import { toFloatBytes } from './float-type.ts';
import type { Ort, Tensor } from './ort.ts';

export function int64Tensor(ort: Ort, values: ArrayLike<number>, dims: readonly number[]): Tensor {
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = BigInt(values[i] ?? 0);
  return new ort.Tensor('int64', data, dims);
}

export function int32Tensor(ort: Ort, values: Int32Array, dims: readonly number[]): Tensor {
  return new ort.Tensor('int32', values, dims);
}

/** Float32 values in the session's float type; float32 is not copied. */
export function floatTensor(
  ort: Ort,
  float: FloatType,
  values: Float32Array<ArrayBuffer>,
  dims: readonly number[],
): Tensor {
  if (float === 'float32') return new ort.Tensor('float32', values, dims);
  const bytes = toFloatBytes(values, float);
  return new ort.Tensor('float16', new Uint16Array(bytes.buffer, bytes.byteOffset, values.length), dims);
}

export type Outputs = Readonly<Record<string, Tensor>>;

/** A float32 output's values on the CPU. */
export async function floatOutput(outputs: Outputs, name: string): Promise<Float32Array> {
  const data = await outputs[name]?.getData();
  if (data instanceof Float32Array) return data;
  throw new Error(`output "${name}" is no float32 tensor`);
}

/** An int64 output's values on the CPU, as numbers. */
export async function intOutput(outputs: Outputs, name: string): Promise<number[]> {
  const data = await outputs[name]?.getData();
  if (data instanceof BigInt64Array) return Array.from(data, Number);
  throw new Error(`output "${name}" is no int64 tensor`);
}
