/**
 * @file Batched generation. Prompts are sorted by length and prefilled in groups, right-padded; then all active rows
 * take one token a step, each at its own length. A finished row leaves its slot at once, and when half of the slots
 * are free the waiting prompts are prefilled into them. A prompt's tokens depend on nothing but the prompt: neither
 * on its neighbours in the batch nor on their order.
 *
 * transformers.js' own generate() pads batches on the left, which GroupQueryAttention cannot mask, hence this loop.
 */
import type {
  Completion,
  FinishReason,
  GenerateEvent,
  GenerationConfig,
  PromptRow,
} from '../../words/engine.ts';
import type { CancelSignal } from '../../core/errors.ts';
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { AdapterFeeds } from './adapter-feeds.ts';
import { batchFeeds, checkIds, rowsPerRun } from './batch.ts';
import type { KvCache } from './cache.ts';
import { GpuCache } from './cache-gpu.ts';
import { HostCache } from './cache-host.ts';
import { OUTPUT } from './names.ts';
import { checkGenerationConfig, chooseToken, isPlainGreedy } from './sampling.ts';
import type { ModelSession } from './session.ts';
import { floatOutput, intOutput } from './tensors.ts';
import { TextStream } from './text-stream.ts';
import type { IdDecoder } from './text-stream.ts';

export interface GenerateOptions {
  /** The base alone if left out or null. */
  readonly adapter?: Adapter | null;
  /** Rows that are decoded together; 16 if left out. */
  readonly batchSize?: number;
  readonly signal?: CancelSignal;
  /** Needed for texts and stop strings. */
  readonly tokenizer?: IdDecoder;
  /** Told after every run. */
  readonly onRun?: (run: RunStats) => void;
}

export interface RunStats {
  readonly kind: 'prefill' | 'decode';
  readonly rows: number;
  /** Real tokens that went in. */
  readonly tokens: number;
  /** Cache bytes copied between JavaScript and the session in a decode step; 0 where the cache stays on the GPU. */
  readonly cacheBytesPerStep: number;
}

const DEFAULT_BATCH_SIZE = 16;

/** The capacity of a cache on the GPU is a multiple of this. */
const CAPACITY_STEP = 64;

/** A prompt on its way through the batch. */
interface Row {
  readonly key: string;
  readonly promptLength: number;
  /** Prompt and completion. */
  readonly ids: number[];
  readonly logprobs: number[];
  readonly stream: TextStream | undefined;
  finishReason: FinishReason | undefined;
}

/** What stays the same from step to step. */
interface Decoding {
  readonly session: ModelSession;
  readonly cache: KvCache;
  readonly adapter: AdapterFeeds;
  readonly config: GenerationConfig;
}

interface NextToken {
  readonly id: number;
  readonly logprob: number;
}

const WHAT = 'Labelling';

/** Tokens and completions of all prompts, in the order in which they come about.
 * @throws LabError `invalid-request`, `context-overflow`, `cancelled`, `out-of-memory`, `device-lost` */
export async function* generate(
  session: ModelSession,
  prompts: readonly PromptRow[],
  config: GenerationConfig,
  options: GenerateOptions = {},
): AsyncGenerator<GenerateEvent, void, undefined> {
  const { adapter: named = null, batchSize = DEFAULT_BATCH_SIZE, signal, tokenizer, onRun } = options;
  checkGenerationConfig(config);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new LabError('invalid-request', `batchSize must be a whole number >= 1, got ${batchSize}.`);
  }
  if (config.stopStrings.length > 0 && tokenizer === undefined) {
    throw new LabError('invalid-request', 'Stop strings need a tokenizer, and this model has none.');
  }
  if (new Set(prompts.map(({ key }) => key)).size < prompts.length) {
    throw new LabError('invalid-request', 'Two prompts have the same key.');
  }
  for (const prompt of prompts) checkPrompt(session, prompt, config.maxNewTokens);
  if (prompts.length === 0) return;

  // The longest first: memory runs short at once or not at all.
  const waiting = prompts.toSorted((a, b) => b.ids.length - a.ids.length);
  const slots = Math.min(batchSize, prompts.length);
  const longest = (waiting[0]?.ids.length ?? 0) + config.maxNewTokens;
  const adapter = session.holdAdapter(named);
  const cache = openCache(session, slots, longest);
  /** The rows in the cache's slots. */
  const active: Row[] = [];
  let isFilling = false;
  try {
    while (waiting.length > 0 || active.length > 0) {
      throwIfCancelled(signal, WHAT);
      const free = slots - active.length;
      // Prefills follow each other until all slots are taken; then half of them must be free for the next.
      const enough: number = isFilling ? 1 : Math.min(waiting.length, Math.ceil(slots / 2));
      const isPrefill: boolean = waiting.length > 0 && free >= enough;
      isFilling = isPrefill;
      const rows = isPrefill
        ? nextGroup(session, waiting, free).map((prompt) => openRow(prompt, config, tokenizer))
        : active.slice();
      if (isPrefill) active.push(...rows);
      const next = await nextTokens({ session, cache, adapter, config }, rows, isPrefill);
      onRun?.({
        kind: isPrefill ? 'prefill' : 'decode',
        rows: rows.length,
        tokens: rows.reduce((sum, row) => sum + (isPrefill ? row.ids.length : 1), 0),
        cacheBytesPerStep: cache.bytesPerStep,
      });

      const events = rows.flatMap((row, i) => advance(row, next[i], config));
      // From the last slot down, so that the row which moves into a free slot is never a finished one.
      for (let slot = active.length - 1; slot >= 0; slot--) {
        if (active[slot]?.finishReason === undefined) continue;
        cache.remove(slot);
        const last = active.pop();
        if (slot < active.length && last !== undefined) active[slot] = last;
      }
      for (const event of events) {
        yield event;
        throwIfCancelled(signal, WHAT);
      }
    }
  } finally {
    cache.dispose();
    adapter.release();
  }
}

