/**
 * @file Nothing is computed twice: what the model answered and scored is kept under base, adapter (by its content), prompts
 * and decoding, and what was trained under base, start, examples in their order, and setup with its keys. The arms of a seed
 * ask much alike (the base's scores, its labels, all of the first round), and get the same bits. Only whole requests are
 * compared: part of a request, in another batch, may differ in its last bits, on wasm too.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Adapter } from '../lora/config.ts';
import { adapterBytes, adapterHash } from '../lora/hash.ts';
import type { Completion, GenerationConfig, Score, TrainStep } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LabelRequest, Ports, TrainingRequest } from '../method/ports.ts';

/** An answer with the place of its prompt in the request. */
export interface KeptAnswer extends Omit<Completion, 'key'> {
  readonly row: number;
}

/** What came of a request, in the order in which it came. */
export type Kept =
  | { readonly type: 'answers'; readonly answers: readonly KeptAnswer[] }
  | { readonly type: 'scores'; readonly scores: readonly Score[] }
  | { readonly type: 'training'; readonly steps: readonly TrainStep[]; readonly adapter: Adapter };

/** What was asked and what of it was there already. Scored prompts count once, however many candidates they have. */
export interface Spared {
  readonly prompts: number;
  readonly ofPrompts: number;
  readonly trainings: number;
  readonly ofTrainings: number;
}
export const NOTHING_SPARED: Spared = { prompts: 0, ofPrompts: 0, trainings: 0, ofTrainings: 0 };

const sparedBy = (a: Spared, b: Spared, sign: 1 | -1): Spared => ({
  prompts: a.prompts + sign * b.prompts,
  ofPrompts: a.ofPrompts + sign * b.ofPrompts,
  trainings: a.trainings + sign * b.trainings,
  ofTrainings: a.ofTrainings + sign * b.ofTrainings,
});
export const addSpared = (a: Spared, b: Spared): Spared => sparedBy(a, b, 1);
/** a without b. */
export const lessSpared = (a: Spared, b: Spared): Spared => sparedBy(a, b, -1);

/** A slower place that outlives the page: the folder of an experiment. */
export interface Behind {
  /** null where it is not there. */
  read(key: string): Promise<Kept | null>;
  write(key: string, kept: Kept): Promise<void>;
}

const MOST_BYTES = 64 * 1024 ** 2;
const NUMBER_BYTES = 8;

const scoreBytes = (scores: readonly Score[]): number =>
  scores.reduce((sum, { logprobs }) => sum + 2 * NUMBER_BYTES * (logprobs.length + 1), 0);

function bytesOf(kept: Kept): number {
  switch (kept.type) {
    case 'answers':
      return kept.answers.reduce(
        (sum, { ids, text, scores = [] }) =>
          sum + 2 * NUMBER_BYTES * ids.length + text.length + scoreBytes(scores),
        0,
      );
    case 'scores':
      return scoreBytes(kept.scores);
    case 'training':
      return adapterBytes(kept.adapter) + 6 * NUMBER_BYTES * kept.steps.length;
  }
}

/** What models computed on their devices; those asked for last. */
export class Computed {
  readonly #kept = new Map<string, Kept>();
  readonly #most: number;
  readonly #behind: Behind | null;
  #bytes = 0;
  #spared = NOTHING_SPARED;

  constructor(behind: Behind | null = null, mostBytes = MOST_BYTES) {
    this.#behind = behind;
    this.#most = mostBytes;
  }

  /** Since it was made. */
  get spared(): Spared {
    return this.#spared;
  }

  /** @param what is asked for: prompts, or a training */
  async find(
    key: string,
    what: { readonly prompts: number; readonly trainings: number },
  ): Promise<Kept | null> {
    const found = this.#kept.get(key) ?? (await this.#behind?.read(key)) ?? null;
    const isThere = found !== null;
    if (isThere) this.#put(key, found);
    this.#spared = addSpared(this.#spared, {
      ...{ prompts: isThere ? what.prompts : 0, ofPrompts: what.prompts },
      ...{ trainings: isThere ? what.trainings : 0, ofTrainings: what.trainings },
    });
    return found;
  }

  async keep(key: string, kept: Kept): Promise<void> {
    this.#put(key, kept);
    await this.#behind?.write(key, kept);
  }

  /** The newest stays, however large it is. */
  #put(key: string, kept: Kept): void {
    this.#forget(key);
    // A Map keeps the order of insertion, so the least recently asked for stands first.
    this.#kept.set(key, kept);
    this.#bytes += bytesOf(kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most || oldest === key) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const found = this.#kept.get(key);
    if (found !== undefined) this.#bytes -= bytesOf(found);
    this.#kept.delete(key);
  }
}

