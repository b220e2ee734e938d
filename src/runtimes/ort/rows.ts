/** @file Runs over whole rows, without a cache: rows of similar length together, within bounds of memory. */
import type { CancelSignal } from '../../core/errors.ts';
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { AdapterFeeds } from './adapter-feeds.ts';
import type { Batch } from './batch.ts';
import { batchFeeds, checkIds, rowsPerRun } from './batch.ts';
import type { Branches } from './mask.ts';
import { pastNames } from './names.ts';
import type { Feeds, ModelSession } from './session.ts';
import type { Outputs } from './tensors.ts';
import { floatTensor } from './tensors.ts';

export interface RowsOptions {
  /** The base alone if left out or null. */
  readonly adapter?: Adapter | null;
  readonly signal?: CancelSignal;
  /** Told after every run: rows done of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** A position whose distribution is wanted. */
export interface Wanted {
  /** The request's row that it belongs to. */
  readonly index: number;
  /** Its place among the work's tokens. */
  readonly token: number;
  /** The token whose probability is asked there. */
  readonly target: number;
}

/** A row of tokens on its way through a run. */
export interface Work {
  /** The request's row; the first of them where several share the tokens. */
  readonly index: number;
  readonly ids: readonly number[];
  readonly wanted: readonly Wanted[];
  readonly branches?: Branches;
}

/** Logits of one run, 32 MB; the graph holds a few such arrays at a time. */
const RUN_LOGITS = 8 * 1024 * 1024;

/** @throws LabError `invalid-request`, `context-overflow` */
export function checkRow(session: ModelSession, ids: readonly number[], what: string): void {
  if (ids.length === 0) throw new LabError('invalid-request', `${what} has no tokens.`);
  checkIds(session, ids, what);
  if (ids.length > session.maxLength) {
    throw new LabError('context-overflow', `${what} has ${ids.length} tokens, over ${session.maxLength}.`);
  }
}

/** Positions of one run whose distribution may be wanted; at least 1. */
export const wantedPerRun = ({ architecture }: ModelSession): number =>
  Math.max(1, Math.floor(RUN_LOGITS / architecture.vocabSize));

/** Calls `run` with groups of rows of similar length, within the token and logit bounds. A row with more wanted
 * positions than one run may have is run several times. */
export async function inRuns(
  session: ModelSession,
  work: readonly Work[],
  { adapter: named = null, signal, onProgress }: RowsOptions,
  run: (group: readonly Work[], adapter: AdapterFeeds) => Promise<void>,
): Promise<void> {
  const most = wantedPerRun(session);
  const pieces = work
    .toSorted((a, b) => b.ids.length - a.ids.length)
    .flatMap((row) =>
      Array.from({ length: Math.max(1, Math.ceil(row.wanted.length / most)) }, (_, i) => ({
        ...row,
        wanted: row.wanted.slice(i * most, (i + 1) * most),
      })),
    );
  const adapter = session.holdAdapter(named);
  let group: Work[] = [];
  let done = 0;
  const flush = async () => {
    throwIfCancelled(signal, 'Scoring');
    if (group.length === 0) return;
    await run(group, adapter);
    done += group.length;
    onProgress?.(done, pieces.length);
    group = [];
  };
  try {
    for (const piece of pieces) {
      // The group's first row is its longest.
      const isFull = group.length >= rowsPerRun(session, (group[0] ?? piece).ids.length);
      const wanted = group.reduce((sum, row) => sum + row.wanted.length, piece.wanted.length);
      if (isFull || wanted > most) await flush();
      group.push(piece);
    }
    await flush();
  } finally {
    adapter.release();
  }
}

export function runRows(
  session: ModelSession,
  adapter: AdapterFeeds,
  what: string,
  group: readonly Work[],
  options: Pick<Batch, 'meanPool'>,
  outputs: readonly string[],
): Promise<Outputs> {
  const wanted = group.flatMap((row, b) => row.wanted.map(({ token }) => [b, token] as const));
  const targets = group.flatMap((row) => row.wanted.map(({ target }) => target));
  // Where no distribution is asked for, one position keeps the head's input from being empty.
  const asked = wanted.length > 0 ? { wanted, targets } : { wanted: [[0, 0] as const], targets: [0] };
  const branches = group.map((row) => row.branches);
  const feeds = batchFeeds(session, { ids: group.map(({ ids }) => ids), branches, ...asked, ...options });
  return session.run(
    what,
    adapter,
    { ...feeds, ...emptyCache(session, group.length) },
    Object.fromEntries(outputs.map((name) => [name, null])),
  );
}

/** A cache without tokens, for rows that are run whole. */
function emptyCache(session: ModelSession, rows: number): Feeds {
  const { ort, float, cacheLayers } = session;
  const feeds = cacheLayers.flatMap(({ kvHeads, headSize }, i) => {
    const empty = floatTensor(ort, float, new Float32Array(), [rows, kvHeads, 0, headSize]);
    return [
      [pastNames(i).key, empty],
      [pastNames(i).value, empty],
    ] as const;
  });
  return Object.fromEntries(feeds);
}
