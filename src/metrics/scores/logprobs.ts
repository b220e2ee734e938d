/** @file The log-probabilities of a prediction's labels or choices, and which of them is the key's: what constrained scores share. */
import type { Asked, Choice, KeyedRow, Prediction } from '../item.ts';
import { bestChoice } from '../item.ts';
import { normaliseLabel } from '../metrics.ts';

/** Index of the highest value, the first of equals; -1 of none. */
export function argmax(values: readonly number[]): number {
  let best = -1;
  for (const [i, value] of values.entries()) if (best < 0 || value > (values[best] ?? value)) best = i;
  return best;
}

interface Candidates {
  readonly logprobs: readonly number[];
  /** Index of the label that is the row's key, or of the choice that MC1 asks for. */
  readonly key: number;
  /** Empty unless the kind is multiple choice. */
  readonly choices: readonly Choice[];
}

/** null where there is not one for each candidate, or none of them is the key's; a generation task has no candidates. */
export function candidatesOf(
  { labelLogprobs = [] }: Prediction,
  row: KeyedRow,
  { kind, labels }: Asked,
): Candidates | null {
  const choices = kind === 'multiple-choice' ? (row.choices ?? []) : [];
  const options = kind === 'classification' ? labels : choices;
  if (labelLogprobs.length === 0 || labelLogprobs.length !== options.length) return null;
  const key =
    kind === 'multiple-choice'
      ? bestChoice(choices)
      : labels.findIndex((label) => normaliseLabel(label) === normaliseLabel(row.output));
  return key < 0 ? null : { logprobs: labelLogprobs, key, choices };
}
