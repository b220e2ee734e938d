/** @file The two ways in which attention is emitted have this in common. */
import type { AttentionSpec } from '../../models/ops.ts';

/** One layer's keys (or values) of one token as they stand in the cache: kvHeads x headSize. */
export interface CacheLayer {
  readonly kvHeads: number;
  /** The model's head size, or the padded one. */
  readonly headSize: number;
}

export interface AttentionEmitter {
  /** The cache's layers emitted so far, by number. */
  readonly cacheLayers: readonly CacheLayer[];
  /** q (N, heads * headDim), k and v (N, kvHeads * headDim) -> (N, heads * headDim). */
  emit(q: string, k: string, v: string, spec: AttentionSpec): string;
}
