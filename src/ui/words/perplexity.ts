/** @file The one scale of perplexity: a single hue, from the paper's own colour at 1 to full at 10 and above. */

const FULL = Math.log(10);

/** Share of full colour, 0 at perplexity 1, 1 from 10 on; logarithmic. */
const perplexityShare = (perplexity: number): number =>
  Math.min(1, Math.max(0, Math.log(Math.max(1, perplexity)) / FULL));

/** A CSS colour for areas; text on it stays ink, so it goes no further than `most` per cent. */
export const perplexityTint = (perplexity: number, most = 100): string =>
  `color-mix(in oklab, var(--perplexity) ${Math.round(most * perplexityShare(perplexity))}%, var(--card))`;
