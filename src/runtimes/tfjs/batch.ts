/**
 * @file A batch as the kernels read it: rows of token ids, right-padded to one length (causal attention keeps real
 * tokens from seeing the padding), and the positions whose logits are wanted.
 */
import { LabError } from '../../core/errors.ts';
import type { TrainExample } from '../../words/engine.ts';

export interface Batch {
  /** Sequences B and padded length T; activations have N = B * T rows. */
  readonly size: number;
  readonly length: number;
  /** (B * T) token ids, 0 in the padding, and the position of each. */
  readonly ids: Int32Array<ArrayBuffer>;
  readonly positions: Int32Array<ArrayBuffer>;
  /** Rows (of N) whose logits are wanted, then row 0 repeated up to a round number M. */
  readonly rows: Int32Array<ArrayBuffer>;
  /** Of each of the M rows, the token it should predict; -1 in the filling and where only logits are wanted. */
  readonly targets: Int32Array<ArrayBuffer>;
  /** Wanted rows without the filling. */
  readonly wanted: number;
  /** Real tokens, padding left out. */
  readonly tokens: number;
}

/** Lengths are rounded up to these, so that the number of distinct buffer sizes stays small. */
const LENGTH_STEP = 16;

const paddedLength = (length: number, limit: number): number =>
  Math.max(length, Math.min(Math.ceil(length / LENGTH_STEP) * LENGTH_STEP, limit));

const filledLength = (count: number): number => {
  const step = count <= 512 ? 32 : 128;
  return Math.ceil(count / step) * step;
};

/** Wanted rows and their targets, filled up. */
function wantedRows(rows: readonly number[], targets: readonly number[]) {
  const size = filledLength(rows.length);
  const outRows = new Int32Array(size);
  const outTargets = new Int32Array(size).fill(-1);
  outRows.set(rows);
  outTargets.set(targets);
  return { rows: outRows, targets: outTargets, wanted: rows.length };
}

/** @throws LabError `invalid-request` for an empty row or an id outside the vocabulary, `context-overflow` for a row
 * longer than the model's positions. */
function checkRow(ids: readonly number[], what: string, limits: BatchLimits): void {
  if (ids.length === 0) throw new LabError('invalid-request', `${what} has no tokens.`);
  if (ids.length > limits.maxPositions) {
    throw new LabError(
      'context-overflow',
      `${what} has ${ids.length} tokens; the model takes ${limits.maxPositions}.`,
    );
  }
  const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= limits.vocabSize);
  if (bad !== undefined) {
    throw new LabError(
      'invalid-request',
      `${what} holds token id ${bad}; ids are whole numbers from 0 to ${limits.vocabSize - 1}.`,
    );
  }
}

export interface BatchLimits {
  readonly vocabSize: number;
  readonly maxPositions: number;
}

function padded(rows: readonly (readonly number[])[], length: number) {
  const ids = new Int32Array(rows.length * length);
  const positions = new Int32Array(rows.length * length);
  for (const [b, row] of rows.entries()) {
    ids.set(row, b * length);
    for (let t = 0; t < length; t++) positions[b * length + t] = t;
  }
  return { ids, positions };
}

const longest = (rows: readonly (readonly number[])[]) =>
  rows.reduce((most, row) => Math.max(most, row.length), 0);
const total = (rows: readonly (readonly number[])[]) => rows.reduce((sum, row) => sum + row.length, 0);

/** A batch that asks for the logits at every real position of the rows, in order. */
export function logitsBatch(rows: readonly (readonly number[])[], limits: BatchLimits): Batch {
  if (rows.length === 0) throw new LabError('invalid-request', 'There are no rows.');
  for (const [i, row] of rows.entries()) checkRow(row, `Row ${i}`, limits);
  const length = paddedLength(longest(rows), limits.maxPositions);
  return {
    size: rows.length,
    length,
    ...padded(rows, length),
    ...wantedRows(
      rows.flatMap((row, b) => row.map((_, t) => b * length + t)),
      [],
    ),
    tokens: total(rows),
  };
}

/** Completion tokens of an example that some token before them predicts. */
const targetCount = ({ promptIds, completionIds }: TrainExample): number =>
  completionIds.length - (promptIds.length === 0 ? 1 : 0);

/** @throws LabError as `trainBatch` does, naming the example. */
export function checkExamples(examples: readonly TrainExample[], limits: BatchLimits): void {
  if (examples.length === 0) throw new LabError('invalid-request', 'There are no training examples.');
  for (const [i, example] of examples.entries()) {
    if (targetCount(example) < 1) {
      throw new LabError(
        'invalid-request',
        `Training example ${i} has ${example.promptIds.length} prompt and ${example.completionIds.length} completion tokens.`,
        { remedy: 'Give every example a completion token with at least one token before it.' },
      );
    }
    checkRow([...example.promptIds, ...example.completionIds], `Training example ${i}`, limits);
  }
}

/** A batch whose wanted rows are those that predict a completion token. With an empty prompt the completion's first
 * token has no prediction and is left out. Examples are those that `checkExamples` passed. */
export function trainBatch(examples: readonly TrainExample[], limits: BatchLimits): Batch {
  const rows = examples.map(({ promptIds, completionIds }) => [...promptIds, ...completionIds]);
  const length = paddedLength(longest(rows), limits.maxPositions);
  const wanted: number[] = [];
  const targets: number[] = [];
  for (const [b, { promptIds, completionIds }] of examples.entries()) {
    for (const [i, id] of completionIds.entries()) {
      const predictor = promptIds.length + i - 1;
      if (predictor < 0) continue;
      wanted.push(b * length + predictor);
      targets.push(id);
    }
  }
  return {
    size: rows.length,
    length,
    ...padded(rows, length),
    ...wantedRows(wanted, targets),
    tokens: total(rows),
  };
}
