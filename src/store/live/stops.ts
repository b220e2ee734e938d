/**
 * @file Where stepping stops: on the result of a phase. What labelling, the filter and the order came to is told by one event, and
 * each is shown by itself; all evaluations of a round are one result.
 */
import type { Arm } from '../../words/plan.ts';
import type { LoopEvent } from '../../words/events.ts';

export type Stop = 'label' | 'filter' | 'order' | 'train' | 'score';

const LABELLED: readonly Stop[] = ['label', 'filter', 'order'];
const RESULTS: Partial<Readonly<Record<LoopEvent['type'], readonly Stop[]>>> = {
  ranked: ['order'],
  labelled: LABELLED,
  trained: ['train'],
  'round-ended': ['score'],
};

/** What an event lets be seen, in order; nothing of most. */
export function stopsOf({ type }: LoopEvent, { knobs }: Pick<Arm, 'knobs'>): readonly Stop[] {
  const stops = RESULTS[type] ?? [];
  // Ranked beforehand, the rows are in their order already.
  return stops === LABELLED && knobs.acrossRounds !== 'random' ? ['label', 'filter'] : stops;
}
