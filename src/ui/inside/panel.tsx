/** @file The panel of each station. A chunk of its own: none is drawn before there is a run. */
import type { ReactNode } from 'react';
import type { Task } from '../../words/task.ts';
import type { PictureOf } from '../charts/picture.tsx';
import type { Focus, StationId } from '../run/focus.ts';
import { roundFacts } from '../words/picture-facts.ts';
import { InsideFilter } from './inside-filter.tsx';
import { InsideLabel } from './inside-label.tsx';
import { InsideOrder } from './inside-order.tsx';
import { InsidePool } from './inside-pool.tsx';
import { InsideScore } from './inside-score.tsx';
import { InsideTrain } from './inside-train.tsx';

/** What all stations are given; not each needs all of it. */
interface StationProps {
  readonly task: Task;
  readonly focus: Focus;
  /** Whose pictures they are. */
  readonly of: PictureOf;
}
const STATIONS: Readonly<Record<StationId, (props: StationProps) => ReactNode>> = {
  pool: InsidePool,
  label: InsideLabel,
  filter: InsideFilter,
  order: InsideOrder,
  train: InsideTrain,
  score: InsideScore,
};

export interface PanelProps extends Omit<StationProps, 'of'> {
  readonly station: StationId;
  /** The model's name. */
  readonly model: string;
}

export function Panel({ station, model, task, focus }: PanelProps): ReactNode {
  const Shown = STATIONS[station];
  const { arm, seed } = focus.cell;
  const { round } = focus.round;
  const { id } = task.definition;
  const of: PictureOf = {
    facts: roundFacts(id, model, { arm, seed, round }),
    name: `bootlace-${id}-${arm.name}-seed-${seed}-round-${round}`,
  };
  return <Shown {...{ task, focus, of }} />;
}
