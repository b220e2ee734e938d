/**
 * @file What the inference worker can be asked. The engine in the worker and its client in the page are one type. Every
 * request that the model answers says with which adapter, so that nothing that was asked before has a part in it.
 */
import { LabError } from '../core/errors.ts';
import { memoryUse } from '../core/memory.ts';
import { array, count, flag, never, nothing, nullable, object, text } from '../core/shape.ts';
import { adapter } from '../lora/config.ts';
import { answerFrame, chatMessage, writtenChat } from '../words/chat.ts';
import { deviceInfo, generateEvent, generationConfig, promptRow, score, scoreRow } from '../words/engine.ts';
import type { Service, SilenceLimit } from './method.ts';
import { Call, Stream, methods } from './method.ts';
import {
  buffersOf,
  floatRows,
  loadProgress,
  loadRequest,
  modelInfo,
  rowsRequest,
  tokenRows,
} from './words.ts';

const generateRequest = object({
  /** null: the base alone. */
  adapter: nullable(adapter),
  rows: array(promptRow),
  config: generationConfig,
  /** Rows decoded together. */
  batchSize: count,
});

const encodeRequest = object({
  texts: array(text),
  /** With what the tokenizer puts around a text, e.g. a leading <s>. */
  addSpecialTokens: flag,
});

const encodeChatRequest = object({
  conversations: array(array(chatMessage)),
  /** The last turn goes on, instead of the assistant's beginning. */
  isOpen: flag,
});

const scoreRequest = object({ adapter: nullable(adapter), rows: array(scoreRow) });

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
  /** Conversations as the model's chat template writes them. @throws `invalid-request` for a model without one, or with
   * the template's own words. */
  encodeChat: new Call('encodeChat', {
    ...{ params: encodeChatRequest, event: text, result: array(writtenChat) },
    limit: tokenizing,
  }),
  /** What the template puts around an answer. @throws as encodeChat */
  answerFrame: new Call('answerFrame', {
    ...{ params: nothing, event: text, result: answerFrame },
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
  score: new Call('score', {
    params: scoreRequest,
    event: never,
    result: array(score),
    adapterIn: 'adapter',
  }),
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
    ...{ params: nothing, event: never, result: nullable(deviceInfo) },
    isConcurrent: true,
  }),
  /** What the runtime holds and held at most. */
  memory: new Call('memory', {
    ...{ params: nothing, event: never, result: memoryUse },
    isConcurrent: true,
  }),
});

export type InferenceService = Service<typeof inferenceMethods>;
