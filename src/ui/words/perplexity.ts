/** @file The tint of a perplexity: a single hue over the paper's own colour, on a scale that the values shown make. */

/** The perplexity up to which there is no tint, and that from which on it is full; 1 <= from < to. */
export interface PerplexityScale {
  readonly from: number;
  readonly to: number;
}

/** Share of the values at either end that the scale leaves out: one token that surprised would pale all others. */
const CUT = 0.05;
/** `to` is so many times `from` at the least, so that values that are nearly the same look so. */
const LEAST_RATIO = 1.2;

/** The scale of a view, from all perplexities that it shows: from their lowest to their highest, of twenty and more
 * without the twentieth at either end. NaN and infinite ones say nothing of it. */
export function perplexityScale(perplexities: readonly number[]): PerplexityScale {
  const known = perplexities.filter(Number.isFinite).toSorted((a, b) => a - b);
  const cut = Math.floor(CUT * known.length);
  const low = Math.max(1, known[cut] ?? 1);
  const high = Math.max(1, known[known.length - 1 - cut] ?? 1);
  if (high >= LEAST_RATIO * low) return { from: low, to: high };
  // Wider about their middle, as far as 1 leaves room.
  const from = Math.max(1, Math.sqrt((low * high) / LEAST_RATIO));
  return { from, to: LEAST_RATIO * from };
}

/** Share of full colour, logarithmic in perplexity; what overflowed is beyond every scale. */
function shareOf(perplexity: number, { from, to }: PerplexityScale): number {
  if (!Number.isFinite(perplexity)) return 1;
  const share = Math.log(Math.max(1, perplexity) / from) / Math.log(to / from);
  return Math.min(1, Math.max(0, share));
}

/** A CSS colour for areas.
 * @param most per cent of full colour at its strongest; text on what is left out stays ink */
export const perplexityTint = (perplexity: number, scale: PerplexityScale, most = 62): string =>
  `color-mix(in oklab, var(--perplexity) ${Math.round(most * shareOf(perplexity, scale))}%, var(--card))`;

/** Of one token with that probability, 0 to 1. */
export const tokenPerplexity = (probability: number): number => 1 / Math.max(1e-9, probability);

/** Of every token of the answers, whose log-probabilities are in nats. */
export const tokenPerplexities = (
  answers: readonly { readonly logprobs: readonly number[] }[],
): readonly number[] => answers.flatMap(({ logprobs }) => logprobs.map((logprob) => Math.exp(-logprob)));
