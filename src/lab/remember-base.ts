/**
 * @file What the base model answered, kept: many arms ask the same of it (the first round's labels, the base's scores),
 * and computing it once saves most of an arm and gives all of them the same bits. Only whole requests are compared:
 * part of a request, in another batch, may differ in its last bits.
 */
import type { Completion, Score } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LabelRequest, Ports } from '../method/ports.ts';

/** Numbers (token ids, log-probabilities) kept in all, about 8 bytes each. */
const MOST_NUMBERS = 4_000_000;

interface Kept<T> {
  readonly answer: readonly T[];
  readonly numbers: number;
}

/** Requests and their answers, those asked for last; forgets the others. */
class Memory<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #most: number;
  #numbers = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): readonly T[] | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    // A Map keeps the order of insertion, so the least recently asked for stands first.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.answer;
  }

  set(key: string, answer: readonly T[], numbers: number): void {
    this.#forget(key);
    this.#kept.set(key, { answer, numbers });
    this.#numbers += numbers;
    for (const oldest of this.#kept.keys()) {
      if (this.#numbers <= this.#most) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#numbers -= this.#kept.get(key)?.numbers ?? 0;
    this.#kept.delete(key);
  }
}

/** About as many numbers as a key of ids holds: an id is written with some four characters. */
const numbersOf = (key: string): number => Math.ceil(key.length / 4);

/** What one base answered on one device, to ports that differ in nothing but their signal. */
export class BaseMemory {
  readonly completions: Memory<Completion>;
  readonly scores: Memory<Score>;

  /** @param mostNumbers bound for requests and answers, of labelling and of scoring each */
  constructor(mostNumbers = MOST_NUMBERS) {
    this.completions = new Memory(mostNumbers);
    this.scores = new Memory(mostNumbers);
  }
}

/** The same ports, where requests to the base (adapter null) that were answered before are answered from memory.
 * @param memory to be shared where every run has ports of its own */
export function rememberBase(ports: Ports, memory = new BaseMemory()): Ports {
  const { completions, scores } = memory;

  async function* generate(request: LabelRequest): AsyncGenerator<Completion> {
    const { adapter, rows, config } = request;
    if (adapter !== null) {
      yield* ports.generate(request);
      return;
    }
    const key = JSON.stringify([ports.model.sha256, config, rows]);
    const known = completions.get(key);
    if (known !== undefined) {
      for (const completion of known) {
        throwIfCancelled(ports.signal, 'Labelling');
        yield completion;
      }
      return;
    }
    const answer: Completion[] = [];
    for await (const completion of ports.generate(request)) {
      answer.push(completion);
      yield completion;
    }
    const numbers = answer.reduce((sum, { ids }) => sum + 2 * ids.length, numbersOf(key));
    completions.set(key, answer, numbers);
  }

  const score: Ports['score'] = async (adapter, rows) => {
    if (adapter !== null) return ports.score(adapter, rows);
    throwIfCancelled(ports.signal, 'Scoring');
    const key = JSON.stringify([ports.model.sha256, rows]);
    const known = scores.get(key);
    if (known !== undefined) return known;
    const answer = await ports.score(adapter, rows);
    const numbers = answer.reduce((sum, { logprobs }) => sum + 2 * logprobs.length, numbersOf(key));
    scores.set(key, answer, numbers);
    return answer;
  };

  return {
    model: ports.model,
    signal: ports.signal,
    now: () => ports.now(),
    encode: (texts) => ports.encode(texts),
    prefixIds: () => ports.prefixIds(),
    chat: ports.chat,
    generate,
    score,
    train: (request) => ports.train(request),
    retriever: (texts) => ports.retriever(texts),
  };
}
