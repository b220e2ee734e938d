/** @file The one scale of perplexity: a single hue, from the paper's own colour at 1 to full at 10 and above. */

const FULL = 10;

/** Share of full colour, 0 at perplexity 1, 1 from `full` on; logarithmic. */
const perplexityShare = (perplexity: number, full: number): number =>
  Math.min(1, Math.max(0, Math.log(Math.max(1, perplexity)) / Math.log(full)));

/** A CSS colour for areas; text on it stays ink, so it goes no further than `most` per cent. */
export const perplexityTint = (perplexity: number, most = 100, full = FULL): string =>
  `color-mix(in oklab, var(--perplexity) ${Math.round(most * perplexityShare(perplexity, full))}%, var(--card))`;

/** Where a small picture without a scale of its own has full colour: at the highest of what it shows, so that answers which
 * are all rather sure still differ. */
export const fullOf = (perplexities: readonly number[]): number =>
  Math.min(FULL, Math.max(1.5, ...perplexities.filter((value) => !Number.isNaN(value))));
