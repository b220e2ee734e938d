/**
 * @file A checkpoint with its matrices in another type than it has them in. Where that changes values, the base is another
 * one: what is computed, by whichever runtime, is computed with the values that the held ones stand for, and name and digest
 * say so.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture, LinearSpec, TensorSpec } from '../models/architecture.ts';
import { isMatrix } from '../models/architecture.ts';
import type { WeightType } from '../core/weights.ts';
import type { HeldMatrix } from '../models/held.ts';
import { BLOCK } from '../models/held.ts';
import { dequantised, quantised } from './blocks.ts';
import { bf16ToF32, f16ToF32, f32ToF16 } from './half.ts';
import { sha256OfText } from './sha256.ts';

const HALVES = { F16: 'f16', BF16: 'bf16' } as const;
type HalfDtype = keyof typeof HALVES;
const isHalf = (dtype: string | undefined): dtype is HalfDtype => dtype === 'F16' || dtype === 'BF16';

/** What the files have, and what is read of it here. */
interface Stored {
  readonly source: { readonly label: string };
  readonly architecture: Architecture;
  readonly tensors: ReadonlyMap<string, { readonly dtype: string }>;
  sha256(options?: object): Promise<string>;
  readFloat32(name: string, into?: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  readRaw(name: string): Promise<{ readonly bytes: Uint8Array<ArrayBuffer> }>;
}

export interface Held {
  /** The folder in words, and the type that its weights were brought into, where that changes them. */
  readonly label: string;
  /** How its matrices are held. */
  readonly weights: WeightType;
  /** A matrix as it is to be held; see WeightSource. */
  readHeld(tensor: TensorSpec): Promise<HeldMatrix>;
}

export function heldAs<T extends Stored>(stored: T, weights: WeightType): T & Held {
  const { architecture, source, tensors } = stored;
  const specOf = new Map(architecture.linears.map((spec) => [spec.weight, spec]));
  const matrices = new Map(
    architecture.tensors.filter((tensor) => isMatrix(architecture, tensor)).map((one) => [one.name, one]),
  );
  const dtypeOf = (name: string) => tensors.get(name)?.dtype;
  const isChanged =
    weights === 'q8' ||
    weights === 'q4' ||
    (weights === 'float16' && [...matrices.keys()].some((name) => !isHalf(dtypeOf(name))));

  const readHeld = async ({ name, shape }: TensorSpec): Promise<HeldMatrix> => {
    const spec = specOf.get(name);
    const [rows = 1, columns = 1] = shape;
    const isTurned = spec?.layout === 'in_out';
    const across = isTurned ? rows : columns;
    const dtype = dtypeOf(name);
    if (weights === 'float16' && isHalf(dtype) && !isTurned && across % 2 === 0) {
      const { bytes } = await stored.readRaw(name);
      return { type: HALVES[dtype], halves: new Uint16Array(bytes.slice().buffer) };
    }
    const read = await stored.readFloat32(name);
    const values = isTurned ? turned(read, rows, columns) : read;
    if (weights === 'float16' && across % 2 === 0 && dtype !== 'BF16') {
      return { type: 'f16', halves: narrowed(values, name) };
    }
    // A row that is not made of whole blocks stays as it is, as in GGUF's files.
    if ((weights === 'q8' || weights === 'q4') && across % BLOCK === 0) {
      const blocks = quantised(weights, values);
      if (blocks.scales.every(Number.isFinite)) return blocks;
      throw tooLarge(name, weights);
    }
    return { type: 'f32', values };
  };

  return {
    ...stored,
    ...{ weights, readHeld },
    label: isChanged ? `${source.label}@${weights}` : source.label,
    sha256: async (options?: object) => {
      const digest = await stored.sha256(options);
      return isChanged ? sha256OfText(`${digest}@${weights}`) : digest;
    },
    readFloat32: async (name: string, into?: Float32Array<ArrayBuffer>) => {
      const matrix = isChanged ? matrices.get(name) : undefined;
      if (matrix === undefined) return stored.readFloat32(name, into);
      const values = valuesOf(await readHeld(matrix), matrix, specOf.get(name));
      into?.set(values);
      return into ?? values;
    },
  };
}

/** What a held matrix stands for, in the layout that the checkpoint has it in. */
function valuesOf(
  held: HeldMatrix,
  { shape: [rows = 1, columns = 1] }: TensorSpec,
  spec: LinearSpec | undefined,
): Float32Array<ArrayBuffer> {
  const values = widened(held);
  return spec?.layout === 'in_out' ? turned(values, columns, rows) : values;
}

function widened(held: HeldMatrix): Float32Array<ArrayBuffer> {
  if (held.type === 'f32') return held.values;
  if ('scales' in held) return dequantised(held);
  const values = new Float32Array(held.halves.length);
  if (held.type === 'f16') f16ToF32(held.halves, values);
  else bf16ToF32(held.halves, values);
  return values;
}

function narrowed(values: Float32Array, name: string): Uint16Array<ArrayBuffer> {
  const halves = f32ToF16(values);
  if (halves.some((half) => (half & 0x7fff) === 0x7c00)) throw tooLarge(name, 'float16');
  return halves;
}

const tooLarge = (name: string, weights: WeightType): LabError =>
  new LabError('model-integrity', `"${name}" has values that are too large for ${weights}.`, {
    remedy: 'Load the model with its weights in float32.',
  });

/** The transpose of a row-major (rows, columns) matrix. */
function turned(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] ?? 0;
  }
  return out;
}
