/** @file Why an answer was dropped, in words. */
import type { Verdict } from '../words/events.ts';

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  kept: 'kept',
  empty: 'empty',
  unfinished: 'no stop within the limit',
  repeats: 'repeats itself',
  copies: 'copies a demonstration',
  'outside-labels': 'not a label',
  perplexity: 'perplexity too high',
  disputed: 'too few draws agree',
  'near-duplicate': 'near duplicate',
  'too-short': 'too short',
};
