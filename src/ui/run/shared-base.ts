/** @file The base that all arms of a seed measure alike. */
import type { RunView } from '../../store/live/run-state.ts';
import { methodOf } from '../../words/methods.ts';

/** Without the arms that ask the base in a way of their own, where there are others. */
export function ofSharedBase(run: RunView): RunView {
  const cells = run.cells.filter(({ arm }) => methodOf(arm.method).fewShot !== 'own');
  return cells.length === 0 ? run : { ...run, cells };
}
