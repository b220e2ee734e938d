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

type Backend = 'webgpu' | 'wasm' | 'cpu';
interface Allowed {
  /** Share of the largest logit. */
  readonly share: number;
  /** However small the logits are. */
  readonly least: number;
}

/**
 * What is asked of a difference. `right`: do both compute as float32 does? The goldens' own tolerance and no less, which on
 * a GPU, where exp, sin and cos may be approximate, is 1e-3; a report of a model says so row by row. `same`: is it this
 * model at all? float32 on two devices stays below a hundredth of it, a wrong kernel is a thousand times above. It is the
 * wider one, since a page or a runner that refuses a device takes it from the person.
 */
const ALLOWED: Readonly<Record<'right' | 'same', Readonly<Record<Backend, Allowed>>>> = {
  right: {
    wasm: { share: 2e-5, least: 1e-4 },
    cpu: { share: 2e-5, least: 1e-4 },
    webgpu: { share: 2e-4, least: 1e-3 },
  },
  same: {
    wasm: { share: 1e-3, least: 1e-3 },
    cpu: { share: 1e-3, least: 1e-3 },
    webgpu: { share: 1e-3, least: 1e-3 },
  },
};

export interface Agreement {
  readonly agrees: boolean;
  /** What the difference may be. */
  readonly tolerance: number;
}

/** Whether the two runtimes agree: the one rule, for check-model, the page and the runner.
 * @param backend of the one that trains */
export function agreement(
  { difference, size }: Comparison,
  backend: Backend,
  asked: keyof typeof ALLOWED,
): Agreement {
  const { share, least } = ALLOWED[asked][backend];
  const tolerance = Math.max(least, share * size);
  // Infinity is within a share of Infinity.
  return { agrees: Number.isFinite(difference) && difference <= tolerance, tolerance };
}

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
