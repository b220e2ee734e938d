/** @file While a run goes on, where its headline will stand: what the student's last round says beside its teacher. */
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { findingsOf, lastRound } from '../../analysis/findings.ts';
import type { RunView } from '../../store/live/run-state.ts';

/** @param before shown until both have been scored on the same items */
export function SoFar({ run, before }: { readonly run: RunView; readonly before: ReactNode }): ReactNode {
  const { cells, task } = run;
  const student = useMemo(() => {
    const arm = cells[0]?.arm;
    if (arm === undefined) return null;
    const scored = cells.filter(
      (cell) => cell.arm.name === arm.name && lastRound(cell.state, 'zero-shot') !== null,
    );
    return findingsOf(task, arm, scored)[0] ?? null;
  }, [cells, task]);
  if (student?.rests == null) return before;
  return (
    <p>
      <b>So far. </b>
      {student.sentence}
    </p>
  );
}
