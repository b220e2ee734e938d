/**
 * @file Where each LoRA factor stands in the one flat parameter vector that training updates: for every adapted
 * linear layer in forward order, A (r, in) and then B (out, r), row-major. Gradients and both Adam moments share it.
 */
import { LabError } from '../../core/errors.ts';
import { validateAdapter } from '../../formats/adapter-check.ts';
import type { Adapter, LoraConfig, LoraPair } from '../../lora/config.ts';
import type { LoraSlot } from '../../words/train-state.ts';
import type { LinearSpec } from '../../models/architecture.ts';

export interface AdapterLayout {
  readonly slots: readonly LoraSlot[];
  /** Trained parameters in all. */
  readonly size: number;
}

/** The layout of an adapter on a model.
 * @throws LabError `adapter-mismatch` for one that does not fit. */
export function adapterLayout(linears: readonly LinearSpec[], adapter: Adapter): AdapterLayout {
  validateAdapter(adapter, { linears });
  const { r } = adapter.config;
  const slots: LoraSlot[] = [];
  let size = 0;
  for (const { module, inFeatures, outFeatures } of linears) {
    if (!adapter.pairs.has(module)) continue;
    slots.push({ module, r, inFeatures, outFeatures, aOffset: size, bOffset: size + r * inFeatures });
    size += r * (inFeatures + outFeatures);
  }
  if (slots.length === 0) throw new LabError('adapter-mismatch', 'The adapter has no factors.');
  return { slots, size };
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

/** An adapter of the same configuration with the factors of a flat vector. */
export function adapterFromFlat(
  layout: AdapterLayout,
  config: LoraConfig,
  flat: Float32Array,
  base?: string,
): Adapter {
  const pairs = unflatten(layout, flat);
  return base === undefined ? { config, pairs } : { config, pairs, baseSha256: base };
}
