/** @file The panel of each station. A chunk of its own: none is drawn before there is a run. */
import type { ReactNode } from 'react';
import type { Task } from '../../words/task.ts';
import type { Focus, StationId } from '../run/focus.ts';
import { InsideFilter } from './inside-filter.tsx';
import { InsideLabel } from './inside-label.tsx';
import { InsideOrder } from './inside-order.tsx';
import { InsidePool } from './inside-pool.tsx';
import { InsideScore } from './inside-score.tsx';
import { InsideTrain } from './inside-train.tsx';

interface StationProps {
  readonly task: Task;
  readonly focus: Focus;
}
const STATIONS: Readonly<Record<StationId, (props: StationProps) => ReactNode>> = {
  pool: InsidePool,
  label: InsideLabel,
  filter: InsideFilter,
  order: InsideOrder,
  train: InsideTrain,
  score: InsideScore,
};

export function Panel({ station, ...props }: StationProps & { readonly station: StationId }): ReactNode {
  const Shown = STATIONS[station];
  return <Shown {...props} />;
}
