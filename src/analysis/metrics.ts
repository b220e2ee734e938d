/** @file Every metric that results.jsonl may name, in the order of its schema: the scores, then what is watched. */
import { LabError } from '../core/errors.ts';
import type { Figure as FigureOf, MetricFacts } from '../metrics/metric.ts';
import type { ScoreName } from '../metrics/scores.ts';
import { SCORES } from '../metrics/scores.ts';
import { OF_ANSWERS } from './diagnostics/answers.ts';
import { OF_SAMPLES } from './diagnostics/samples.ts';
import { OF_TAUGHT } from './diagnostics/taught.ts';
import { OF_TRAINING } from './diagnostics/training.ts';

type Watched = (typeof OF_SAMPLES | typeof OF_TRAINING | typeof OF_ANSWERS | typeof OF_TAUGHT)[number];
export type MetricName = ScoreName | Watched['name'];
export type Figure = FigureOf<MetricName>;
export type Metric = MetricFacts<MetricName> & { readonly kind: 'score' | 'diagnostic' };

export const METRICS: readonly Metric[] = [
  ...SCORES.filter(({ kind }) => kind === 'score'),
  ...OF_SAMPLES,
  ...OF_TRAINING,
  ...SCORES.filter(({ kind }) => kind === 'diagnostic'),
  ...OF_ANSWERS,
  ...OF_TAUGHT,
];

export const METRIC_NAMES: readonly MetricName[] = METRICS.map(({ name }) => name);

const BY_NAME = new Map<string, Metric>(METRICS.map((one) => [one.name, one]));
export const isMetricName = (name: string): name is MetricName => BY_NAME.has(name);
export const metricOf = (name: MetricName): Metric => {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new LabError('internal', `No metric "${name}".`);
  return found;
};
export const metricTitle = (name: MetricName): string => metricOf(name).title;
