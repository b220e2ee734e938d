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
  /** Whether positions are rotated in. */
  readonly isRotated: (layer: number) => boolean;
}

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';
const always = () => true;

/** Llama: no windows; a config that asks for them is of another model. */
export function readFullLayers(config: JsonObject, layers: number): LayerTypes {
  const listed = readList(config, layers);
  const at = listed?.findIndex((type) => type !== 'full_attention') ?? -1;
  if (at >= 0) throw refuse(`layer_types[${at}]`, '"full_attention" in this family', listed?.[at]);
  return { kinds: [FULL], of: () => FULL, window: () => undefined, isRotated: always };
}

/** Mistral, Phi-3: one window for all layers, or none. `fallback` stands where the field is absent; null is none. */
export function readOneWindow(config: JsonObject, fallback: number | null): LayerTypes {
  const { sliding_window: said = fallback } = config;
  const window = said === null ? undefined : readCount(config, 'sliding_window', fallback ?? undefined);
  const kind = window === undefined ? FULL : SLIDING;
  return { kinds: [kind], of: () => kind, window: () => window, isRotated: always };
}

/** Gemma: as layer_types says, or full attention in every `fullEvery`th layer; the others see a window. */
export function readPatternLayers(
  config: JsonObject,
  layers: number,
  defaults: { readonly window: number; readonly fullEvery: number },
): LayerTypes {
  const listed = readList(config, layers);
  const pattern = ['sliding_window_pattern', '_sliding_window_pattern'].find(
    (field) => config[field] != null,
  );
  const fullEvery = pattern === undefined ? defaults.fullEvery : readCount(config, pattern);
  const of = (layer: number) => listed?.[layer] ?? ((layer + 1) % fullEvery === 0 ? FULL : SLIDING);
  const window = readCount(config, 'sliding_window', defaults.window);
  const isMixed = layers >= fullEvery && fullEvery > 1;
  return {
    kinds: listed === null ? (isMixed ? LAYER_TYPES : [of(0)]) : [...new Set(listed)],
    of,
    window: (layer) => (of(layer) === SLIDING ? window : undefined),
    isRotated: always,
  };
}

/** SmolLM3: layers without rotation where no_rope_layers has 0, or every no_rope_layer_interval-th; they are the ones
 * with a window, once it is switched on. */
export function readSmolLayers(config: JsonObject, layers: number): LayerTypes {
  const listed = readList(config, layers);
  const interval = readCount(config, 'no_rope_layer_interval', 4);
  const said = config.no_rope_layers ?? null;
  if (
    said !== null &&
    !(Array.isArray(said) && said.length >= layers && said.every((x) => x === 0 || x === 1))
  )
    throw refuse('no_rope_layers', `a list of 0 or 1 for each of ${layers} layers`, said);
  const isRotated = (layer: number) =>
    Array.isArray(said) ? said[layer] === 1 : (layer + 1) % interval !== 0;
  const { sliding_window: wide } = config;
  const isOn = readFlag(config, 'use_sliding_window', false) && wide != null;
  const window = isOn ? readCount(config, 'sliding_window') : undefined;
  const of = (layer: number) => listed?.[layer] ?? (isOn && !isRotated(layer) ? SLIDING : FULL);
  return {
    kinds: listed === null ? (isOn ? LAYER_TYPES : [FULL]) : [...new Set(listed)],
    of,
    window: (layer) => (of(layer) === SLIDING ? window : undefined),
    isRotated,
  };
}

/** Qwen: a layer is of the sliding kind where layer_types says so, or without it from layer max_window_layers upwards
 * once the window is switched on; only a window that is switched on narrows what it sees. */
export function readQwenLayers(config: JsonObject, layers: number): LayerTypes {
  const listed = readList(config, layers);
  const { sliding_window: said } = config;
  const isOn = readFlag(config, 'use_sliding_window', false) && said !== null;
  const window = isOn ? readCount(config, 'sliding_window', 4096) : undefined;
  const from = config.max_window_layers === 0 ? 0 : readCount(config, 'max_window_layers', 28);
  const of = (layer: number) =>
    listed?.[layer] ?? (isOn && layer >= from ? 'sliding_attention' : 'full_attention');
  const isMixed = isOn && from > 0 && from < layers;
  return {
    kinds: listed === null ? (isMixed ? LAYER_TYPES : [of(0)]) : [...new Set(listed)],
    of,
    window: (layer) => (of(layer) === SLIDING ? window : undefined),
    isRotated: always,
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
