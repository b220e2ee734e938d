/**
 * @file A run's lasting events as they cross from the page, adapters as base64 (on the disk: store/runs/run-folder.ts).
 */
import { LabError } from '../../src/core/errors.ts';
import type { Infer } from '../../src/core/shape.ts';
import { array, object, tagged, text } from '../../src/core/shape.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { baseSha256, runLoraConfig, trainedFields, untrainedEvents } from '../../src/words/events.ts';
import { readText, textOfEvent } from '../../src/store/runs/event-text.ts';

export const crossingAdapter = object({
  config: runLoraConfig,
  baseSha256,
  /** Little-endian float32 in base64. */
  pairs: array(object({ module: text, a: text, b: text })),
});
const crossingEvent = tagged('type', [
  ...untrainedEvents,
  object({ ...trainedFields, adapter: crossingAdapter }),
]);

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

type Crossing = Infer<typeof crossingAdapter>;

export const crossing = ({ pairs, ...rest }: Adapter): Crossing => ({
  ...rest,
  pairs: [...pairs].map(([module, { a, b }]) => ({ module, a: toBase64(a), b: toBase64(b) })),
});
export const crossed = ({ pairs, ...rest }: Crossing): Adapter => ({
  ...rest,
  pairs: new Map(pairs.map(({ module, a, b }) => [module, { a: fromBase64(a), b: fromBase64(b) }])),
});

/** An event as text that crosses from page to tool and back. */
export const eventToText = (event: LastingEvent): string => textOfEvent(event, crossing);

/** @throws LabError `internal` naming what is no event. */
export function eventFromText(written: string): LastingEvent {
  const refused = (why: string, cause?: unknown) => new LabError('internal', `An event${why}.`, { cause });
  const event = readText(crossingEvent, written, refused);
  return event.type === 'trained' ? { ...event, adapter: crossed(event.adapter) } : event;
}
