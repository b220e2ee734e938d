/**
 * @file How long a safetensors file is by its header, which is all that a download asks of it: a connection that broke is
 * then told from a file that is short. What is wrong with a header is told when the file is opened (safetensors-header.ts).
 */

/** The reference implementation's cap. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where the tensor ends, relative to the header's end; NaN where it does not say. */
function endOf(tensor: unknown): number {
  if (typeof tensor !== 'object' || tensor === null || !('data_offsets' in tensor)) return NaN;
  const offsets: unknown = tensor.data_offsets;
  const end: unknown = Array.isArray(offsets) ? offsets[1] : undefined;
  return typeof end === 'number' && Number.isSafeInteger(end) && end >= 0 ? end : NaN;
}

/** From a file's first bytes: undefined while they do not hold the whole header, null where it is no header. */
export function bytesByHeader(head: Uint8Array): number | null | undefined {
  if (head.length < 8) return undefined;
  const length = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) return null;
  if (head.length < 8 + length) return undefined;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(head.subarray(8, 8 + length)));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
    const ends = Object.entries(json).flatMap(([name, tensor]) =>
      name === '__metadata__' ? [] : [endOf(tensor)],
    );
    const most = 8 + length + ends.reduce((furthest, end) => Math.max(furthest, end), 0);
    return Number.isNaN(most) ? null : most;
  } catch {
    return null;
  }
}
