/** @file Which arm, seed, round and station a person looks at: what they chose, or what goes on now. */
import type { RoundState } from '../../method/state.ts';
import { isRankedFirst } from '../../method/order.ts';
import { roundOf } from '../../method/state.ts';
import type { Knobs } from '../../words/knobs.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';

export const STATIONS = ['pool', 'label', 'filter', 'order', 'train', 'score'] as const;
export type StationId = (typeof STATIONS)[number];

const RANKED_FIRST: readonly StationId[] = ['pool', 'order', 'label', 'filter', 'train', 'score'];
/** In the order in which this arm goes through them: what ranks its prompts beforehand labels them in their order. */
export const stationsOf = (knobs: Knobs): readonly StationId[] =>
  isRankedFirst(knobs) ? RANKED_FIRST : STATIONS;

/** null follows the run. */
export interface FocusChoice {
  readonly cell: string | null;
  readonly round: number | null;
  readonly station: StationId | null;
}
export const FOLLOW: FocusChoice = { cell: null, round: null, station: null };

export interface Focus {
  readonly cell: Cell;
  readonly round: RoundState;
  readonly station: StationId;
  /** The round that the picture tells of is the one at work. */
  readonly isNow: boolean;
  /** The station whose result stepping has stopped on: those after it have not worked yet. */
  readonly stop: StationId | null;
}

/** The station that works in the phase under way; null at rest. */
export function activeStation({ activity, live, status }: Cell): StationId | null {
  if (activity === null || (status !== 'running' && status !== 'paused')) return null;
  switch (activity.phase) {
    case 'rank':
      return 'order';
    case 'label':
      return live.answers.length === 0 && activity.done > 0 ? 'filter' : 'label';
    case 'train':
      return 'train';
    case 'evaluate':
      return 'score';
  }
}

/** How far a round came. */
function furthest({ evaluations, curve, samples }: RoundState): StationId {
  if (evaluations.length > 0) return 'score';
  if (curve.length > 0) return 'train';
  return samples.length > 0 ? 'label' : 'score';
}

/** One that waits may have had its turn before. */
export const isBegun = ({ status, state }: Cell): boolean => status !== 'waiting' || state.rounds.length > 0;

const lastRound = ({ state, activity }: Cell): number => activity?.round ?? state.rounds.at(-1)?.round ?? 0;

export function focusOn(run: RunView | null, choice: FocusChoice): Focus | null {
  if (run === null) return null;
  const current = run.cells.find(({ key }) => key === run.current);
  const begun = run.cells.filter(isBegun);
  const chosen = run.cells.find(({ key }) => key === choice.cell);
  // After the end the first arm is the method itself; its controls come after it.
  const cell = chosen ?? current ?? begun[0] ?? run.cells[0];
  if (cell === undefined) return null;
  const now = lastRound(cell);
  const number = choice.round ?? now;
  const round = roundOf(cell.state, number);
  const isNow = number === now;
  const stop = isNow && cell === current ? (run.stop ?? null) : null;
  const station = choice.station ?? stop ?? activeStation(cell) ?? furthest(round);
  return { cell, round, station, isNow, stop };
}
