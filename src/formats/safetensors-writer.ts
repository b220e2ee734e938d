/** @file Writes safetensors files as the reference implementation does: header padded with spaces to 8 bytes. */
import { LabError } from '../core/errors.ts';
import { DTYPE_BYTES, type Dtype } from './safetensors-header.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major; any typed array or view of the stored elements. */
  readonly data: ArrayBufferView;
}

export interface WriteOptions {
  /** The file's __metadata__. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** 'sorted' (default): by element type, widest first, then by name, as the reference writes; 'given' keeps the order, and
   * with it the alignment of the data is the caller's business. */
  readonly order?: 'sorted' | 'given';
}

/** The whole file. @throws LabError `invalid-request` for a tensor whose bytes are not those of its shape, or a name twice. */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  { metadata, order = 'sorted' }: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const ordered = order === 'given' ? tensors : tensors.toSorted(compareTensors);
  const names = new Set<string>();
  // Assembled entry by entry: an object would reorder names that look like numbers.
  const entries: string[] = [];
  if (metadata !== undefined) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let position = 0;
  for (const { name, dtype, shape, data } of ordered) {
    const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
    if (data.byteLength !== bytes) {
      throw new LabError(
        'invalid-request',
        `Tensor "${name}" of dtype ${dtype} and shape [${shape.join(', ')}] takes ${bytes} bytes, got ${data.byteLength}.`,
      );
    }
    if (names.has(name) || name === '__metadata__') {
      throw new LabError('invalid-request', `Tensor "${name}" cannot be written twice or under that name.`);
    }
    names.add(name);
    const offsets = [position, position + bytes];
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`);
    position += bytes;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data } of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** The reference's enumeration of element types, in which it sorts from the last to the first. */
const DTYPE_ORDER: readonly Dtype[] = ['BOOL', 'U8', 'I8', 'I16', 'F16', 'BF16', 'I32', 'F32', 'F64', 'I64'];

function compareTensors(a: TensorToWrite, b: TensorToWrite): number {
  return DTYPE_ORDER.indexOf(b.dtype) - DTYPE_ORDER.indexOf(a.dtype) || compareUtf8(a.name, b.name);
}

/** Order of the UTF-8 bytes, which is not that of JavaScript's UTF-16 units. */
function compareUtf8(a: string, b: string): number {
  const x = new TextEncoder().encode(a);
  const y = new TextEncoder().encode(b);
  const differs = x.findIndex((byte, i) => byte !== y[i]);
  return differs < 0 ? x.length - y.length : (x[differs] ?? 0) - (y[differs] ?? -1);
}
