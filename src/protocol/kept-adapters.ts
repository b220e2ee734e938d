/**
 * @file The adapters that a worker was sent, by their hash. Nothing here is state: whoever asks for one that is gone (or
 * never was here: in a worker that took the place of another) is answered that it is unknown, and sends it.
 */
import { adapterBytes } from '../lora/hash.ts';
import type { Adapter } from '../lora/config.ts';

/** Of all factors together: some 200 adapters of the bundled model, six of a model of 135 M parameters. */
const MOST_BYTES = 64 * 1024 * 1024;

export class KeptAdapters {
  readonly #kept = new Map<string, Adapter>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get(hash: string): Adapter | undefined {
    const found = this.#kept.get(hash);
    if (found === undefined) return undefined;
    // A Map keeps the order of insertion, so the least recently asked for stands first.
    this.#kept.delete(hash);
    this.#kept.set(hash, found);
    return found;
  }

  /** Those asked for least recently go where the bound is passed; this one stays, however large it is. */
  put(hash: string, adapter: Adapter): void {
    this.#forget(hash);
    this.#kept.set(hash, adapter);
    this.#bytes += adapterBytes(adapter);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#mostBytes || oldest === hash) return;
      this.#forget(oldest);
    }
  }

  #forget(hash: string): void {
    const found = this.#kept.get(hash);
    if (found !== undefined) this.#bytes -= adapterBytes(found);
    this.#kept.delete(hash);
  }
}
