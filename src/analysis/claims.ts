/** @file What becomes of a claim that was written down before the run, task by task: the same for the runner and the results. */
import type { Claim } from '../words/experiment.ts';
import type { ArmLine } from './arm-table.ts';
import { armTable } from './arm-table.ts';
import type { MetricName } from './metrics.ts';
import type { ClaimVerdict } from './paired.ts';
import { claimVerdict } from './paired.ts';
import type { ResultRow } from './result-row.ts';

export interface ClaimLine extends ArmLine {
  readonly verdict: ClaimVerdict;
}

/** A line for each claimed task that was measured, at the last round on test, zero-shot; corrected over all claimed tasks.
 * @param claim with the tasks' ids */
export function claimLines(
  rows: readonly ResultRow[],
  { arm, against, tasks }: Claim,
  metric: (task: string) => MetricName,
): readonly ClaimLine[] {
  const claimed = rows.filter(({ task }) => tasks.includes(task));
  return armTable(claimed, { metric, against, family: tasks.length })
    .filter((line) => line.arm === arm)
    .map((line) => {
      const { mean = null, halfWidth = null, n = 0 } = line.difference ?? {};
      return { ...line, verdict: claimVerdict({ mean, halfWidth, n, p: line.holmP }) };
    });
}
