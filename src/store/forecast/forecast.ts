/** @file What is known of a run before it starts. */
import type { Batches } from '../../core/memory-need.ts';
import { usualWeighing } from '../../method/budget.ts';
import type { Rates, Weigh } from '../../method/work.ts';
import { NO_RATES } from '../../method/work.ts';
import type { Arm } from '../../words/plan.ts';
import type { TaskCard } from '../task-state.ts';

/** What work is weighed by: the device's probe and the task's rows, or what is usual where one of them is not known yet. */
export type Basis = 'probe' | 'usual';

/** What it takes to weigh a task's requests. */
type Weighed = Pick<TaskCard, 'definition'>;

export interface Forecast {
  readonly basis: (taskId: string) => Basis;
  /** Milliseconds a unit of what `weigh` tells. */
  readonly rates: (taskId: string) => Rates;
  readonly weigh: (task: Weighed, arm: Arm) => Weigh;
  /** What the arm works on at once; null while unknown. */
  readonly batches: (taskId: string, arm: Arm) => Required<Batches> | null;
  /** LoRA's share of the memory: method/budget.ts; null while unknown. */
  readonly adapterBytes: (taskId: string, arm: Arm) => number | null;
}

/** Where nothing was measured. */
export const usualWeigh = ({ definition: { k, labels } }: Weighed, arm: Arm): Weigh =>
  usualWeighing(arm, k, labels.length);

export const NO_FORECAST: Forecast = {
  ...{ basis: () => 'usual', rates: () => NO_RATES, weigh: usualWeigh },
  ...{ batches: () => null, adapterBytes: () => null },
};
