/** @file What the inference worker can be asked. The engine in the worker and its client in the page are one type. */
import type {
  Completion,
  DeviceInfo,
  FinishReason,
  GenerateEvent,
  GenerationConfig,
  PromptRow,
  Score,
  ScoreRow,
} from '../words/engine.ts';
import { LabError } from '../core/errors.ts';
import type { Handlers, Requests, Service, SilenceLimit } from './method.ts';
import { Call, Stream, methods } from './method.ts';
import {
  array,
  count,
  exactly,
  finite,
  flag,
  never,
  nothing,
  nullable,
  number,
  object,
  tagged,
  text,
  word,
} from './shape.ts';
import {
  adapterChoice,
  buffersOf,
  deviceInfo,
  floatRows,
  loadProgress,
  loadRequest,
  modelInfo,
  numbers,
  tokenIds,
  tokenRows,
} from './words.ts';

const generationConfig = object<GenerationConfig>({
  maxNewTokens: count,
  doSample: flag,
  temperature: finite,
  topK: count,
  topP: finite,
  repetitionPenalty: finite,
  eosTokenIds: tokenIds,
  stopStrings: array(text),
  seed: finite,
});

export interface GenerateRequest {
  readonly rows: readonly PromptRow[];
  readonly config: GenerationConfig;
  /** Rows decoded together. */
  readonly batchSize: number;
}
const generateRequest = object<GenerateRequest>({
  rows: array(object<PromptRow>({ key: text, ids: tokenIds })),
  config: generationConfig,
  batchSize: count,
});

const completion = object<Completion>({
  key: text,
  ids: tokenIds,
  logprobs: numbers,
  text,
  finishReason: word<FinishReason>({ eos: true, 'stop-string': true, length: true }),
});
const generateEvent = tagged<GenerateEvent, 'type'>('type', {
  token: object({ type: exactly('token'), key: text, id: count, logprob: number, text }),
  completion: object({ type: exactly('completion'), completion }),
});

export interface EncodeRequest {
  readonly texts: readonly string[];
  /** With what the tokenizer puts around a text, e.g. a leading <s>. */
  readonly addSpecialTokens: boolean;
}
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}
const chatMessage = object<ChatMessage>({
  role: word<ChatMessage['role']>({ system: true, user: true, assistant: true }),
  content: text,
});

const encodeRequest = object<EncodeRequest>({ texts: array(text), addSpecialTokens: flag });

const scoreRows = array(object<ScoreRow>({ promptIds: tokenIds, completionIds: tokenIds }));
const scores = array(object<Score>({ logprobs: numbers, entropies: numbers }));

export interface AdapterSwap {
  /** Until the next request uses it; the check that it fits the base, made before, is not counted. */
  readonly swapMs: number;
}

const TOKENIZING_MS = 20_000;
/** Tokenizers' patterns need lookahead, so they run in an engine that may backtrack for ever and cannot be interrupted.
 * The event says what runs. */
const tokenizing: SilenceLimit<string> = {
  ms: TOKENIZING_MS,
  error: (what) =>
    new LabError(
      'tokenizer-integrity',
      `The tokenizer did not end with one text within ${TOKENIZING_MS / 1000} s${what === undefined ? '' : `, running ${what}`}. The worker was replaced.`,
      {
        remedy:
          'Correct the pattern in tokenizer.json (repetitions inside repetitions may take for ever), or shorten the text.',
      },
    ),
};

export const inferenceMethods = methods({
  /** Loads a checkpoint in place of the one before; a failure leaves none loaded. */
  load: new Call('load', {
    ...{ params: loadRequest, event: loadProgress, result: modelInfo },
    setsState: true,
    clearsState: ['setAdapter'],
  }),
  unload: new Call('unload', {
    ...{ params: nothing, event: never, result: nothing },
    clearsState: ['load', 'setAdapter'],
  }),
  /** Which adapter the following requests use; the adapter's arrays are copied and stay the caller's. */
  setAdapter: new Call('setAdapter', {
    ...{ params: adapterChoice, event: never, result: object<AdapterSwap>({ swapMs: finite }) },
    setsState: true,
  }),
  /** Token ids of each text. @throws `invalid-request` for a model without a tokenizer. */
  encode: new Call('encode', {
    ...{ params: encodeRequest, event: text, result: tokenRows },
    limit: tokenizing,
  }),
  /** Token ids of a conversation as the model's chat template writes it, ending where the assistant speaks; null
   * without a template. */
  encodeChat: new Call('encodeChat', {
    params: array(chatMessage),
    event: text,
    result: nullable<readonly number[]>(tokenIds),
    limit: tokenizing,
  }),
  decode: new Call('decode', {
    ...{ params: tokenRows, event: text, result: array(text) },
    limit: tokenizing,
  }),
  generate: new Stream('generate', { params: generateRequest, event: generateEvent, result: nothing }),
  score: new Call('score', { params: scoreRows, event: never, result: scores }),
  /** Mean-pooled last hidden states of each row: (hiddenSize,). */
  embed: new Call('embed', {
    ...{ params: tokenRows, event: never, result: floatRows },
    transfer: buffersOf,
  }),
  /** Logits at every position of each row, (length, vocabSize) row-major: for checks, not for labelling. */
  logits: new Call('logits', {
    ...{ params: tokenRows, event: never, result: floatRows },
    transfer: buffersOf,
  }),
  /** The device in use; null before the first load. */
  deviceInfo: new Call('deviceInfo', {
    ...{ params: nothing, event: never, result: nullable<DeviceInfo>(deviceInfo) },
    isConcurrent: true,
  }),
});

export type InferenceService = Service<typeof inferenceMethods>;

export function inferenceClient(requests: Requests): InferenceService {
  const m = inferenceMethods;
  return {
    load: m.load.client(requests),
    unload: m.unload.client(requests),
    setAdapter: m.setAdapter.client(requests),
    encode: m.encode.client(requests),
    encodeChat: m.encodeChat.client(requests),
    decode: m.decode.client(requests),
    generate: m.generate.client(requests),
    score: m.score.client(requests),
    embed: m.embed.client(requests),
    logits: m.logits.client(requests),
    deviceInfo: m.deviceInfo.client(requests),
  };
}

export function inferenceHandlers(engine: InferenceService): Handlers<typeof inferenceMethods> {
  const m = inferenceMethods;
  return {
    load: m.load.handler(engine.load),
    unload: m.unload.handler(engine.unload),
    setAdapter: m.setAdapter.handler(engine.setAdapter),
    encode: m.encode.handler(engine.encode),
    encodeChat: m.encodeChat.handler(engine.encodeChat),
    decode: m.decode.handler(engine.decode),
    generate: m.generate.handler(engine.generate),
    score: m.score.handler(engine.score),
    embed: m.embed.handler(engine.embed),
    logits: m.logits.handler(engine.logits),
    deviceInfo: m.deviceInfo.handler(engine.deviceInfo),
  };
}
