/** @file The float type a session computes in: float32, or float16 where the device has shader-f16. */
import { f32ToF16 } from '../../formats/half.ts';

export type FloatType = 'float32' | 'float16';

/** The values' bytes in the session's float type; float32 values are not copied. */
export function toFloatBytes(values: Float32Array<ArrayBuffer>, float: FloatType): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = float === 'float16' ? f32ToF16(values) : values;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
