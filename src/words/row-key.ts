/**
 * @file The keys by which a phase's answers come back, and the row that one names. A row's id may hold anything, slashes too, so
 * what stands before it is known by the phase. Samplers draw by these keys: they stay as they are.
 */
import type { Phase } from './events.ts';

export const rankKey = (id: string): string => `rank/${id}`;

/** @param purpose "label", or "label, vote 2" */
export const labelKey = (purpose: string, part: number, id: string): string => `${purpose}/${part}/${id}`;

/** Of a question that the model wrote. */
export const answerKey = (id: string): string => `answer/${id}`;

export const questionKey = (round: number, attempt: number, at: number): string =>
  `question/${round}/${attempt}/${at}`;

/** A key of this row in this phase, where a recording keeps the row alone. */
export const keyIn = (phase: Phase, round: number, id: string): string =>
  phase === 'rank' ? rankKey(id) : phase === 'label' ? labelKey('label', round, id) : id;

/** Before the id. The rows of an evaluation are asked by their ids alone. */
const HEADS: Readonly<Record<Phase, RegExp | null>> = {
  rank: /^rank\//,
  label: /^(?:answer|label(?:, vote \d+)?\/\d+|question\/\d+\/\d+)\//,
  train: null,
  evaluate: null,
};

/** The row's id, or the number of the question. */
export function rowOfKey(phase: Phase, key: string): string {
  const head = HEADS[phase];
  return head === null ? key : key.replace(head, '');
}
