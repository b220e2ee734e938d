/**
 * @file Whose turn it is among the cells of a run: seed by seed, and within a seed round by round, so that arms can be compared
 * from the first round on. No result depends on it; what arms share is computed by the first that comes to it.
 */
import type { LastingEvent } from '../../words/events.ts';
import { agendaOf } from '../../method/agenda.ts';
import type { TaskShape } from '../../method/agenda.ts';
import type { RunState } from '../../method/state.ts';
import type { Arm } from '../../words/plan.ts';

/** What comes before any round: of a cell whose rounds are over, its end is still to be told. */
const AT_ONCE = -1;

/** The next: of the first seed that is there, what is furthest behind, and of equals the first; undefined of none.
 * @param roundOf that it is in, or comes to */
export function nextTurn<T extends { readonly seed: number }>(
  left: readonly T[],
  roundOf: (one: T) => number,
): T | undefined {
  const own = left.filter(({ seed }) => seed === left[0]?.seed);
  const least = Math.min(...own.map(roundOf));
  return own.find((one) => roundOf(one) === least);
}

/** The round of an arm's agenda that is not closed yet. */
export function roundAhead(arm: Arm, shape: TaskShape, { rounds }: RunState): number {
  const isClosed = (round: number) => rounds.some((one) => one.round === round && one.end !== null);
  return agendaOf(arm, shape).rounds.find(({ round }) => !isClosed(round))?.round ?? AT_ONCE;
}

/** The events of cells in the order in which they come where arms take turns. */
export function inTurns<T extends { readonly seed: number; readonly events: readonly LastingEvent[] }>(
  cells: readonly T[],
): readonly { readonly of: T; readonly event: LastingEvent }[] {
  const told = new Map(cells.map((cell) => [cell, 0]));
  const ahead = (cell: T): LastingEvent | undefined => cell.events[told.get(cell) ?? 0];
  const roundOf = (cell: T): number => {
    const event = ahead(cell);
    return event !== undefined && 'round' in event ? event.round : AT_ONCE;
  };
  const all: { readonly of: T; readonly event: LastingEvent }[] = [];
  for (;;) {
    const of = nextTurn(
      cells.filter((cell) => ahead(cell) !== undefined),
      roundOf,
    );
    const event = of === undefined ? undefined : ahead(of);
    if (of === undefined || event === undefined) return all;
    told.set(of, (told.get(of) ?? 0) + 1);
    all.push({ of, event });
  }
}
