/** @file Metrics and modes as the page writes them. */
import type { Mode } from '../../words/events.ts';
import type { MetricName } from '../../metrics/metric-table.ts';
import type { TaskDefinition } from '../../words/task.ts';

/** What a chart shows of a run, on the test items. */
export interface Measure {
  readonly metric: MetricName;
  readonly mode: Mode;
}

const TITLES: Partial<Readonly<Record<MetricName, string>>> = {
  exact_match: 'exact match',
  constrained_accuracy: 'constrained accuracy',
  calibrated_accuracy: 'calibrated accuracy',
  valid_label_rate: 'valid-label rate',
  accuracy_given_valid: 'accuracy given valid',
  token_f1: 'token F1',
  rouge_l: 'ROUGE-L',
  mc1: 'MC1',
  mc2: 'MC2',
};

export const metricTitle = (metric: MetricName): string => TITLES[metric] ?? metric.replaceAll('_', ' ');

/** The scores that a task of this kind has, the task's own first. */
export function scoresOf({ kind, metric }: TaskDefinition): readonly MetricName[] {
  const all: Readonly<Record<TaskDefinition['kind'], readonly MetricName[]>> = {
    classification: ['exact_match', 'constrained_accuracy', 'calibrated_accuracy', 'accuracy_given_valid'],
    generation: ['exact_match', 'token_f1', 'rouge_l'],
    'multiple-choice': ['exact_match', 'mc1', 'mc2', 'constrained_accuracy'],
  };
  return [metric, ...all[kind].filter((name) => name !== metric)];
}

export const MODES: readonly { readonly id: Mode; readonly title: string }[] = [
  { id: 'zero-shot', title: 'zero-shot' },
  { id: 'few-shot', title: 'few-shot' },
];
