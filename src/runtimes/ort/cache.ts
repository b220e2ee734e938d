/**
 * @file The key/value cache of the sequences that are being generated: a fixed number of slots, the first `active`
 * of them in use. A prefill appends rows; a row that is finished is removed and the last one takes its slot.
 */
import type { Feeds, Fetches } from './session.ts';
import type { Outputs } from './tensors.ts';

/** What the cache adds to one run, and what it takes from the run's outputs. */
export interface CacheTurn {
  readonly feeds: Feeds;
  readonly fetches: Fetches;
  /** Tokens for which the cache in `feeds` has room. */
  readonly capacity: number;
  /** To be called once with the run's outputs, before the next turn. */
  absorb(outputs: Outputs): Promise<void> | void;
}

export interface KvCache {
  readonly slots: number;
  /** A run over `lengths.length` new rows; their slots follow those in use.
   * @param padded tokens that each row has in the run: candidates may stand behind what is kept; the longest if left out */
  prefill(lengths: readonly number[], padded?: number): CacheTurn;
  /** A run of one new token for each active row. */
  decode(): CacheTurn;
  /** Frees a slot: the last active row moves into it. */
  remove(slot: number): void;
  /** Cache bytes copied between JavaScript and the session in one decode step of the present size. */
  readonly bytesPerStep: number;
  dispose(): void;
}
