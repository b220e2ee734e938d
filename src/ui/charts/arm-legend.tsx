/** @file The arms of a run with their lines and marks, and what is to be said of each behind its name. */
import type { ReactNode } from 'react';
import type { Arm } from '../../words/plan.ts';
import { armTitle } from '../../words/arm-title.ts';
import { lookedArms } from '../words/arms.ts';
import { ArmKey } from './arm-key.tsx';

export type LegendArm = Pick<Arm, 'name' | 'method'>;

export interface ArmLegendProps {
  /** All arms of the run or the setup, those without a point yet too. */
  readonly arms: readonly LegendArm[];
  readonly behind?: (arm: LegendArm) => ReactNode;
}

export function ArmLegend({ arms, behind }: ArmLegendProps): ReactNode {
  return (
    <ul className="legend" aria-label="Arms">
      {lookedArms(arms).map((arm) => (
        <li key={arm.name}>
          <ArmKey method={arm.method} nth={arm.nth} />
          <span>{armTitle(arm.name, arm.method)}</span>
          {behind?.(arm)}
        </li>
      ))}
    </ul>
  );
}
