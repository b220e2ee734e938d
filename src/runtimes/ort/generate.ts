/**
 * @file Batched generation. Prompts are sorted by length and prefilled in groups, right-padded; then all active rows
 * take one token a step, each at its own length. A finished row leaves its slot at once, and when half of the slots
 * are free the waiting prompts are prefilled into them. A prompt's tokens depend on nothing but the prompt: neither
 * on its neighbours in the batch nor on their order (but for last bits, where its kernels go by shape). Candidates whose
 * log-probabilities are asked for stand behind the prompt in its prefill, as branches, and are forgotten after it.
 *
 * transformers.js' own generate() pads batches on the left, which GroupQueryAttention cannot mask, hence this loop.
 */
import type { Completion, GenerateEvent, GenerationConfig, PromptRow } from '../../words/engine.ts';
import type { CancelSignal } from '../../core/errors.ts';
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { AdapterFeeds } from './adapter-feeds.ts';
import { checkIds } from './batch.ts';
import type { KvCache } from './cache.ts';
import { GpuCache } from './cache-gpu.ts';
import { HostCache } from './cache-host.ts';
import type { Row, Taken } from './generation-rows.ts';
import {
  feedsOf,
  firstsOf,
  lengthOf,
  nextGroup,
  openRow,
  scoredApart,
  takeScores,
  tokensOf,
} from './generation-rows.ts';
import { OUTPUT } from './names.ts';
import { checkGenerationConfig, chooseToken, isPlainGreedy } from './sampling.ts';
import { sharedWork } from './score-work.ts';
import type { ModelSession } from './session.ts';
import { floatOutput, intOutput } from './tensors.ts';
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
  const waiting = prompts
    .map((prompt) => ({ prompt, shared: sharedWork(session, prompt) }))
    .toSorted((a, b) => lengthOf(b) - lengthOf(a));
  const slots = Math.min(batchSize, prompts.length);
  const longest = Math.max(...prompts.map(({ ids }) => ids.length)) + config.maxNewTokens;
  const apart = await scoredApart(session, waiting, { adapter: named, ...(signal && { signal }) });
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
      const taken: readonly Taken[] = isPrefill
        ? nextGroup(session, waiting, free).map(({ prompt, shared }) => ({
            row: openRow(prompt, config, tokenizer, apart.get(prompt.key)),
            shared,
          }))
        : active.map((row) => ({ row, shared: null }));
      const rows = taken.map(({ row }) => row);
      if (isPrefill) active.push(...rows);
      const next = await nextTokens({ session, cache, adapter, config }, taken, isPrefill);
      onRun?.({
        kind: isPrefill ? 'prefill' : 'decode',
        rows: rows.length,
        tokens: taken.reduce((sum, one) => sum + (isPrefill ? tokensOf(one).length : 1), 0),
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

/** One run of the model: the next token of each row. */
async function nextTokens(
  { session, cache, adapter, config }: Decoding,
  taken: readonly Taken[],
  isPrefill: boolean,
): Promise<NextToken[]> {
  const rows = taken.map(({ row }) => row);
  const padded = Math.max(...taken.map((one) => tokensOf(one).length));
  const lengths = rows.map(({ ids }) => ids.length);
  const turn = isPrefill ? cache.prefill(lengths, padded) : cache.decode();
  const feeds = feedsOf(session, taken, isPrefill, turn.capacity);
  const isScored = taken.some(({ shared }) => shared !== null);
  const firsts = firstsOf(taken);
  const plain = isPlainGreedy(config);
  const outputs = await session.run(
    WHAT,
    adapter,
    { ...feeds, ...turn.feeds },
    {
      [OUTPUT.argmax]: null,
      [OUTPUT.argmaxLogprob]: null,
      ...(plain ? {} : { [OUTPUT.logits]: null }),
      ...(isScored ? { [OUTPUT.targetLogprob]: null, [OUTPUT.entropy]: null } : {}),
      ...turn.fetches,
    },
  );
  await turn.absorb(outputs);
  if (isScored) await takeScores(taken, firsts, outputs);
  const best = await intOutput(outputs, OUTPUT.argmax);
  const bestLogprobs = await floatOutput(outputs, OUTPUT.argmaxLogprob);
  const logits = plain ? undefined : await floatOutput(outputs, OUTPUT.logits);
  const { vocabSize } = session.architecture;
  return rows.map((row, i) => {
    const at = firsts[i] ?? NaN;
    const top = { id: best[at] ?? NaN, logprob: bestLogprobs[at] ?? NaN };
    if (logits === undefined) return top;
    const own = logits.subarray(at * vocabSize, (at + 1) * vocabSize);
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
    ...(row.scores === undefined ? {} : { scores: row.scores }),
  };
  return [
    { type: 'token', key, id, logprob, text },
    { type: 'completion', completion },
  ];
}
