/** @file Which layers look at everything before them and which through a sliding window, as config.json says it. */
import type { JsonObject } from './architecture.ts';
import { readCount, readFlag, refuse } from './config-reader.ts';

/** The kinds of attention layer that the lab computes, in transformers' words. */
export const LAYER_TYPES: readonly string[] = ['full_attention', 'sliding_attention'];

export interface LayerTypes {
  /** Those that the model has. */
  readonly kinds: readonly string[];
  readonly of: (layer: number) => string;
  /** A layer's window, undefined where it looks at everything. */
  readonly window: (layer: number) => number | undefined;
}

/** Llama: no windows; a config that asks for them is of another model. */
export function readFullLayers(config: JsonObject, layers: number): LayerTypes {
  const listed = readList(config, layers);
  const at = listed?.findIndex((type) => type !== 'full_attention') ?? -1;
  if (at >= 0) throw refuse(`layer_types[${at}]`, '"full_attention" in this family', listed?.[at]);
  return { kinds: ['full_attention'], of: () => 'full_attention', window: () => undefined };
}

/** Qwen: a layer is of the sliding kind where layer_types says so, or without it from layer max_window_layers upwards
 * once the window is switched on; only a window that is switched on narrows what it sees. */
export function readQwenLayers(config: JsonObject, layers: number): LayerTypes {
  const listed = readList(config, layers);
  const isOn = readFlag(config, 'use_sliding_window', false) && config.sliding_window !== null;
  const window = isOn ? readCount(config, 'sliding_window', 4096) : undefined;
  const from = config.max_window_layers === 0 ? 0 : readCount(config, 'max_window_layers', 28);
  const of = (layer: number) =>
    listed?.[layer] ?? (isOn && layer >= from ? 'sliding_attention' : 'full_attention');
  const isMixed = isOn && from > 0 && from < layers;
  return {
    kinds: listed === null ? (isMixed ? LAYER_TYPES : [of(0)]) : [...new Set(listed)],
    of,
    window: (layer) => (of(layer) === 'sliding_attention' ? window : undefined),
  };
}

/** layer_types, null where it is absent. Its length is the file's own, so it costs no more than reading that did. */
function readList(config: JsonObject, layers: number): readonly string[] | null {
  const list = config.layer_types ?? null;
  if (list === null) return null;
  if (!Array.isArray(list) || list.length !== layers) {
    throw refuse('layer_types', `a list of ${layers} layers`, Array.isArray(list) ? list.length : list);
  }
  return list.map((type: unknown, i) => {
    const known = LAYER_TYPES.find((name) => name === type);
    if (known === undefined) throw refuse(`layer_types[${i}]`, `one of ${LAYER_TYPES.join(', ')}`, type);
    return known;
  });
}
