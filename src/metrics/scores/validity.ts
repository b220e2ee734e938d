/** @file Format apart from knowledge: how many answers are an option at all, stop included, and how many of those are right. */
import { accuracyFloors } from '../floors.ts';
import type { Asked, KeyedRow, Prediction } from '../item.ts';
import { hasKey } from '../item.ts';
import type { Score } from '../metric.ts';
import { SHARE_SCORE } from '../metric.ts';
import { isValidLabel } from '../metrics.ts';

const isValid = ({ isFinished, answer }: Prediction, { choices = [] }: KeyedRow, asked: Asked): boolean =>
  isFinished &&
  isValidLabel(asked.kind === 'multiple-choice' ? choices.map(({ text }) => text) : asked.labels, answer);

export const validLabelRate = {
  ...SHARE_SCORE,
  name: 'valid_label_rate',
  title: 'valid-label rate',
  help: 'Share of free answers that are a label (or a choice) at all.',
  glossary:
    'The share of answers that are one of the labels at all. If only this rises, the model has learned the format, not the task.',
  kinds: ['classification', 'multiple-choice'],
  valueOf: (prediction, row, asked) => Number(isValid(prediction, row, asked)),
} as const satisfies Score;

export const accuracyGivenValid = {
  ...SHARE_SCORE,
  name: 'accuracy_given_valid',
  title: 'accuracy given valid',
  help: 'Exact match among the answers that are a label at all.',
  kinds: validLabelRate.kinds,
  isCharted: true,
  valueOf: (prediction, row, asked) =>
    isValid(prediction, row, asked) && hasKey(row) ? Number(prediction.isExact) : null,
  floors: accuracyFloors((choices) => 1 / choices),
} as const satisfies Score;
