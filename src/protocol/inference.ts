/**
 * @file What the inference worker can be asked. The engine in the worker and its client in the page are one type. Every
 * request that the model answers says with which adapter, so that nothing that was asked before has a part in it.
 */
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
import type { Adapter } from '../lora/config.ts';
import type { Service, SilenceLimit } from './method.ts';
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
  adapter,
  buffersOf,
  deviceInfo,
  floatRows,
  loadProgress,
  loadRequest,
  modelInfo,
  numbers,
  rowsRequest,
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
  /** null: the base alone. */
  readonly adapter: Adapter | null;
  readonly rows: readonly PromptRow[];
  readonly config: GenerationConfig;
  /** Rows decoded together. */
  readonly batchSize: number;
}
const generateRequest = object<GenerateRequest>({
  adapter: nullable(adapter),
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

export interface ScoreRequest {
  readonly adapter: Adapter | null;
  readonly rows: readonly ScoreRow[];
}
const scoreRequest = object<ScoreRequest>({
  adapter: nullable(adapter),
  rows: array(object<ScoreRow>({ promptIds: tokenIds, completionIds: tokenIds })),
});
const scores = array(object<Score>({ logprobs: numbers, entropies: numbers }));

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
  }),
  unload: new Call('unload', {
    ...{ params: nothing, event: never, result: nothing },
    clearsState: ['load'],
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
  generate: new Stream('generate', {
    ...{ params: generateRequest, event: generateEvent, result: nothing },
    adapterIn: 'adapter',
  }),
  score: new Call('score', { params: scoreRequest, event: never, result: scores, adapterIn: 'adapter' }),
  /** Mean-pooled last hidden states of each row: (hiddenSize,). */
  embed: new Call('embed', {
    ...{ params: rowsRequest, event: never, result: floatRows, adapterIn: 'adapter' },
    transfer: buffersOf,
  }),
  /** Logits at every position of each row, (length, vocabSize) row-major: for checks, not for labelling. */
  logits: new Call('logits', {
    ...{ params: rowsRequest, event: never, result: floatRows, adapterIn: 'adapter' },
    transfer: buffersOf,
  }),
  /** The device in use; null before the first load. */
  deviceInfo: new Call('deviceInfo', {
    ...{ params: nothing, event: never, result: nullable<DeviceInfo>(deviceInfo) },
    isConcurrent: true,
  }),
});

export type InferenceService = Service<typeof inferenceMethods>;
