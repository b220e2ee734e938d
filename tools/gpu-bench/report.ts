/** @file What the GPU bench finds, and what follows from it. */
import type { Check } from '../../src/check/check.ts';
import type { GpuWork } from '../node-gpu.ts';
import type { Piece } from './plan.ts';
import { isCorrectness } from './plan.ts';

/** A piece that did not run says why in its place. */
export interface NotRun {
  readonly notRun: string;
}
export type Outcome<T> = T | NotRun;
export const isNotRun = <T extends object>(outcome: Outcome<T>): outcome is NotRun => 'notRun' in outcome;

export interface AdapterFacts {
  readonly description: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly subgroupSizes: readonly [least: number, most: number];
}

export interface Checks {
  readonly checks: readonly Check[];
  /** What this device or type has not, so that there is nothing to compare. */
  readonly leftOut: readonly string[];
  /** What was to be compared and could not be, and why. */
  readonly notCompared?: readonly string[];
  readonly against?: string;
}

export interface TrainingFigures {
  /** Median of the steps; left out on a software GPU, where times say nothing. */
  readonly tokensPerSecond?: number;
  readonly perStep: GpuWork;
  /** GPU buffers held after the steps, pooled ones included. */
  readonly gpuBytes: number;
}

export interface LabellingFigures {
  readonly prefillTokensPerSecond?: number;
  readonly decodeTokensPerSecond?: number;
  /** Of one batch, prompts and new tokens. */
  readonly perPass: GpuWork;
  readonly newTokens: number;
  /** GPU buffers held at most. */
  readonly gpuBytes: number;
}

export interface NativeFigures {
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly trainTokensPerSecond: number;
  /** The most that PyTorch held on the GPU at a time. */
  readonly gpuBytes: number;
}
/** By whether matrix products go through TF32. */
export interface NativeReport {
  readonly torch: string;
  readonly transformers: string;
  readonly device: string;
  readonly byTf32: { readonly off: NativeFigures; readonly on: NativeFigures };
}

/** What each part's pieces find. */
export interface Findings {
  readonly golden: Checks;
  readonly training: Checks;
  readonly labelling: Checks;
  readonly 'speed-training': TrainingFigures;
  readonly 'speed-labelling': LabellingFigures;
  readonly 'speed-native': NativeReport;
}

/** A piece and what it found. */
export interface Found {
  readonly piece: Piece;
  readonly seconds: number;
  readonly outcome: Outcome<Findings[keyof Findings]>;
}

export interface GpuReport {
  readonly adapter: Outcome<AdapterFacts>;
  readonly found: readonly Found[];
  /** Pieces that were not begun, and why. */
  readonly leftOut: readonly string[];
}

/** What a part found, in the order of its pieces. */
export const foundOf = <K extends keyof Findings>({ found }: Pick<GpuReport, 'found'>, part: K) =>
  found
    .filter(({ piece }) => piece.part === part)
    // A piece's part says what it finds.
    .map(({ piece, outcome }) => ({ piece, outcome: outcome as Outcome<Findings[K]> }));

const right = (outcome: Outcome<Checks>): boolean =>
  !isNotRun(outcome) &&
  outcome.checks.length > 0 &&
  outcome.checks.every(({ ok }) => ok) &&
  (outcome.notCompared ?? []).length === 0;

export type Verdict = 'right' | 'not right' | 'not compared';

/** A report whose numbers are wrong, or were not compared, is no measurement. */
export function verdictOf(report: GpuReport): Verdict {
  const compared = (['golden', 'training', 'labelling'] as const).flatMap((part) => foundOf(report, part));
  if (compared.some(({ outcome }) => !isNotRun(outcome) && outcome.checks.some(({ ok }) => !ok))) {
    return 'not right';
  }
  return compared.length > 0 && compared.every(({ outcome }) => right(outcome)) ? 'right' : 'not compared';
}

/** In a line, for who watches. */
export function summaryOf({ piece, outcome }: Pick<Found, 'piece' | 'outcome'>): string {
  if (isNotRun(outcome)) return `NOT RUN: ${outcome.notRun}`;
  if (!isCorrectness(piece.part) || !('checks' in outcome)) return 'measured';
  const failed = outcome.checks.filter(({ ok }) => !ok);
  const list = (what: string, found: readonly string[] = []) =>
    found.length === 0 ? '' : `; ${what}: ${found.join('; ')}`;
  const left = list('NOT COMPARED', outcome.notCompared) + list('left out', outcome.leftOut);
  return failed.length === 0
    ? `${outcome.checks.length} of ${outcome.checks.length} within tolerance${left}`
    : `FAILED ${failed.length} of ${outcome.checks.length}: ${failed.map(told).join('; ')}${left}`;
}

export const told = ({ name, runtime, value, tolerance, ok }: Check): string =>
  `${runtime} ${name}: ${value.toPrecision(2)} ${ok ? '<=' : '>'} ${tolerance.toPrecision(2)}`;
