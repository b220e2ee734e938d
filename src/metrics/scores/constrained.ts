/** @file Accuracy where the model may only choose among the labels (or choices), plain and calibrated. */
import { accuracyFloors } from '../floors.ts';
import type { Score } from '../metric.ts';
import { SHARE_SCORE } from '../metric.ts';
import { argmax, candidatesOf } from './logprobs.ts';

export const constrainedAccuracy = {
  ...SHARE_SCORE,
  name: 'constrained_accuracy',
  title: 'constrained accuracy',
  help: 'The label (or choice) with the highest summed log-probability is right.',
  glossary:
    'The share right when the model may only choose among the labels: what it knows, without asking whether it can say it.',
  kinds: ['classification', 'multiple-choice'],
  isOfLogprobs: true,
  isCharted: true,
  canStop: true,
  valueOf: (prediction, row, asked) => {
    const found = candidatesOf(prediction, row, asked);
    if (found === null) return null;
    const said = argmax(found.logprobs);
    return Number(
      asked.kind === 'multiple-choice' ? found.choices[said]?.correct === true : said === found.key,
    );
  },
  floors: accuracyFloors((choices, correct) => correct / choices),
} as const satisfies Score;

/** Contextual calibration, arXiv 2102.09690. */
export const calibratedAccuracy = {
  ...SHARE_SCORE,
  name: 'calibrated_accuracy',
  title: 'calibrated accuracy',
  help: "Constrained accuracy after subtracting each label's content-free log-probability.",
  kinds: ['classification'],
  isOfLogprobs: true,
  isCharted: true,
  valueOf: (prediction, row, asked) => {
    const found = candidatesOf(prediction, row, asked);
    const { labels, contentFree } = asked;
    if (found === null || contentFree?.length !== labels.length) return null;
    return Number(argmax(found.logprobs.map((value, i) => value - (contentFree[i] ?? 0))) === found.key);
  },
  floors: constrainedAccuracy.floors,
} as const satisfies Score;
