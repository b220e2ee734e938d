/** @file Figures as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB'] as const;

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[power] ?? 'B'}`;
}

/** 106944 -> "106,944"; from a million on "1.2 million". */
export function formatCount(count: number): string {
  if (count < 1e6) return count.toLocaleString('en');
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} million` : `${(count / 1e9).toFixed(2)} billion`;
}

export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A perplexity: three digits where they mean something. */
export function formatPerplexity(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  if (value >= 1e5) return value.toExponential(1);
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export const formatDifference = (value: number): string => (value === 0 ? '0' : value.toExponential(1));

/** Text with a dot for each control character: a random model answers in bytes, not in words. */
export function visibleText(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u00b7');
}
