/**
 * @file How many rows are decoded together: a function of the request alone, so that a request is cut into the same
 * runs, and gives the same bits, whatever was asked before.
 */
import type { PromptRow } from '../words/engine.ts';

/** Tokens, prompt and answer, that stand in the cache together. */
const CACHED_TOKENS = 4096;
const FEWEST_ROWS = 8;
const MOST_ROWS = 64;

/** Rows to decode together where the longest takes so many tokens with its answer: more where they are short, since a
 * step costs much the same for a few rows as for many. */
export const togetherWhere = (longest: number): number =>
  Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(CACHED_TOKENS / longest)));

export const rowsTogether = (rows: readonly PromptRow[], maxNewTokens: number): number =>
  togetherWhere(rows.reduce((most, { ids }) => Math.max(most, ids.length), 1) + maxNewTokens);
