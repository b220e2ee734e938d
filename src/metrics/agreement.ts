/**
 * @file Do both runtimes compute the same model? Random token rows go through both, and their logits are laid side by
 * side (`compareRuntimes`): on the page and in the experiment runner after every load, in reports of a model.
 */
import { deriveKey, integerAt } from '../core/random.ts';

/** Largest |a - b|; Infinity where the lengths differ or a value is not finite. */
export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
    if (!(difference <= largest)) largest = Number.isFinite(difference) ? difference : Infinity;
  }
  return largest;
}

export function maxAbs(a: Float32Array): number {
  let largest = 0;
  for (const value of a) largest = Math.max(largest, Math.abs(value));
  return largest;
}

export interface Comparison {
  /** Largest |difference| of a logit; Infinity where anything is missing or not a number. */
  readonly difference: number;
  /** Largest |logit| of the first. */
  readonly size: number;
}

/** Both runtimes' logits of the same rows. No row, or an empty one, is no agreement. */
export function compareLogits(ours: readonly Float32Array[], theirs: readonly Float32Array[]): Comparison {
  const differences = ours.map((row, i) =>
    row.length === 0 ? Infinity : maxAbsDifference(row, theirs[i] ?? []),
  );
  return {
    difference: ours.length > 0 && ours.length === theirs.length ? Math.max(0, ...differences) : Infinity,
    size: Math.max(0, ...ours.map(maxAbs)),
  };
}

/**
 * What two right float32 implementations may differ by: a share of the largest logit, and no less than the goldens' own
 * tolerance. On a GPU exp, sin and cos may be approximate, which the goldens' README allows 1e-3 for.
 */
export function agreementTolerance(backend: 'webgpu' | 'wasm' | 'cpu', size: number): number {
  const isGpu = backend === 'webgpu';
  return Math.max(isGpu ? 1e-3 : 1e-4, (isGpu ? 2e-4 : 2e-5) * size);
}

/** From here on it is another model: float32 on two devices stays below a hundredth of it, a wrong kernel is a thousand
 * times above. Wider than `agreementTolerance`, since a page that refuses a device takes it from the person. */
const SAME_MODEL = 1e-3;
export const isSameModel = ({ difference, size }: Comparison): boolean =>
  // Infinity is within a share of Infinity.
  Number.isFinite(difference) && difference <= SAME_MODEL * Math.max(1, size);

/** Places of a row in the counter. */
const ROW = 128;

/** Rows of token ids of these lengths (at most 128, and what the model takes), the same for the same vocabulary. */
export function probeRows(
  lengths: readonly number[],
  { vocabSize, maxPositions }: { readonly vocabSize: number; readonly maxPositions: number },
): number[][] {
  const key = deriveKey('agreement');
  return lengths.map((length, row) =>
    Array.from({ length: Math.min(length, maxPositions, ROW) }, (_, i) =>
      integerAt(key, row * ROW + i, vocabSize),
    ),
  );
}

type Logits = (rows: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;

/** Longer than the 32 tokens from which GPU attention kernels change their ways. */
const ONE_ROW = [64];

/** What both runtimes make of the same rows. @throws whatever either of them throws */
export async function compareRuntimes(
  ours: Logits,
  theirs: Logits,
  model: Parameters<typeof probeRows>[1],
  lengths: readonly number[] = ONE_ROW,
): Promise<Comparison> {
  const rows = probeRows(lengths, model);
  return compareLogits(...(await Promise.all([ours(rows), theirs(rows)])));
}
