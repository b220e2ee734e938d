/**
 * @file A run's lasting events as they cross from the page and as they lie on disk: adapters as base64 (crossing) or by
 * digest (on disk, where PEFT's files hold the weights). The shapes of all else are the store's.
 */
import type { LastingEvent } from '../../src/words/events.ts';
import type { Adapter, LoraConfig } from '../../src/lora/config.ts';
import type { Shape } from '../../src/protocol/shape.ts';
import { array, object, optional, tagged, text } from '../../src/protocol/shape.ts';
import { loraConfig } from '../../src/protocol/words.ts';
import { fromJson, toJson } from '../../src/store/runs/event-json.ts';
import type { EventWith } from '../../src/store/runs/event-shape.ts';
import { trainedFields, untrainedEvents } from '../../src/store/runs/event-shape.ts';

interface CrossingAdapter {
  readonly config: LoraConfig;
  readonly baseSha256?: string;
  /** Little-endian float32 in base64. */
  readonly pairs: readonly { readonly module: string; readonly a: string; readonly b: string }[];
}
/** An adapter whose files lie beside the events. */
export interface AdapterReference {
  readonly config: LoraConfig;
  /** Of adapter_model.safetensors. */
  readonly sha256: string;
}
export type StoredEvent = EventWith<AdapterReference>;
type CrossingEvent = EventWith<CrossingAdapter>;

export const storedEvent: Shape<StoredEvent> = tagged<StoredEvent, 'type'>('type', {
  ...untrainedEvents,
  trained: object<Extract<StoredEvent, { readonly type: 'trained' }>>({
    ...trainedFields,
    adapter: object<AdapterReference>({ config: loraConfig, sha256: text }),
  }),
});
const crossingEvent: Shape<CrossingEvent> = tagged<CrossingEvent, 'type'>('type', {
  ...untrainedEvents,
  trained: object<Extract<CrossingEvent, { readonly type: 'trained' }>>({
    ...trainedFields,
    adapter: object<CrossingAdapter>({
      config: loraConfig,
      baseSha256: optional(text),
      pairs: array(object<CrossingAdapter['pairs'][number]>({ module: text, a: text, b: text })),
    }),
  }),
});

const CHUNK = 0x8000;
function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}
function fromBase64(base64: string): Float32Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

/** An event as text that crosses from page to tool and back. */
export function eventToText(event: LastingEvent): string {
  if (event.type !== 'trained') return toJson(event);
  const { config, pairs, baseSha256 } = event.adapter;
  const adapter: CrossingAdapter = {
    config,
    ...(baseSha256 === undefined ? {} : { baseSha256 }),
    pairs: [...pairs].map(([module, { a, b }]) => ({ module, a: toBase64(a), b: toBase64(b) })),
  };
  return toJson({ ...event, adapter });
}

/** @throws LabError `internal` naming what is no event. */
export function eventFromText(crossed: string): LastingEvent {
  const event = crossingEvent.parse(fromJson(crossed), 'An event', 'internal');
  if (event.type !== 'trained') return event;
  const { config, pairs, baseSha256 } = event.adapter;
  const adapter: Adapter = {
    config,
    pairs: new Map(pairs.map(({ module, a, b }) => [module, { a: fromBase64(a), b: fromBase64(b) }])),
    ...(baseSha256 === undefined ? {} : { baseSha256 }),
  };
  return { ...event, adapter };
}
