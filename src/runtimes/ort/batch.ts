/** @file Feeds of one run: token rows right-padded to one length, with the rows and targets that are asked of it. */
import { LabError } from '../../core/errors.ts';
import type { Branches } from './mask.ts';
import { attentionMask, positionInRow } from './mask.ts';
import { INPUT, maskName } from './names.ts';
import type { Tensor } from './ort.ts';
import type { Feeds, ModelSession } from './session.ts';
import { floatTensor, int32Tensor, int64Tensor } from './tensors.ts';

export interface Batch {
  /** B rows of new tokens, each at least one. */
  readonly ids: readonly (readonly number[])[];
  /** Tokens that each row already has in the cache; 0 where left out. */
  readonly pastLengths?: readonly number[];
  /** Tokens for which the cache that is fed has room; 0 where left out. */
  readonly capacity?: number;
  /** Rows that branch; only where the session takes branches, and without a cache. */
  readonly branches?: readonly (Branches | undefined)[];
  /** Positions whose distribution is wanted: (row, token) pairs into `ids`; the last of every row if left out. */
  readonly wanted?: readonly (readonly [row: number, token: number])[];
  /** A token for each wanted position. */
  readonly targets?: readonly number[];
  /** Sum the last hidden states of each row's tokens with weight 1 / length. */
  readonly meanPool?: boolean;
}

/** Tokens (padding included) of one run over whole rows: bounds its activations, and the wait before a cancel is
 * heard. */
const RUN_TOKENS = 4096;
/** Attention scores of one such run, which composed attention holds in memory: 64 MB an array, a few at a time. */
const RUN_SCORES = 16 * 1024 * 1024;

/** Rows of up to `length` tokens that one run takes; at least 1. */
export function rowsPerRun({ architecture }: ModelSession, length: number): number {
  const byScores = Math.floor(RUN_SCORES / (architecture.heads * length * length));
  return Math.max(1, Math.min(Math.floor(RUN_TOKENS / length), byScores));
}

/** @throws LabError `invalid-request` for an id outside the vocabulary, which WebGPU would read as anything */
export function checkIds({ architecture }: ModelSession, ids: readonly number[], what: string): void {
  const { vocabSize } = architecture;
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong === undefined) return;
  throw new LabError(
    'invalid-request',
    `${what} holds token id ${wrong}; the model's vocabulary has ${vocabSize} ids.`,
    { remedy: "Use the model's own tokenizer." },
  );
}

/** All feeds but the cache's tensors and the adapter's. */
export function batchFeeds(session: ModelSession, batch: Batch): Feeds {
  const { ort, float } = session;
  const { ids } = batch;
  const size = ids.length;
  const length = Math.max(...ids.map((row) => row.length));
  const pastLengths: readonly number[] = batch.pastLengths ?? ids.map(() => 0);
  const wanted = batch.wanted ?? ids.map((row, b) => [b, row.length - 1] as const);

  // Padding is token 0: it stands after the row's own tokens, which never attend to it.
  const tokens = new Int32Array(size * length);
  const positions = new Int32Array(size * length);
  const pool = new Float32Array(size * length);
  const totals = new Int32Array(size);
  for (const [b, row] of ids.entries()) {
    const past = pastLengths[b] ?? 0;
    tokens.set(row, b * length);
    const branches = batch.branches?.[b];
    for (let t = 0; t < row.length; t++) positions[b * length + t] = past + positionInRow(branches, t);
    if (batch.meanPool === true) pool.fill(1 / row.length, b * length, b * length + row.length);
    totals[b] = past + row.length;
  }
  const dims = [size, length];
  const feeds: Record<string, Tensor> = {
    [INPUT.inputIds]: int64Tensor(ort, tokens, dims),
    [INPUT.rows]: int64Tensor(
      ort,
      wanted.map(([b, t]) => b * length + t),
      [wanted.length],
    ),
    [INPUT.targets]: int64Tensor(ort, batch.targets ?? wanted.map(() => 0), [wanted.length, 1]),
    [INPUT.pool]: floatTensor(ort, float, pool, [size, 1, length]),
  };
  if (session.takes(INPUT.positionIds)) feeds[INPUT.positionIds] = int64Tensor(ort, positions, dims);
  if (session.takes(INPUT.seqlensK)) {
    const seqlensK = totals.map((total) => total - 1);
    feeds[INPUT.seqlensK] = int32Tensor(ort, seqlensK, [size]);
    feeds[INPUT.totalSequenceLength] = int32Tensor(ort, Int32Array.of(Math.max(...totals)), []);
  }
  for (const window of session.windows) {
    const { capacity = 0, branches } = batch;
    const { values, dims } = attentionMask({ pastLengths, capacity, length, window, branches });
    feeds[maskName(window)] = floatTensor(ort, float, values, dims);
  }
  return feeds;
}
