/** @file What only the page says in numbers: bytes, seconds, perplexities, metrics of any unit. All others: core/figures.ts. */
import { plural } from '../../core/plural.ts';
import { formatMeasure, formatScore } from '../../core/figures.ts';
import type { MetricFacts } from '../../metrics/metric.ts';

const UNITS = ['B', 'kB', 'MB', 'GB'] as const;

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[power] ?? 'B'}`;
}

/** A perplexity: three digits where they mean something. */
export function formatPerplexity(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  if (value >= 1e5) return value.toExponential(1);
  return formatMeasure(value);
}

/** Any metric's value: a share as every score, and what may be of any size as such. */
export const formatFigure = (value: number, unit: MetricFacts['unit']): string =>
  unit === 'share' ? formatScore(value) : formatMeasure(value);

/** 4 -> "4 s", 75 -> "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "one seed", "3 seeds". */
export const seedsWords = (seeds: number): string => (seeds === 1 ? 'one seed' : plural(seeds, 'seed'));

/** "a", "a and b", "a, b and c". */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
