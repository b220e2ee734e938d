/**
 * @file Scoring and embedding: full rows, right-padded, grouped by length. Only the positions that predict completion
 * tokens reach the head, and only numbers per token leave the graph.
 */
import type { Score, ScoreRow } from '../../core/engine.ts';
import type { CancelSignal } from '../../core/errors.ts';
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { AdapterFeeds } from './adapter-feeds.ts';
import type { Batch } from './batch.ts';
import { batchFeeds, checkIds, rowsPerRun } from './batch.ts';
import { OUTPUT, pastNames } from './names.ts';
import type { Feeds, ModelSession } from './session.ts';
import type { Outputs } from './tensors.ts';
import { floatOutput, floatTensor } from './tensors.ts';

export interface ScoreOptions {
  readonly signal?: CancelSignal;
  /** Told after every run: rows done of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** Logits of one run, 32 MB; the graph holds a few such arrays at a time. */
const RUN_LOGITS = 8 * 1024 * 1024;

/** A row on its way through a run, with its place in the request. */
interface Work {
  readonly index: number;
  /** Tokens that go in. */
  readonly ids: readonly number[];
  /** Positions wanted of it, and the token that each predicts. */
  readonly wanted: readonly { readonly token: number; readonly target: number }[];
}

/** log p of each completion token after everything before it, with the entropy of the distribution it came from.
 * @throws LabError `invalid-request`, `context-overflow`, `cancelled`, `out-of-memory`, `device-lost` */
export async function score(
  session: ModelSession,
  rows: readonly ScoreRow[],
  options: ScoreOptions = {},
): Promise<Score[]> {
  const scores = rows.map(() => ({ logprobs: [] as number[], entropies: [] as number[] }));
  const work = rows.flatMap((row, index) => {
    const all = [...row.promptIds, ...row.completionIds];
    checkRow(session, all, `Row ${index}`);
    // The last token predicts nothing that is asked for; the first is predicted by nothing.
    const first = Math.max(row.promptIds.length, 1);
    const wanted = all.slice(first).map((target, i) => ({ token: first + i - 1, target }));
    return wanted.length === 0 ? [] : [{ index, ids: all.slice(0, -1), wanted }];
  });
  await inRuns(session, work, options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Scoring', group, {}, [
      OUTPUT.targetLogprob,
      OUTPUT.entropy,
    ]);
    const logprobs = await floatOutput(outputs, OUTPUT.targetLogprob);
    const entropies = await floatOutput(outputs, OUTPUT.entropy);
    let at = 0;
    for (const { index, wanted } of group) {
      scores[index]?.logprobs.push(...logprobs.subarray(at, at + wanted.length));
      scores[index]?.entropies.push(...entropies.subarray(at, at + wanted.length));
      at += wanted.length;
    }
  });
  return scores;
}

/** The mean of each row's last hidden states, after the final norm: (hiddenSize) each.
 * @throws LabError as score() */
export async function embed(
  session: ModelSession,
  rows: readonly (readonly number[])[],
  options: ScoreOptions = {},
): Promise<Float32Array[]> {
  const { hiddenSize } = session.architecture;
  const embeddings = rows.map(() => new Float32Array());
  const work = rows.map((ids, index) => {
    checkRow(session, ids, `Row ${index}`);
    return { index, ids, wanted: [] };
  });
  await inRuns(session, work, options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Embedding', group, { meanPool: true }, [OUTPUT.pooled]);
    const pooled = await floatOutput(outputs, OUTPUT.pooled);
    for (const [i, { index }] of group.entries()) {
      embeddings[index] = pooled.slice(i * hiddenSize, (i + 1) * hiddenSize);
    }
  });
  return embeddings;
}

/** All logits of each row: (length, vocabSize). For checks: nothing else asks for that much.
 * @throws LabError as score() */
export async function logits(
  session: ModelSession,
  rows: readonly (readonly number[])[],
  options: ScoreOptions = {},
): Promise<Float32Array[]> {
  const { vocabSize } = session.architecture;
  const all = rows.map((ids) => new Float32Array(ids.length * vocabSize));
  const work = rows.map((ids, index) => {
    checkRow(session, ids, `Row ${index}`);
    return { index, ids, wanted: ids.map((_, token) => ({ token, target: 0 })) };
  });
  await inRuns(session, work, options, async (group, adapter) => {
    const outputs = await runRows(session, adapter, 'Computing logits', group, {}, [OUTPUT.logits]);
    const values = await floatOutput(outputs, OUTPUT.logits);
    let at = 0;
    for (const { index, wanted } of group) {
      const from = (wanted[0]?.token ?? 0) * vocabSize;
      all[index]?.set(values.subarray(at * vocabSize, (at + wanted.length) * vocabSize), from);
      at += wanted.length;
    }
  });
  return all;
}

function checkRow(session: ModelSession, ids: readonly number[], what: string): void {
  if (ids.length === 0) throw new LabError('invalid-request', `${what} has no tokens.`);
  checkIds(session, ids, what);
  if (ids.length > session.maxLength) {
    throw new LabError('context-overflow', `${what} has ${ids.length} tokens, over ${session.maxLength}.`);
  }
}

/** Calls `run` with groups of rows of similar length, within the token and logit bounds. A row with more wanted
 * positions than one run may have is run several times. */
async function inRuns(
  session: ModelSession,
  work: readonly Work[],
  { signal, onProgress }: ScoreOptions,
  run: (group: readonly Work[], adapter: AdapterFeeds) => Promise<void>,
): Promise<void> {
  const most = Math.max(1, Math.floor(RUN_LOGITS / session.architecture.vocabSize));
  const pieces = work
    .toSorted((a, b) => b.ids.length - a.ids.length)
    .flatMap((row) =>
      Array.from({ length: Math.max(1, Math.ceil(row.wanted.length / most)) }, (_, i) => ({
        ...row,
        wanted: row.wanted.slice(i * most, (i + 1) * most),
      })),
    );
  const adapter = session.holdAdapter();
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

function runRows(
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
  const feeds = batchFeeds(session, { ids: group.map(({ ids }) => ids), ...asked, ...options });
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
