/**
 * @file The key/value cache where the session runs on the CPU: onnxruntime-web copies every feed into its wasm heap
 * and every output out of it, so the cache lives in JavaScript and what crosses is kept small. A step hands in the
 * cache at a capacity that grows in buckets with the longest active row, and takes back only the new token's keys
 * and values, not the whole cache.
 */
import type { CacheTurn, KvCache } from './cache.ts';
import { INPUT, newCacheNames, pastNames, presentNames } from './names.ts';
import type { CacheLayer } from './ops-onnx.ts';
import type { Tensor } from './ort.ts';
import type { ModelSession } from './session.ts';
import { int64Tensor } from './tensors.ts';
import type { Outputs } from './tensors.ts';

/** Tokens by which the capacity grows. */
const BUCKET_TOKENS = 32;

type Floats = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Keys or values of one layer for all slots: (slots, kvHeads, capacity, headSize). */
interface Block {
  readonly layer: CacheLayer;
  readonly names: { readonly past: string; readonly present: string; readonly added: string };
  data: Floats;
}

export class HostCache implements KvCache {
  private readonly blocks: readonly Block[];
  /** Tokens of each active row. */
  private lengths: number[] = [];
  private capacity = 0;

  constructor(
    private readonly session: ModelSession,
    readonly slots: number,
  ) {
    this.blocks = session.cacheLayers.flatMap((layer, i) => {
      const [past, present, added] = [pastNames(i), presentNames(i), newCacheNames(i)];
      return [
        { layer, names: { past: past.key, present: present.key, added: added.key }, data: this.floats(0) },
        {
          layer,
          names: { past: past.value, present: present.value, added: added.value },
          data: this.floats(0),
        },
      ];
    });
  }

  prefill(lengths: readonly number[]): CacheTurn {
    const length = Math.max(...lengths);
    return {
      feeds: {
        ...this.pastFeeds(lengths.length, 0),
        [INPUT.cacheRows]: int64Tensor(this.session.ort, [0], [1]),
      },
      fetches: Object.fromEntries(this.blocks.map(({ names }) => [names.present, null])),
      absorb: (outputs) => {
        this.grow(Math.max(length, ...this.lengths) + 1);
        const first = this.lengths.length;
        this.lengths.push(...lengths);
        for (const block of this.blocks) {
          const { kvHeads, headSize } = block.layer;
          const present = floatsOf(outputs, block.names.present);
          for (let head = 0; head < lengths.length * kvHeads; head++) {
            const from = present.subarray(head * length * headSize, (head + 1) * length * headSize);
            block.data.set(from, (first * kvHeads + head) * this.capacity * headSize);
          }
        }
      },
    };
  }

  decode(): CacheTurn {
    const { session } = this;
    this.grow(Math.max(...this.lengths) + 1);
    const active = this.lengths.length;
    // All layers have the same number of heads, so one list of rows serves them all.
    const kvHeads = this.blocks[0]?.layer.kvHeads ?? 0;
    const rows = this.lengths.flatMap((length, slot) =>
      Array.from({ length: kvHeads }, (_, head) => (slot * kvHeads + head) * this.capacity + length),
    );
    return {
      feeds: {
        ...this.pastFeeds(active, this.capacity),
        [INPUT.cacheRows]: int64Tensor(session.ort, rows, [rows.length]),
      },
      fetches: Object.fromEntries(this.blocks.map(({ names }) => [names.added, null])),
      absorb: (outputs) => {
        for (const { data, layer, names } of this.blocks) {
          const added = floatsOf(outputs, names.added);
          for (const [i, row] of rows.entries()) {
            data.set(added.subarray(i * layer.headSize, (i + 1) * layer.headSize), row * layer.headSize);
          }
        }
        this.lengths = this.lengths.map((length) => length + 1);
      },
    };
  }

  remove(slot: number): void {
    const last = this.lengths.length - 1;
    for (const { data, layer } of this.blocks) {
      const row = layer.kvHeads * this.capacity * layer.headSize;
      if (slot !== last) data.copyWithin(slot * row, last * row, (last + 1) * row);
    }
    const length = this.lengths.pop();
    if (slot !== last && length !== undefined) this.lengths[slot] = length;
  }

  get bytesPerStep(): number {
    return this.blocks.reduce((bytes, { data, layer }) => {
      const row = layer.kvHeads * layer.headSize * this.lengths.length;
      return bytes + (this.capacity + 1) * row * data.BYTES_PER_ELEMENT;
    }, 0);
  }

  dispose(): void {
    for (const block of this.blocks) block.data = this.floats(0);
    this.lengths = [];
    this.capacity = 0;
  }

  private pastFeeds(active: number, capacity: number): Record<string, Tensor> {
    const { ort, float } = this.session;
    return Object.fromEntries(
      this.blocks.map(({ data, layer, names }) => {
        const dims = [active, layer.kvHeads, capacity, layer.headSize];
        const values = data.subarray(0, active * layer.kvHeads * capacity * layer.headSize);
        return [names.past, new ort.Tensor(float, values, dims)];
      }),
    );
  }

  /** Makes room for rows of `tokens` tokens. */
  private grow(tokens: number): void {
    if (tokens <= this.capacity) return;
    const before = this.capacity;
    this.capacity = Math.min(Math.ceil(tokens / BUCKET_TOKENS) * BUCKET_TOKENS, this.session.maxLength);
    for (const block of this.blocks) {
      const { kvHeads, headSize } = block.layer;
      const next = this.floats(this.slots * kvHeads * this.capacity * headSize);
      for (let head = 0; head < this.lengths.length * kvHeads; head++) {
        const from = block.data.subarray(head * before * headSize, (head + 1) * before * headSize);
        next.set(from, head * this.capacity * headSize);
      }
      block.data = next;
    }
  }

  private floats(size: number): Floats {
    return this.session.float === 'float16' ? new Uint16Array(size) : new Float32Array(size);
  }
}

function floatsOf(outputs: Outputs, name: string): Float32Array | Uint16Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array || data instanceof Uint16Array) return data;
  throw new Error(`output "${name}" is no float tensor on the CPU`);
}
