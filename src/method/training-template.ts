/**
 * @file The training templates as one: a share of the examples keeps demonstrations before its prompt. Zero-shot and
 * one-shot are its corners, but for whose demonstrations they are.
 */
import type { Knobs } from '../words/knobs.ts';

export interface TrainingTemplate {
  /** Chance of each example to keep demonstrations. */
  readonly share: number;
  /** How many, at most. */
  readonly kept: number;
  /** The last of those that the example was labelled with, next to the prompt; else, and where it has none of its own,
   * drawn afresh from the pool. */
  readonly areOwn: boolean;
}

export function trainingTemplate({
  template,
  demonstrationShare,
  demonstrationsKept,
}: Pick<Knobs, 'template' | 'demonstrationShare' | 'demonstrationsKept'>): TrainingTemplate {
  switch (template) {
    case 'zero-shot':
      return { share: 0, kept: 1, areOwn: false };
    case 'one-shot':
      return { share: 1, kept: 1, areOwn: false };
    case 'mixed':
      return { share: demonstrationShare, kept: demonstrationsKept, areOwn: true };
  }
}
