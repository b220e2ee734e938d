/**
 * @file The key/value cache where the session runs on WebGPU: buffers of fixed capacity that are past and present at
 * once, so that nothing is downloaded, copied or allocated from step to step.
 */
import type { CacheLayer } from './attention.ts';
import type { CacheTurn, KvCache } from './cache.ts';
import { pastNames, presentNames } from './names.ts';
import type { Tensor } from './ort.ts';
import type { ModelSession } from './session.ts';

/** Keys or values of one layer for all slots: (slots, kvHeads, capacity, headSize). */
interface Block {
  readonly layer: CacheLayer;
  readonly past: string;
  readonly present: string;
  readonly buffer: GPUBuffer;
}

export class GpuCache implements KvCache {
  readonly bytesPerStep = 0;
  private readonly blocks: readonly Block[];
  private readonly scratch: GPUBuffer;
  private active = 0;
  /** Rows under prefill that are not in their slots yet. */
  private aside: readonly Block[] = [];

  /** @param capacity tokens of the longest row, prompt and completion */
  constructor(
    private readonly session: ModelSession,
    private readonly device: GPUDevice,
    readonly slots: number,
    private readonly capacity: number,
  ) {
    this.blocks = this.allocate(slots);
    this.scratch = this.buffer(Math.max(...this.blocks.map(({ layer }) => this.rowBytes(layer))));
  }

  prefill(lengths: readonly number[]): CacheTurn {
    const size = lengths.length;
    // The operator writes from a batch's first row on: where rows are active already, the new ones are made aside.
    this.aside = this.active === 0 ? [] : this.allocate(size);
    return {
      ...this.turn(this.active === 0 ? this.blocks : this.aside, size),
      absorb: () => {
        this.copyFromAside(size);
        this.active += size;
      },
    };
  }

  decode(): CacheTurn {
    return { ...this.turn(this.blocks, this.active), absorb: () => undefined };
  }

  remove(slot: number): void {
    const last = this.active - 1;
    if (slot !== last) {
      // A buffer cannot be copied within itself.
      const encoder = this.device.createCommandEncoder();
      for (const { buffer, layer } of this.blocks) {
        const bytes = this.rowBytes(layer);
        encoder.copyBufferToBuffer(buffer, last * bytes, this.scratch, 0, bytes);
        encoder.copyBufferToBuffer(this.scratch, 0, buffer, slot * bytes, bytes);
      }
      this.device.queue.submit([encoder.finish()]);
    }
    this.active = last;
  }

  dispose(): void {
    for (const { buffer } of [...this.blocks, ...this.aside]) buffer.destroy();
    this.scratch.destroy();
  }

  private copyFromAside(rows: number): void {
    const encoder = this.device.createCommandEncoder();
    for (const [i, { buffer, layer }] of this.aside.entries()) {
      const to = this.blocks[i]?.buffer;
      const bytes = this.rowBytes(layer);
      if (to !== undefined) encoder.copyBufferToBuffer(buffer, 0, to, this.active * bytes, rows * bytes);
    }
    this.device.queue.submit([encoder.finish()]);
    for (const { buffer } of this.aside) buffer.destroy();
    this.aside = [];
  }

  private turn(blocks: readonly Block[], active: number): Omit<CacheTurn, 'absorb'> {
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, Tensor> = {};
    const { ort, float } = this.session;
    for (const { buffer, layer, past, present } of blocks) {
      const dims = [active, layer.kvHeads, this.capacity, layer.headSize];
      const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: float, dims });
      feeds[past] = tensor;
      fetches[present] = tensor;
    }
    return { feeds, fetches, capacity: this.capacity };
  }

  private allocate(rows: number): Block[] {
    return this.session.cacheLayers.flatMap((layer, i) => {
      const [past, present] = [pastNames(i), presentNames(i)];
      const bytes = rows * this.rowBytes(layer);
      return [
        { layer, past: past.key, present: present.key, buffer: this.buffer(bytes) },
        { layer, past: past.value, present: present.value, buffer: this.buffer(bytes) },
      ];
    });
  }

  private buffer(size: number): GPUBuffer {
    return this.device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  private rowBytes(layer: CacheLayer): number {
    const element = this.session.float === 'float16' ? 2 : 4;
    return layer.kvHeads * this.capacity * layer.headSize * element;
  }
}
