/**
 * @file What a worker holds in memory: wasm's heap, array buffers and GPU buffers, now and at most, and apart from that the most
 * while it loaded. Everything that tells memory tells this.
 */
import type { Infer } from './shape.ts';
import { count, nullable, object } from './shape.ts';

export const heldBytes = object({
  /** wasm's heaps; they never shrink. */
  heap: count,
  /** Array buffers. Browsers do not tell: there the table of embeddings alone, or null. */
  arrays: nullable(count),
  /** GPU buffers, free ones of a pool included. */
  gpu: count,
});
export type HeldBytes = Infer<typeof heldBytes>;

export const memoryUse = object({
  now: heldBytes,
  /** Most since the model was loaded. */
  peak: heldBytes,
  /** Most while it was being loaded; null before that. */
  load: nullable(heldBytes),
});
export type MemoryUse = Infer<typeof memoryUse>;

export const totalBytes = ({ heap, arrays, gpu }: HeldBytes): number => heap + (arrays ?? 0) + gpu;

/** Reads what is held whenever it is asked to, and remembers the most. */
export class MemoryMeter {
  readonly #read: () => HeldBytes;
  #peak: HeldBytes | null = null;
  #load: HeldBytes | null = null;

  constructor(read: () => HeldBytes) {
    this.#read = read;
  }

  sample(): void {
    const now = this.#read();
    this.#peak = this.#peak === null || totalBytes(now) > totalBytes(this.#peak) ? now : this.#peak;
  }

  /** A load begins: what was held before is no peak of it. */
  begin(): void {
    this.#peak = null;
    this.#load = null;
  }

  /** The load is done; what comes is work. */
  loaded(): void {
    this.sample();
    this.#load = this.#peak;
    this.#peak = null;
  }

  use(): MemoryUse {
    this.sample();
    const now = this.#read();
    return { now, peak: this.#peak ?? now, load: this.#load };
  }
}
