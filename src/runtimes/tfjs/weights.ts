/**
 * @file The frozen base on the device. Every tensor is uploaded once and kept; which layouts of a linear weight are
 * kept is the way of computing's choice, since some backends multiply fast in one layout only.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { LinearSpec, WeightSource } from '../../models/architecture.ts';
import { readWeight } from '../../models/architecture.ts';
import { upload } from './kernels/transfer.ts';

/** Layouts of linear weights to keep: as stored, transposed to (in, out), to (out, in), or both. */
export type LinearLayouts = 'stored' | 'in_out' | 'both';

/** Above so many elements (256 MB) a weight is held once, as stored, where smaller ones are held in both layouts: a head
 * of 262,144 tokens would otherwise fill the wasm heap by itself. The kernels then multiply by the stored one. */
const MAX_TWICE = 2 ** 26;

export interface FrozenLinear {
  readonly spec: LinearSpec;
  /** (in, out) and (out, in) forms, where kept; at least one is. */
  readonly inOut?: Tensor;
  readonly outIn?: Tensor;
  readonly bias?: Tensor;
}

export class FrozenWeights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #linears: ReadonlyMap<string, FrozenLinear>;
  readonly #owned: readonly Tensor[];
  /** Bytes on the device, copies in other layouts included. */
  readonly bytes: number;

  private constructor(
    tensors: Map<string, Tensor>,
    linears: Map<string, FrozenLinear>,
    owned: Tensor[],
    packedBytes: number,
  ) {
    this.#tensors = tensors;
    this.#linears = linears;
    this.#owned = owned;
    this.bytes = owned.reduce((sum, { size }) => sum + 4 * size, 0) + packedBytes;
  }

  static async load(source: WeightSource, layouts: LinearLayouts): Promise<FrozenWeights> {
    const { architecture } = source;
    const tensors = new Map<string, Tensor>();
    const owned: Tensor[] = [];
    const place = (values: Float32Array<ArrayBuffer>, shape: readonly number[]): Tensor => {
      const uploaded = upload(values, shape);
      owned.push(uploaded);
      return uploaded;
    };
    try {
      const linearWeights = new Set(architecture.linears.map(({ weight }) => weight));
      const forms = new Map<string, { inOut?: Tensor; outIn?: Tensor }>();
      for (const tensor of architecture.tensors) {
        const { name, shape } = tensor;
        const values = await readWeight(source, tensor);
        const spec = architecture.linears.find(({ weight }) => weight === name);
        const asStored = !linearWeights.has(name) || layouts !== 'in_out' || spec?.isHead === true;
        if (asStored) tensors.set(name, place(values, shape));
        if (spec === undefined) continue;
        const stored = tensors.get(name);
        const { inFeatures, outFeatures } = spec;
        const isHeldOnce = layouts === 'both' && spec.layout === 'out_in' && values.length > MAX_TWICE;
        if (spec.layout === 'in_out') {
          const inOut = stored ?? place(values, [inFeatures, outFeatures]);
          forms.set(name, {
            inOut,
            ...(layouts === 'both'
              ? { outIn: place(transposed(values, inFeatures, outFeatures), [outFeatures, inFeatures]) }
              : {}),
          });
        } else {
          forms.set(name, {
            ...(stored === undefined ? {} : { outIn: stored }),
            ...(layouts === 'stored' || isHeldOnce
              ? {}
              : { inOut: place(transposed(values, outFeatures, inFeatures), [inFeatures, outFeatures]) }),
          });
        }
      }
      const linears = new Map<string, FrozenLinear>();
      for (const spec of architecture.linears) {
        const bias = spec.bias === undefined ? undefined : tensors.get(spec.bias);
        linears.set(spec.module, {
          spec,
          ...forms.get(spec.weight),
          ...(bias === undefined ? {} : { bias }),
        });
      }
      // XNNPACK keeps a packed copy of every right operand.
      const twice = [...forms.values()].filter(
        ({ inOut, outIn }) => inOut !== undefined && outIn !== undefined,
      );
      const packed = layouts === 'both' ? twice.flatMap(({ inOut, outIn }) => [inOut, outIn]) : [];
      const packedBytes = packed.reduce((sum, form) => sum + 4 * (form?.size ?? 0), 0);
      return new FrozenWeights(tensors, linears, owned, packedBytes);
    } catch (error) {
      for (const uploaded of owned) uploaded.dispose();
      throw error;
    }
  }

  tensor(name: string): Tensor {
    const found = this.#tensors.get(name);
    if (found === undefined)
      throw new LabError('internal', `The forward pass asks for a tensor ${name} that is not there.`);
    return found;
  }

  linear(module: string): FrozenLinear {
    const found = this.#linears.get(module);
    if (found === undefined)
      throw new LabError('internal', `The forward pass asks for a linear ${module} that is not there.`);
    return found;
  }

  dispose(): void {
    for (const owned of this.#owned) owned.dispose();
  }
}

/** The transpose of a row-major (rows, columns) matrix, in blocks that fit the cache. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  const BLOCK = 32;
  for (let i0 = 0; i0 < rows; i0 += BLOCK) {
    for (let j0 = 0; j0 < columns; j0 += BLOCK) {
      const iEnd = Math.min(rows, i0 + BLOCK);
      const jEnd = Math.min(columns, j0 + BLOCK);
      for (let i = i0; i < iEnd; i++) {
        for (let j = j0; j < jEnd; j++) out[j * rows + i] = values[i * columns + j] ?? 0;
      }
    }
  }
  return out;
}
