/** @file What a run has cost by phase, as its events told it. */
import type { LastingEvent, Phase } from '../words/events.ts';
import { phaseOf } from '../words/events.ts';

export type Costs = Readonly<Record<Phase, { readonly tokens: number; readonly milliseconds: number }>>;

const NONE = { tokens: 0, milliseconds: 0 };
export const NO_COSTS: Costs = { rank: NONE, label: NONE, train: NONE, evaluate: NONE };

export function withCost(costs: Costs, event: LastingEvent): Costs {
  const phase = phaseOf(event);
  if (phase === null || !('cost' in event)) return costs;
  const { tokens, milliseconds } = costs[phase];
  const { cost } = event;
  return {
    ...costs,
    [phase]: { tokens: tokens + cost.tokens, milliseconds: milliseconds + cost.milliseconds },
  };
}
