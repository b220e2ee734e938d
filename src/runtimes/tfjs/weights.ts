/**
 * @file The frozen base on the device. Every tensor is uploaded once and kept; which layouts of a linear weight are
 * kept is the way of computing's choice, since some backends multiply fast in one layout only.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { LinearSpec, TensorSpec, WeightSource } from '../../models/architecture.ts';
import { isMatrix, readWeight } from '../../models/architecture.ts';
import type { HeldMatrix } from '../../models/held.ts';
import { heldCode, packWords, wordsOfRow } from './kernels/held.ts';
import { transposeInto } from './kernels/transpose.ts';
import { upload } from './kernels/transfer.ts';

/** Layouts of linear weights to keep: as stored, transposed to (in, out), to (out, in), both, or (out, in) alone in
 * the type that the source holds them in (held.ts), for kernels that unpack some of it at a time. */
export type LinearLayouts = 'stored' | 'in_out' | 'both' | 'once';

export interface FrozenLinear {
  readonly spec: LinearSpec;
  /** (in, out) and (out, in) forms, where kept; at least one is. */
  readonly inOut?: Tensor;
  readonly outIn?: Tensor;
  /** Type of a weight that is held once; 0 is float32. */
  readonly held: number;
  readonly bias?: Tensor;
}

/** A matrix by its name, as a lookup reads it. */
export interface FrozenMatrix {
  readonly tensor: Tensor;
  readonly held: number;
  readonly columns: number;
}

export class FrozenWeights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #codes: ReadonlyMap<string, number>;
  readonly #columns: ReadonlyMap<string, number>;
  readonly #linears: ReadonlyMap<string, FrozenLinear>;
  readonly #owned: readonly Tensor[];
  /** Bytes on the device, copies in other layouts included. */
  readonly bytes: number;

  private constructor(
    named: {
      readonly tensors: ReadonlyMap<string, Tensor>;
      readonly codes: ReadonlyMap<string, number>;
      readonly columns: ReadonlyMap<string, number>;
    },
    linears: Map<string, FrozenLinear>,
    owned: Tensor[],
    packedBytes: number,
  ) {
    this.#tensors = named.tensors;
    this.#codes = named.codes;
    this.#columns = named.columns;
    this.#linears = linears;
    this.#owned = owned;
    this.bytes = owned.reduce((sum, { size }) => sum + 4 * size, 0) + packedBytes;
  }

  static async load(source: WeightSource, layouts: LinearLayouts): Promise<FrozenWeights> {
    const { architecture } = source;
    const tensors = new Map<string, Tensor>();
    const owned: Tensor[] = [];
    const place = (
      values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
      shape: readonly number[],
    ): Tensor => {
      const uploaded = upload(values, shape);
      owned.push(uploaded);
      return uploaded;
    };
    const codes = new Map<string, number>();
    const columns = new Map(architecture.tensors.map(({ name, shape }) => [name, shape.at(-1) ?? 1]));
    try {
      const specs = new Map(architecture.linears.map((spec) => [spec.weight, spec]));
      const forms = new Map<string, { inOut?: Tensor; outIn?: Tensor }>();
      for (const tensor of architecture.tensors) {
        const { name, shape } = tensor;
        const spec = specs.get(name);
        if (layouts === 'once' && isMatrix(architecture, tensor)) {
          const held = await readHeld(source, tensor);
          const [rows = 1, across = 1] = spec?.layout === 'in_out' ? shape.toReversed() : shape;
          const placed =
            held.type === 'f32'
              ? place(held.values, [rows, across])
              : place(packWords(held, rows, across), [rows, wordsOfRow(held.type, across)]);
          tensors.set(name, placed);
          codes.set(name, heldCode(held.type));
          if (spec !== undefined) forms.set(name, { outIn: placed });
          continue;
        }
        const values = await readWeight(source, tensor);
        const asStored = spec === undefined || layouts !== 'in_out' || spec.isHead;
        if (asStored) tensors.set(name, place(values, shape));
        if (spec === undefined) continue;
        const stored = tensors.get(name);
        const { inFeatures, outFeatures } = spec;
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
            ...(layouts === 'stored'
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
          held: codes.get(spec.weight) ?? 0,
          ...(bias === undefined ? {} : { bias }),
        });
      }
      // XNNPACK keeps a packed copy of every right operand.
      const packed =
        layouts === 'both' ? [...forms.values()].flatMap(({ inOut, outIn }) => [inOut, outIn]) : [];
      const packedBytes = packed.reduce((sum, form) => sum + 4 * (form?.size ?? 0), 0);
      return new FrozenWeights({ tensors, codes, columns }, linears, owned, packedBytes);
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

  /** A matrix for a lookup of rows, which may be held in another type than float32. */
  matrix(name: string): FrozenMatrix {
    const tensor = this.tensor(name);
    return { tensor, held: this.#codes.get(name) ?? 0, columns: this.#columns.get(name) ?? 0 };
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

function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  transposeInto(out, { at: 0, stride: rows }, values, rows, columns);
  return out;
}

/** A matrix (out, in) in the type that the source holds it in; of a source that knows of none, float32. */
async function readHeld(source: WeightSource, tensor: TensorSpec): Promise<HeldMatrix> {
  const held = await source.readHeld?.(tensor);
  if (held !== undefined) return held;
  const values = await readWeight(source, tensor);
  const { name, shape } = tensor;
  const spec = source.architecture.linears.find(({ weight }) => weight === name);
  const [rows = 1, columns = 1] = shape;
  return { type: 'f32', values: spec?.layout === 'in_out' ? transposed(values, rows, columns) : values };
}
