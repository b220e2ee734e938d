/** @file The loss that the right label or choice has: beside the constrained scores, told among the diagnostics. */
import type { Score } from '../metric.ts';
import { candidatesOf } from './logprobs.ts';

export const answerLoss = {
  name: 'answer_loss',
  title: 'answer loss',
  kind: 'diagnostic',
  help: 'Mean negative summed log-probability of the right label or choice with its stop, nats per item.',
  unit: 'nats',
  better: 'lower',
  range: [0, null],
  kinds: ['classification', 'multiple-choice'],
  isOfLogprobs: true,
  valueOf: (prediction, row, asked) => {
    const found = candidatesOf(prediction, row, asked);
    return found === null ? null : -(found.logprobs[found.key] ?? 0);
  },
} as const satisfies Score;
