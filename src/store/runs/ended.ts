/** @file How a run's cells ended, where one did not go through all its rounds: kept beside its scores, for the list. */
import { earlyEnding } from '../../analysis/endings.ts';
import type { Cell } from '../live/run-state.ts';

/** By the cell's key: "ended in round 2: ...", "failed: ..."; {} where all went through. */
export function endingsOf(
  cells: readonly Pick<Cell, 'key' | 'state' | 'fault'>[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    cells.flatMap(({ key, state, fault }) => {
      const words = fault === null ? earlyEnding(state)?.words : `failed: ${fault.what}`;
      return words === undefined ? [] : [[key, words] as const];
    }),
  );
}
