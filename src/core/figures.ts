/**
 * @file How a number is written, the same in every sentence, table and tip. A score or a loss has two digits; a difference, and what
 * stands with its uncertainty, three; a share is a percentage; thousands have commas; minus is a minus.
 */

export const formatScore = (value: number): string => value.toFixed(2);
/** In nats a token. */
export const formatLoss = (nats: number): string => formatScore(nats);

/** A difference with its sign: "+0.120", "−0.020". */
export const signed = (value: number, digits = 3): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

/** A difference without its sign: how far something is off. */
export const formatDistance = (value: number): string => value.toFixed(3);

/** " ± 0.030"; '' where none is known. */
export const formatSpread = (halfWidth: number | null): string =>
  halfWidth === null ? '' : ` ± ${formatDistance(halfWidth)}`;

/** "0.920 ± 0.030", "0.92" without an interval. */
export const formatMean = (mean: number, halfWidth: number | null): string =>
  halfWidth === null ? formatScore(mean) : mean.toFixed(3) + formatSpread(halfWidth);

/** "0.71 (0.55 to 0.84)" */
export const formatRange = (value: number, low: number, high: number): string =>
  `${formatScore(value)} (${formatScore(low)} to ${formatScore(high)})`;

export const formatShare = (share: number): string => `${Math.round(100 * share)}%`;

/** A share whose ends matter, as a token's probability: "<0.1%", "8.9%", "64%", "99.6%", ">99.9%". */
export function formatProbability(share: number): string {
  if (share < 0.001) return '<0.1%';
  if (share > 0.9995) return '>99.9%';
  return `${(100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0)}%`;
}

/** Of a test: "0.031", "< 0.001". */
export const formatTail = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** 106944 -> "106,944"; from a million on "1.2 million". */
export function formatCount(count: number): string {
  if (count < 1e6) return count.toLocaleString('en');
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} million` : `${(count / 1e9).toFixed(2)} billion`;
}

/** A rate of learning: two digits that say something. */
export const formatRate = (value: number): string => String(Number(value.toPrecision(2)));

/** What may be of any size, as an entropy or a length: three digits where they mean something. */
export const formatMeasure = (value: number): string =>
  value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);
