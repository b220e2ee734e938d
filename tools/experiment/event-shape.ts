/**
 * @file A run's lasting events as they cross from the page and as they lie on disk: shapes, JSON that keeps numbers that
 * are not finite, and adapters as base64 (crossing) or by digest (on disk, where PEFT's files hold the weights).
 */
import type { TrainStep } from '../../src/core/engine.ts';
import type { FinishReason } from '../../src/core/engine.ts';
import type {
  Cost,
  EndReason,
  EvaluatedSplit,
  Evaluation,
  LastingEvent,
  Mode,
  Prediction,
  Ranked,
  Sample,
  Verdict,
} from '../../src/core/events.ts';
import type { Adapter, LoraConfig } from '../../src/lora/config.ts';
import type { Shape } from '../../src/protocol/shape.ts';
import {
  array,
  count,
  exactly,
  flag,
  nullable,
  number,
  object,
  optional,
  tagged,
  text,
  word,
} from '../../src/protocol/shape.ts';
import { loraConfig } from '../../src/protocol/words.ts';

type Trained = Extract<LastingEvent, { readonly type: 'trained' }>;
type With<A> = Exclude<LastingEvent, Trained> | (Omit<Trained, 'adapter'> & { readonly adapter: A });

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
export type StoredEvent = With<AdapterReference>;
type CrossingEvent = With<CrossingAdapter>;

const cost = object<Cost>({ tokens: number, milliseconds: number });
const sample = object<Sample>({
  id: text,
  input: text,
  demonstrations: array(text),
  answer: text,
  said: optional(text),
  ids: array(count),
  logprobs: array(number),
  perplexity: nullable(number),
  finishReason: word<FinishReason>({ eos: true, 'stop-string': true, length: true }),
  verdict: word<Verdict>({
    ...{ kept: true, empty: true, unfinished: true, repeats: true, copies: true, 'outside-labels': true },
    ...{ perplexity: true, 'near-duplicate': true, 'too-short': true },
  }),
  key: text,
  isRight: nullable(flag),
});
const evaluation = object<Evaluation>({
  split: word<EvaluatedSplit>({ validation: true, probe: true, test: true }),
  mode: word<Mode>({ 'zero-shot': true, 'few-shot': true }),
  predictions: array(
    object<Prediction>({
      ...{ id: text, answer: text, isFinished: flag, isExact: flag },
      labelLogprobs: optional(array(number)),
    }),
  ),
  contentFree: optional(array(number)),
  tokenEntropy: nullable(number),
});
const trainStep = object<TrainStep>({
  ...{ type: exactly('step'), step: count, maxSteps: count, loss: number, gradNorm: number },
  ...{ learningRate: number, tokens: count },
});
const others = {
  ranked: object<Extract<LastingEvent, { readonly type: 'ranked' }>>({
    type: exactly('ranked'),
    ranking: array(object<Ranked>({ id: text, answer: text, perplexity: number, tokens: count })),
    cost,
  }),
  labelled: object<Extract<LastingEvent, { readonly type: 'labelled' }>>({
    ...{ type: exactly('labelled'), round: count, samples: array(sample), cost },
  }),
  evaluated: object<Extract<LastingEvent, { readonly type: 'evaluated' }>>({
    ...{ type: exactly('evaluated'), round: count, evaluation, cost },
  }),
  'round-ended': object<Extract<LastingEvent, { readonly type: 'round-ended' }>>({
    ...{ type: exactly('round-ended'), round: count, validation: nullable(number), falls: count },
  }),
  ended: object<Extract<LastingEvent, { readonly type: 'ended' }>>({
    type: exactly('ended'),
    reason: word<EndReason>({
      ...{ 'all-rounds': true, 'validation-fell': true, 'nothing-kept': true, 'nothing-novel': true },
    }),
    bestRound: count,
  }),
};
const trained = { type: exactly('trained'), round: count, curve: array(trainStep), examples: count, cost };

export const storedEvent: Shape<StoredEvent> = tagged<StoredEvent, 'type'>('type', {
  ...others,
  trained: object<Extract<StoredEvent, { readonly type: 'trained' }>>({
    ...trained,
    adapter: object<AdapterReference>({ config: loraConfig, sha256: text }),
  }),
});
const crossingEvent: Shape<CrossingEvent> = tagged<CrossingEvent, 'type'>('type', {
  ...others,
  trained: object<Extract<CrossingEvent, { readonly type: 'trained' }>>({
    ...trained,
    adapter: object<CrossingAdapter>({
      config: loraConfig,
      baseSha256: optional(text),
      pairs: array(object<CrossingAdapter['pairs'][number]>({ module: text, a: text, b: text })),
    }),
  }),
});

/** JSON has no NaN and no infinities; a log-probability of 0 chances has one. */
const NUMBER = '$number';
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'number' && !Number.isFinite(item) ? { [NUMBER]: String(item) } : item,
  );
/** @throws SyntaxError for text that is no JSON. */
export function fromJson(json: string): unknown {
  const value: unknown = JSON.parse(json, (_, item: unknown) =>
    typeof item === 'object' && item !== null && NUMBER in item ? Number(item[NUMBER]) : item,
  );
  return value;
}

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
