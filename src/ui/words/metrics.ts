/** @file Metrics and modes as the page writes them. */
import type { MetricName } from '../../analysis/metrics.ts';
import type { ScoreName } from '../../metrics/scores.ts';
import { scoresOfKind } from '../../metrics/scores.ts';
import type { Mode } from '../../words/events.ts';
import type { TaskDefinition } from '../../words/task.ts';

/** What a chart shows of a run, on the test items. */
export interface Measure {
  readonly metric: MetricName;
  readonly mode: Mode;
}

/** The scores that a chart of such a task offers, the task's own first. */
export function chartedScores({ kind, metric }: TaskDefinition): readonly ScoreName[] {
  const all = scoresOfKind(kind).flatMap(({ name, isCharted }) => (isCharted ? [name] : []));
  return [metric, ...all.filter((name) => name !== metric)];
}

export const MODES: readonly { readonly id: Mode; readonly title: string }[] = [
  { id: 'zero-shot', title: 'zero-shot' },
  { id: 'few-shot', title: 'few-shot' },
];