const digest = (value: unknown): string => bytesToHex(sha256(utf8ToBytes(JSON.stringify(value))));
const named = (adapter: Adapter | null): string | null => (adapter === null ? null : adapterHash(adapter));

/** Without draws, neither the rows' keys nor what shapes a draw has a part in the answer. */
function asked(rows: LabelRequest['rows'], config: GenerationConfig): readonly unknown[] {
  if (config.doSample) return [config, rows];
  const whatOf = ({ ids, candidates }: LabelRequest['rows'][number]) =>
    candidates ? { ids, candidates } : ids;
  const { maxNewTokens, repetitionPenalty, eosTokenIds, stopStrings } = config;
  return [{ maxNewTokens, repetitionPenalty, eosTokenIds, stopStrings }, rows.map(whatOf)];
}

/** A fresh adapter is drawn by its configuration and key; one that is gone on with brings its own. */
const startOf = ({ start, lora, initSeed }: TrainingRequest): unknown =>
  start === null ? [lora, initSeed] : adapterHash(start);

/** The same ports, where a request that was answered before is answered from what was computed.
 * @param computed to be shared where every run has ports of its own
 * @param device in words: another one gives other last bits */
export function reusing(ports: Ports, computed: Computed, device = ''): Ports {
  const { model, signal } = ports;
  const keyOf = (kind: Kept['type'], ...parts: readonly unknown[]) =>
    digest([kind, model.sha256, device, ...parts]);

  async function* generate(request: LabelRequest): AsyncGenerator<Completion> {
    const { adapter, rows, config } = request;
    const key = keyOf('answers', named(adapter), ...asked(rows, config));
    const known = await computed.find(key, { prompts: rows.length, trainings: 0 });
    if (known?.type === 'answers') {
      for (const { row, ...answer } of known.answers) {
        throwIfCancelled(signal, 'Labelling');
        yield { ...answer, key: rows[row]?.key ?? '' };
      }
      return;
    }
    const places = new Map(rows.map(({ key: own }, row) => [own, row]));
    const answers: KeptAnswer[] = [];
    for await (const completion of ports.generate(request)) {
      const { key: own, ...answer } = completion;
      answers.push({ ...answer, row: places.get(own) ?? -1 });
      yield completion;
    }
    await computed.keep(key, { type: 'answers', answers });
  }

  const score: Ports['score'] = async (adapter, rows) => {
    throwIfCancelled(signal, 'Scoring');
    const prompts = new Set(rows.map(({ promptIds }) => promptIds)).size;
    const key = keyOf('scores', named(adapter), rows);
    const known = await computed.find(key, { prompts, trainings: 0 });
    if (known?.type === 'scores') return known.scores;
    const scores = await ports.score(adapter, rows);
    await computed.keep(key, { type: 'scores', scores });
    return scores;
  };

  async function* train(request: TrainingRequest): AsyncGenerator<TrainStep, Adapter> {
    const key = keyOf('training', startOf(request), request.examples, request.config);
    const known = await computed.find(key, { prompts: 0, trainings: 1 });
    if (known?.type === 'training') {
      for (const step of known.steps) {
        throwIfCancelled(signal, 'Training');
        yield step;
      }
      return known.adapter;
    }
    const steps: TrainStep[] = [];
    const training = ports.train(request);
    let next = await training.next();
    try {
      for (; next.done !== true; next = await training.next()) {
        steps.push(next.value);
        yield next.value;
      }
    } finally {
      if (next.done !== true)
        await training.return(Promise.reject(new Error('abandoned'))).catch(() => undefined);
    }
    await computed.keep(key, { type: 'training', steps, adapter: next.value });
    return next.value;
  }

  return {
    ...{ model, signal, chat: ports.chat, generate, score, train },
    now: () => ports.now(),
    encode: (texts) => ports.encode(texts),
    prefixIds: () => ports.prefixIds(),
    retriever: (texts) => ports.retriever(texts),
  };
}
