/**
 * @file The header of a safetensors file: 8 bytes of little-endian length, that many bytes of JSON, then the
 * tensors' bytes without gaps. The rules are those of the reference implementation (huggingface/safetensors,
 * `Metadata::validate`): whatever it refuses is refused here, before anything is allocated for it.
 */
import { LabError } from '../core/errors.ts';
import { MAX_HEADER_BYTES } from './safetensors-length.ts';
import { decodeUtf8, findDuplicateKey, isJsonObject, kindOf, shownJson } from './json.ts';

/** Bytes of one element; the element types the lab reads. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value);
}

export interface TensorInfo {
  readonly dtype: Dtype;
  /** Row-major; [] is a scalar. */
  readonly shape: readonly number[];
  /** Bytes [begin, end) of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Most dimensions a tensor may have here; torch allows 64. */
const MAX_DIMENSIONS = 64;

export function damaged(file: string, what: string): LabError {
  return new LabError('model-integrity', `${file}: ${what}`);
}

/** Bytes of JSON that the file's first 8 bytes announce.
 * @throws LabError `model-integrity` for a length beyond the cap or the file. */
export function parseHeaderLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < 8) {
    throw damaged(file, `a safetensors file begins with 8 bytes of header length, found ${fileBytes} bytes.`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw damaged(
      file,
      `the header length is ${String(length)} bytes, expected at most ${MAX_HEADER_BYTES}.`,
    );
  }
  if (length + 8n > BigInt(fileBytes)) {
    throw damaged(
      file,
      `the header length is ${String(length)} bytes, but the file has ${fileBytes} in all.`,
    );
  }
  return Number(length);
}

/** @throws LabError `model-integrity` naming file, tensor, what was expected and found. */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): SafetensorsHeader {
  const entries = parseEntries(json, file);
  const dataBegin = 8 + json.length;
  const metadata = new Map<string, string>();
  const tensors: [name: string, info: TensorInfo][] = [];
  for (const [name, value] of entries) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(expectObject(value, '__metadata__', file))) {
        if (typeof text !== 'string') {
          throw damaged(file, `__metadata__ must map names to strings, found ${kindOf(text)} at "${key}".`);
        }
        metadata.set(key, text);
      }
    } else {
      tensors.push([name, parseTensor(value, name, dataBegin, file)]);
    }
  }
  // Empty tensors share their offset with the next one: they come first.
  tensors.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkLayout(tensors, dataBegin, fileBytes, file);
  return { tensors: new Map(tensors), metadata };
}

function parseEntries(json: Uint8Array, file: string): [string, unknown][] {
  let text: string;
  let parsed: unknown;
  try {
    text = decodeUtf8(json);
    parsed = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError('model-integrity', `${file}: the header is no JSON (${why}).`, { cause });
  }
  if (!isJsonObject(parsed) || !text.startsWith('{')) {
    throw damaged(file, `the header must begin with a JSON object, found ${kindOf(parsed)}.`);
  }
  const twice = findDuplicateKey(text);
  if (twice !== null) throw damaged(file, `the header names "${twice}" twice.`);
  return Object.entries(parsed);
}

function expectObject(value: unknown, name: string, file: string): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return value;
  throw damaged(file, `the header's entry "${name}" must be an object, found ${kindOf(value)}.`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseTensor(value: unknown, name: string, dataBegin: number, file: string): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = expectObject(value, name, file);
  if (!isDtype(dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw damaged(file, `tensor "${name}" has dtype ${shownJson(dtype)}, expected one of ${known}.`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount) || shape.length > MAX_DIMENSIONS) {
    throw damaged(
      file,
      `tensor "${name}" has shape ${shownJson(shape)}, expected at most ${MAX_DIMENSIONS} whole numbers >= 0.`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(
      file,
      `tensor "${name}" has data_offsets ${shownJson(offsets)}, expected two whole numbers >= 0.`,
    );
  }
  const [from = 0, to = 0] = offsets;
  if (from > to) {
    throw damaged(
      file,
      `tensor "${name}" has data_offsets [${from}, ${to}], whose end lies before its begin.`,
    );
  }
  const bytes = byteCount(dtype, shape);
  if (bytes !== to - from) {
    throw damaged(
      file,
      `tensor "${name}" of dtype ${dtype} and shape [${shape.join(', ')}] takes ${bytes ?? 'more than 2^53'} bytes, ` +
        `but its data_offsets [${from}, ${to}] span ${to - from}.`,
    );
  }
  return { dtype, shape, begin: dataBegin + from, end: dataBegin + to };
}

/** Bytes of a tensor, or null where the count is no exact number. */
function byteCount(dtype: Dtype, shape: readonly number[]): number | null {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return null;
  }
  const bytes = count * DTYPE_BYTES[dtype];
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Tensors follow each other from the header's end to the file's end, without overlap or hole. */
function checkLayout(
  tensors: readonly (readonly [string, TensorInfo])[],
  dataBegin: number,
  fileBytes: number,
  file: string,
): void {
  let position = dataBegin;
  for (const [name, { begin, end }] of tensors) {
    const at = `tensor "${name}" has data_offsets [${begin - dataBegin}, ${end - dataBegin}]`;
    if (end > fileBytes) {
      throw damaged(
        file,
        `${at}, but the file holds ${fileBytes - dataBegin} bytes of data: it is truncated.`,
      );
    }
    if (begin !== position) {
      const fault =
        begin < position ? 'which overlaps the tensor before it' : 'which leaves a hole before it';
      throw damaged(file, `${at}, ${fault}; expected to begin at ${position - dataBegin}.`);
    }
    position = end;
  }
  if (position !== fileBytes) {
    throw damaged(
      file,
      `the tensors end at byte ${position}, but the file has ${fileBytes}: expected nothing after the last tensor.`,
    );
  }
}
