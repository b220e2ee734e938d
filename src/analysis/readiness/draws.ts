/** @file What kind of errors a base makes on a task: the same answered rows under several draws of demonstrations. */
import { promptMaker } from '../../method/prompt-maker.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { Plan } from '../../words/plan.ts';
import type { Draw, ErrorShares } from '../error-map.ts';
import { errorShares, withNoise } from '../error-map.ts';
import type { ReadinessPorts } from './ask-rows.ts';
import { askRows, sampleRows } from './ask-rows.ts';

/** As many as the map's own points have. */
export const DRAWS = 8;

export interface FoundErrors {
  /** With the labels that the arm makes wrong on purpose. */
  readonly shares: ErrorShares;
  /** Rows that fitted the context under every draw. */
  readonly rows: number;
}

/** @returns null where no row fits
 * @throws LabError as the ports throw; `invalid-request` where no item of the pool fits */
export async function askDraws(
  plan: Plan,
  ports: ReadinessPorts,
  wanted: number,
): Promise<FoundErrors | null> {
  const maker = await promptMaker(plan, ports);
  const rows = sampleRows(plan, wanted);
  const byRow = new Map<string, Draw[]>(rows.map(({ row }) => [row.id, []]));
  for (let draw = 0; draw < DRAWS; draw++) {
    const { answers } = await askRows(maker, ports, rows, 'few-shot', draw);
    for (const { id, answer, right } of answers)
      byRow.get(id)?.push({ answer: normaliseLabel(answer), isRight: right === 1 });
  }
  const whole = [...byRow.values()].filter((draws) => draws.length === DRAWS);
  if (whole.length === 0) return null;
  return { shares: withNoise(errorShares(whole), plan.arm.knobs), rows: whole.length };
}
