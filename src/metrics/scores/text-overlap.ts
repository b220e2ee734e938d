/** @file What a free answer shares with its references: SQuAD's F1 of the words, ROUGE-L. */
import type { KeyedRow, Prediction } from '../item.ts';
import { hasKey, rightAnswers } from '../item.ts';
import type { Score } from '../metric.ts';
import { SHARE_SCORE } from '../metric.ts';
import { rougeLBest, tokenF1 } from '../metrics.ts';

const best =
  (score: (answer: string, references: readonly string[]) => number) =>
  ({ answer }: Prediction, row: KeyedRow): number | null =>
    hasKey(row) ? score(answer, rightAnswers(row)) : null;

export const tokenF1Score = {
  ...SHARE_SCORE,
  name: 'token_f1',
  title: 'token F1',
  help: "SQuAD's F1 of the words, best reference.",
  kinds: ['generation'],
  ownOf: ['classification', 'generation'],
  isCharted: true,
  canStop: true,
  valueOf: best(tokenF1),
} as const satisfies Score;

export const rougeLScore = {
  ...SHARE_SCORE,
  name: 'rouge_l',
  title: 'ROUGE-L',
  help: 'ROUGE-L F-measure, no stemming, best reference.',
  kinds: ['generation'],
  ownOf: ['classification', 'generation'],
  isCharted: true,
  valueOf: best(rougeLBest),
} as const satisfies Score;
