/**
 * @file The key/value cache where the session runs on the CPU: onnxruntime-web copies every feed into its wasm heap
 * and every output out of it, so the cache lives in JavaScript and what crosses is kept small. A run hands in the
 * cache at a capacity that grows in buckets with the longest active row, and takes back only the new tokens' keys and
 * values.
 */
import type { CacheLayer } from './attention.ts';
import type { CacheTurn, KvCache } from './cache.ts';
import { pastNames, presentNames } from './names.ts';
import type { Tensor } from './ort.ts';
import type { ModelSession } from './session.ts';
import type { Outputs } from './tensors.ts';

/** Tokens by which the capacity grows. */
const BUCKET_TOKENS = 16;

type Floats = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Keys or values of one layer for all slots: (slots, kvHeads, capacity, headSize). */
interface Block {
  readonly layer: CacheLayer;
  readonly past: string;
  readonly present: string;
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
      const [past, present] = [pastNames(i), presentNames(i)];
      return [
        { layer, past: past.key, present: present.key, data: this.floats(0) },
        { layer, past: past.value, present: present.value, data: this.floats(0) },
      ];
    });
  }

  prefill(lengths: readonly number[], padded = Math.max(...lengths)): CacheTurn {
    return {
      ...this.turn(lengths.length, 0),
      absorb: (outputs) => {
        const first = this.lengths.length;
        this.grow(Math.max(...lengths, ...this.lengths) + 1);
        this.lengths.push(...lengths);
        const pasts = lengths.map(() => 0);
        this.write(outputs, first, pasts, padded, lengths);
      },
    };
  }

  decode(): CacheTurn {
    this.grow(Math.max(...this.lengths) + 1);
    return {
      ...this.turn(this.lengths.length, this.capacity),
      absorb: (outputs) => {
        const ones = this.lengths.map(() => 1);
        this.write(outputs, 0, this.lengths, 1, ones);
        this.lengths = this.lengths.map((length) => length + 1);
      },
    };
  }

  remove(slot: number): void {
    const last = this.lengths.length - 1;
    const length = this.lengths.pop();
    if (slot === last || length === undefined) return;
    this.lengths[slot] = length;
    for (const { data, layer } of this.blocks) {
      const row = layer.kvHeads * this.capacity * layer.headSize;
      data.copyWithin(slot * row, last * row, (last + 1) * row);
    }
  }

  get bytesPerStep(): number {
    return this.blocks.reduce((bytes, { data, layer }) => {
      const perToken = this.lengths.length * layer.kvHeads * layer.headSize * data.BYTES_PER_ELEMENT;
      return bytes + (this.capacity + 1) * perToken;
    }, 0);
  }

  dispose(): void {
    for (const block of this.blocks) block.data = this.floats(0);
    this.lengths = [];
    this.capacity = 0;
  }

  private turn(rows: number, capacity: number): Omit<CacheTurn, 'absorb'> {
    const { ort, float } = this.session;
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, null> = {};
    for (const { data, layer, past, present } of this.blocks) {
      const values = data.subarray(0, rows * layer.kvHeads * capacity * layer.headSize);
      feeds[past] = new ort.Tensor(float, values, [rows, layer.kvHeads, capacity, layer.headSize]);
      fetches[present] = null;
    }
    return { feeds, fetches, capacity };
  }

  /** Writes new tokens, (rows, kvHeads, count, headSize), from slot `first` on behind those that each row has.
   * @param kept of `count`, of each row */
  private write(
    outputs: Outputs,
    first: number,
    pastLengths: readonly number[],
    count: number,
    kept: readonly number[],
  ): void {
    for (const { data, layer, present } of this.blocks) {
      const { kvHeads, headSize } = layer;
      const added = floatsOf(outputs, present);
      for (const [b, past] of pastLengths.entries()) {
        for (let head = 0; head < kvHeads; head++) {
          const from = (b * kvHeads + head) * count;
          const to = ((first + b) * kvHeads + head) * this.capacity + past;
          const until = from + (kept[b] ?? 0);
          data.set(added.subarray(from * headSize, until * headSize), to * headSize);
        }
      }
    }
  }

  /** Makes room for rows of `tokens` tokens. */
  private grow(tokens: number): void {
    if (tokens <= this.capacity) return;
    const before = this.capacity;
    this.capacity = Math.ceil(tokens / BUCKET_TOKENS) * BUCKET_TOKENS;
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
