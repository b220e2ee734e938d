/** @file Perplexity of an answer. */

/** exp of the mean negative log-probability (nats); null for no tokens. */
export function perplexityOf(logprobs: readonly number[]): number | null {
  if (logprobs.length === 0) return null;
  return Math.exp(-logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length);
}
