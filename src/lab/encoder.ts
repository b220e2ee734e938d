/** @file The tokenizer behind the ports: a text is sent to the worker once. */
import type { InferenceService } from '../protocol/inference.ts';
import type { Signal } from '../protocol/wire.ts';

type Ids = readonly number[];

/** Any text shows what the tokenizer puts before one. */
const SPECIMEN = 'a';

export class Encoder {
  readonly #inference: Pick<InferenceService, 'encode'>;
  readonly #signal: Signal;
  /** Also while the answer is under way. */
  readonly #known = new Map<string, Promise<Ids>>();
  #prefix: Promise<Ids> | null = null;

  constructor(inference: Pick<InferenceService, 'encode'>, signal: Signal) {
    this.#inference = inference;
    this.#signal = signal;
  }

  /** Ids of each text, without special tokens. */
  encode(texts: readonly string[]): Promise<readonly Ids[]> {
    const unknown = [...new Set(texts)].filter((text) => !this.#known.has(text));
    if (unknown.length > 0) {
      const asked = this.#ask(unknown, false);
      for (const [i, text] of unknown.entries()) {
        const own = asked.then((rows) => rows[i] ?? []);
        this.#known.set(text, own);
        own.catch(() => this.#known.delete(text));
      }
    }
    return Promise.all(texts.map(async (text) => (await this.#known.get(text)) ?? []));
  }

  /** What stands before a text's own ids when special tokens are asked for. */
  prefixIds(): Promise<Ids> {
    this.#prefix ??= this.#readPrefix().catch((thrown: unknown) => {
      this.#prefix = null;
      throw thrown;
    });
    return this.#prefix;
  }

  async #readPrefix(): Promise<Ids> {
    const [[plain = []], [whole = []]] = await Promise.all([
      this.encode([SPECIMEN]),
      this.#ask([SPECIMEN], true),
    ]);
    // Some tokenizers also put a token behind the text, so the text's own ids are looked for.
    const begin = whole.findIndex((_, at) => plain.every((id, i) => whole[at + i] === id));
    return whole.slice(0, Math.max(0, begin));
  }

  #ask(texts: readonly string[], addSpecialTokens: boolean): Promise<readonly Ids[]> {
    return this.#inference.encode({ texts, addSpecialTokens }, { signal: this.#signal });
  }
}
