/** @file When a run was begun, as a person writes it. */
import type { RunCard } from '../../store/live/run-state.ts';

const DATE = new Intl.DateTimeFormat('en', {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
});

export const createdWords = ({ createdAt }: Pick<RunCard, 'createdAt'>): string => DATE.format(createdAt);
