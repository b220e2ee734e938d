/** @file What a model needs in memory and whether a device has it: told before anything of the model is loaded. */
import type { WeightType } from './weights.ts';

/** Rows of so many tokens that are worked on together. */
export interface Batch {
  readonly rows: number;
  readonly tokens: number;
}

/** Of a run; what a person meets without a setup of their own where one is left out. */
export interface Batches {
  readonly labelling?: Batch;
  readonly training?: Batch;
}

/** Bytes at most of the two workers, with the matrices held in a type. */
export interface Need {
  readonly weights: WeightType;
  readonly labelling: number;
  readonly training: number;
}

/** Of one model, in every type, the widest first. */
export type Needs = (batches?: Batches) => readonly Need[];

export interface Device {
  /** Of the machine; null where it is not told. */
  readonly bytes: number | null;
  /** The machine has at least so much: browsers tell no more than 8 GiB. */
  readonly isLeast: boolean;
  /** Whether a runtime computes in wasm. */
  readonly isWasm: boolean;
}

/** One wasm program can address no more. */
const WASM_BYTES = 4 * 2 ** 30;
/** Of what the machine has, for one page: the rest is the system's and the browser's. */
const USABLE_SHARE = 0.5;

/** `tight`: it may fail on the way; `unknown`: nothing is told of the device. */
export type Fit = 'fits' | 'tight' | 'too-large' | 'unknown';

export function fitOf({ labelling, training }: Need, { bytes, isLeast, isWasm }: Device): Fit {
  if (isWasm && Math.max(labelling, training) > WASM_BYTES) return 'too-large';
  if (bytes === null) return 'unknown';
  const total = labelling + training;
  if (total <= USABLE_SHARE * bytes) return 'fits';
  return total <= bytes || isLeast ? 'tight' : 'too-large';
}

/** The widest type in which it fits, else the widest in which it may; null where it does in none. */
export function widestThatFits(needs: readonly Need[], device: Device): WeightType | null {
  const found = (...fits: readonly Fit[]) => needs.find((need) => fits.includes(fitOf(need, device)));
  return (found('fits', 'unknown') ?? found('tight'))?.weights ?? null;
}
