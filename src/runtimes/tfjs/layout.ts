/**
 * @file Where each LoRA factor stands in the one flat parameter vector that training updates: for every adapted
 * linear layer in forward order, A (r, in) and then B (out, r), row-major. Gradients and both Adam moments share it.
 */
import { LabError } from '../../core/errors.ts';
import { validateAdapter } from '../../formats/adapter-check.ts';
import { pairRank, pairScaling, type Adapter, type LoraPair } from '../../lora/config.ts';
import type { LoraSlot } from '../../words/train-state.ts';
import type { LinearSpec } from '../../models/architecture.ts';

export interface AdapterLayout {
  readonly slots: readonly LoraSlot[];
  /** What multiplies B A, by module. */
  readonly scalings: ReadonlyMap<string, number>;
  /** Trained parameters in all. */
  readonly size: number;
}

/** The layout of an adapter on a model.
 * @throws LabError `adapter-mismatch` for one that does not fit. */
export function adapterLayout(linears: readonly LinearSpec[], adapter: Adapter): AdapterLayout {
  validateAdapter(adapter, { linears });
  const { config, pairs } = adapter;
  const slots: LoraSlot[] = [];
  const scalings = new Map<string, number>();
  let size = 0;
  for (const { module, inFeatures, outFeatures } of linears) {
    const pair = pairs.get(module);
    if (pair === undefined) continue;
    const r = pairRank(config, pair);
    scalings.set(module, pairScaling(config, pair));
    slots.push({ module, r, inFeatures, outFeatures, aOffset: size, bOffset: size + r * inFeatures });
    size += r * (inFeatures + outFeatures);
  }
  if (slots.length === 0) throw new LabError('adapter-mismatch', 'The adapter has no factors.');
  return { slots, scalings, size };
}

/** The adapter's factors in one vector. */
export function flatten(layout: AdapterLayout, adapter: Adapter): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.size);
  for (const { module, aOffset, bOffset } of layout.slots) {
    const pair = adapter.pairs.get(module);
    if (pair === undefined) continue;
    flat.set(pair.a, aOffset);
    flat.set(pair.b, bOffset);
  }
  return flat;
}

/** The flat vector cut back into factors (copies). */
export function unflatten(layout: AdapterLayout, flat: Float32Array): Map<string, LoraPair> {
  const pairs = new Map<string, LoraPair>();
  for (const { module, r, inFeatures, outFeatures, aOffset, bOffset } of layout.slots) {
    pairs.set(module, {
      a: new Float32Array(flat.subarray(aOffset, aOffset + r * inFeatures)),
      b: new Float32Array(flat.subarray(bOffset, bOffset + outFeatures * r)),
    });
  }
  return pairs;
}

/** The adapter with the factors of a flat vector in the place of its own. */
export function adapterFromFlat(layout: AdapterLayout, adapter: Adapter, flat: Float32Array): Adapter {
  const trained = [...unflatten(layout, flat)].map(
    ([module, factors]) => [module, { ...adapter.pairs.get(module), ...factors }] as const,
  );
  return { ...adapter, pairs: new Map(trained) };
}
