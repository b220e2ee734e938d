/**
 * @file What a metric says of itself, once, for tables, charts, schemas and docs; and what a score is besides: its value
 * for one item, how the items' values become one, and what it is without any model. A score is a module below scores/
 * and a line in scores.ts; diagnostics of a round are in src/analysis.
 */
import type { Asked, Item, KeyedRow, Prediction, TaskKind } from './item.ts';

export interface MetricFacts<Name extends string = string> {
  /** As results.jsonl has it. */
  readonly name: Name;
  /** A few words, as a form or a chart shows it. */
  readonly title: string;
  /** One line. */
  readonly help: string;
  readonly unit: 'share' | 'nats' | 'nats per token' | 'tokens' | 'perplexity';
  /** `neither` where more is not better by itself. */
  readonly better: 'higher' | 'lower' | 'neither';
  /** null: without an upper bound. */
  readonly range: readonly [number, number | null];
}

/** Scores that need no model: `chance`, a label (or a choice) drawn evenly, and `majority`, the commonest right answer of
 * the scored items themselves, said always; null where the metric has none. */
export interface Floors {
  readonly chance: number | null;
  readonly majority: number | null;
}
export const NO_FLOORS: Floors = { chance: null, majority: null };

export interface Value {
  readonly value: number;
  /** The denominator: how many items the value is a mean over. */
  readonly n: number;
}

/** A figure under its metric's name. */
export interface Figure<Name extends string = string> extends Value {
  readonly metric: Name;
}

export interface Score<Name extends string = string> extends MetricFacts<Name> {
  readonly kind: 'score' | 'diagnostic';
  /** Plainer words for the glossary than `help`. */
  readonly glossary?: string;
  /** The kinds of task that have it. */
  readonly kinds: readonly TaskKind[];
  /** It is read off the log-probabilities of labels or choices, which have to be asked for. */
  readonly isOfLogprobs?: true;
  /** Charts and comparisons offer it. */
  readonly isCharted?: true;
  /** Early stopping may go by it. */
  readonly canStop?: true;
  /** The kinds of task that may name it as their own metric. */
  readonly ownOf?: readonly TaskKind[];
  /** Of one item; null where it cannot be judged (no key, no log-probabilities), or has no value by itself. */
  readonly valueOf: (prediction: Prediction, row: KeyedRow, asked: Asked) => number | null;
  /** Absent: the mean of the items' values. */
  readonly aggregate?: (items: readonly Item[], asked: Asked) => Value | null;
  /** Absent: it has none. */
  readonly floors?: (rows: readonly KeyedRow[], asked: Asked) => Floors;
}

/** What most scores say: right or wrong, or a share of it. */
export const SHARE_SCORE = { kind: 'score', unit: 'share', better: 'higher', range: [0, 1] } as const;

export const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** The mean of the values; null of none. */
export const meanOf = (values: readonly (number | boolean)[]): Value | null =>
  values.length === 0 ? null : { value: mean(values.map(Number)), n: values.length };
