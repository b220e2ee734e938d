/** @file What is known of a run before it starts. */
import type { Rates } from '../../method/work.ts';
import { NO_RATES } from '../../method/work.ts';
import type { Arm } from '../../words/plan.ts';

export interface Forecast {
  readonly rates: (taskId: string, arm: Arm) => Rates;
  /** LoRA's share of the memory: method/budget.ts; null while unknown. */
  readonly adapterBytes: (taskId: string, arm: Arm) => number | null;
}

export const NO_FORECAST: Forecast = { rates: () => NO_RATES, adapterBytes: () => null };
