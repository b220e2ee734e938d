/** @file How varied answers are: entropy, different n-grams, a median, a histogram. */

/** Shannon entropy of a distribution given as counts, nats. */
export function entropyOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, n) => (n === 0 ? sum : sum - (n / total) * Math.log(n / total)), 0);
}

/** Different n-grams of words over all n-grams, over all texts together (Li et al. 2016); null without any. */
export function distinctN(texts: readonly string[], n: number): { value: number; n: number } | null {
  const grams = texts.flatMap((text) => {
    const words = wordsOf(text.toLowerCase());
    return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' '));
  });
  return grams.length === 0 ? null : { value: new Set(grams).size / grams.length, n: grams.length };
}

export const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Buckets of the perplexity histogram. */
const BUCKETS = 16;
/** Of this share of the values no bucket's width is made: one that overflowed would make all others one bucket. */
const BEYOND = 0.02;

/** Upper edges of the buckets, spaced evenly in the logarithm from 1 to where all but the highest few values are, which
 * the last bucket holds too. Made from all that are laid beside each other. */
export function perplexityEdges(perplexities: readonly number[]): readonly number[] {
  const sorted = perplexities.filter(Number.isFinite).toSorted((a, b) => a - b);
  const top = Math.max(1.2, sorted[Math.ceil((1 - BEYOND) * sorted.length) - 1] ?? 10);
  return Array.from({ length: BUCKETS }, (_, i) => top ** ((i + 1) / BUCKETS));
}

/** Counts by bucket; a value on an edge belongs to the bucket that it ends. */
export function perplexityHistogram(
  perplexities: readonly number[],
  edges: readonly number[],
): readonly number[] {
  const counts = new Array<number>(edges.length).fill(0);
  for (const perplexity of perplexities) {
    const found = edges.findIndex((edge) => perplexity <= edge);
    const bucket = found < 0 ? edges.length - 1 : found;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}