function checkPrompt(session: ModelSession, { key, ids }: PromptRow, maxNewTokens: number): void {
  const { maxLength } = session;
  if (ids.length === 0) throw new LabError('invalid-request', `Prompt "${key}" has no tokens.`);
  checkIds(session, ids, `Prompt "${key}"`);
  if (ids.length + maxNewTokens > maxLength) {
    throw new LabError(
      'context-overflow',
      `Prompt "${key}" of ${ids.length} tokens with ${maxNewTokens} new ones exceeds ${maxLength} tokens.`,
    );
  }
}

function openCache(session: ModelSession, slots: number, longest: number): KvCache {
  const { device, maxLength } = session;
  if (device === undefined) return new HostCache(session, slots);
  const capacity = Math.min(Math.ceil(longest / CAPACITY_STEP) * CAPACITY_STEP, maxLength);
  return new GpuCache(session, device, slots, capacity);
}

function openRow(prompt: PromptRow, config: GenerationConfig, tokenizer: IdDecoder | undefined): Row {
  return {
    key: prompt.key,
    promptLength: prompt.ids.length,
    ids: prompt.ids.slice(),
    logprobs: [],
    stream: tokenizer === undefined ? undefined : new TextStream(tokenizer, config.stopStrings, prompt.ids),
    finishReason: undefined,
  };
}

/** Takes the next prompts off the queue, the longest first: at most `free`, and no more than one run takes. */
function nextGroup(session: ModelSession, waiting: PromptRow[], free: number): PromptRow[] {
  return waiting.splice(0, Math.min(free, rowsPerRun(session, waiting[0]?.ids.length ?? 1)));
}

/** One run of the model: the next token of each row. */
async function nextTokens(
  { session, cache, adapter, config }: Decoding,
  rows: readonly Row[],
  isPrefill: boolean,
): Promise<NextToken[]> {
  const turn = isPrefill ? cache.prefill(rows.map(({ ids }) => ids.length)) : cache.decode();
  const { capacity } = turn;
  const feeds = batchFeeds(
    session,
    isPrefill
      ? { ids: rows.map(({ ids }) => ids), capacity }
      : {
          ids: rows.map(({ ids }) => ids.slice(-1)),
          pastLengths: rows.map(({ ids }) => ids.length - 1),
          capacity,
        },
  );
  const plain = isPlainGreedy(config);
  const outputs = await session.run(
    WHAT,
    adapter,
    { ...feeds, ...turn.feeds },
    {
      [OUTPUT.argmax]: null,
      [OUTPUT.argmaxLogprob]: null,
      ...(plain ? {} : { [OUTPUT.logits]: null }),
      ...turn.fetches,
    },
  );
  await turn.absorb(outputs);
  const best = await intOutput(outputs, OUTPUT.argmax);
  const bestLogprobs = await floatOutput(outputs, OUTPUT.argmaxLogprob);
  const logits = plain ? undefined : await floatOutput(outputs, OUTPUT.logits);
  const { vocabSize } = session.architecture;
  return rows.map((row, i) => {
    const top = { id: best[i] ?? NaN, logprob: bestLogprobs[i] ?? NaN };
    if (logits === undefined) return top;
    const own = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
    const { key, ids, promptLength } = row;
    const tokenIndex = ids.length - promptLength;
    const id = chooseToken({ logits: own, ids, key, tokenIndex, absentIds: session.absentIds }, config);
    // log p = logit - logsumexp, and the likeliest token's log p is known.
    const logSumExp = (own[top.id] ?? NaN) - top.logprob;
    return { id, logprob: (own[id] ?? NaN) - logSumExp };
  });
}

/** Adds a token to the row; its events. */
function advance(row: Row, token: NextToken | undefined, config: GenerationConfig): GenerateEvent[] {
  if (token === undefined || !Number.isFinite(token.logprob)) {
    throw new LabError(
      'model-integrity',
      `The model gave no finite log-probability after ${row.ids.length} tokens of "${row.key}".`,
    );
  }
  const { id, logprob } = token;
  const { key, ids, logprobs, stream } = row;
  ids.push(id);
  logprobs.push(logprob);
  const isEnd = config.eosTokenIds.includes(id);
  let text = isEnd ? '' : (stream?.push(id) ?? '');
  if (isEnd) row.finishReason = 'eos';
  else if (stream?.isStopped === true) row.finishReason = 'stop-string';
  else if (logprobs.length >= config.maxNewTokens) row.finishReason = 'length';
  const { finishReason } = row;
  if (finishReason === undefined) return [{ type: 'token', key, id, logprob, text }];
  text += stream?.finish() ?? '';
  const completion: Completion = {
    key,
    ids: ids.slice(row.promptLength),
    logprobs,
    text: stream?.text ?? '',
    finishReason,
  };
  return [
    { type: 'token', key, id, logprob, text },
    { type: 'completion', completion },
  ];
}
