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

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

/** Upper edges of the perplexity histogram's buckets, spaced evenly in the logarithm: four to a factor of ten, from 1
 * to 1000; a last bucket holds what is above. Fixed, so that rounds and runs compare. */
export const PERPLEXITY_EDGES: readonly number[] = Array.from({ length: 12 }, (_, i) => 10 ** ((i + 1) / 4));

/** Counts by bucket; a value on an edge belongs to the bucket that it ends. One more bucket than there are edges. */
export function perplexityHistogram(perplexities: readonly number[]): readonly number[] {
  const counts = new Array<number>(PERPLEXITY_EDGES.length + 1).fill(0);
  for (const perplexity of perplexities) {
    const found = PERPLEXITY_EDGES.findIndex((edge) => perplexity <= edge);
    const bucket = found < 0 ? PERPLEXITY_EDGES.length : found;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}
