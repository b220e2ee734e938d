/** @file A run as walls: one for each arm of a seed, over the same items in the same places. */
import type { Fate, Tile, WallRound } from '../../../analysis/wall.ts';
import { FATES, TILES, byFate, fates, tally, wallItems, wallRounds } from '../../../analysis/wall.ts';
import type { Mode } from '../../../words/events.ts';
import type { TaskRow } from '../../../words/task.ts';
import type { Cell, RunView } from '../../../store/live/run-state.ts';
import type { Looked } from '../../words/arms.ts';
import { armTitle } from '../../../words/arm-title.ts';
import { lookedArms } from '../../words/arms.ts';

export interface ArmWall extends Looked {
  readonly cell: Cell;
  readonly title: string;
  /** Those that it has scored. */
  readonly rounds: readonly WallRound[];
  readonly fates: readonly { readonly name: Fate; readonly count: number }[];
}

export interface Walls {
  readonly items: readonly TaskRow[];
  readonly arms: readonly ArmWall[];
  /** The last round that any of them has scored, and the last that the run will have. */
  readonly newest: number;
  readonly last: number;
}

export function wallsOf({ task, cells }: RunView, seed: number, mode: Mode): Walls {
  const own = cells.filter((cell) => cell.seed === seed);
  const items = wallItems(
    task,
    own.map(({ state }) => state),
    mode,
  );
  const looked = lookedArms(own.map(({ arm }) => arm));
  const arms = own.map((cell): ArmWall => {
    const { method } = cell.arm;
    const nth = looked.find(({ name }) => name === cell.arm.name)?.nth ?? 0;
    const rounds = wallRounds(task, cell.state, items, mode);
    const title = armTitle(cell.arm.name, method);
    return { cell, method, nth, title, rounds, fates: tally(FATES, fates(rounds)) };
  });
  const scored = arms.flatMap(({ rounds }) => rounds.map(({ round }) => round));
  const newest = Math.max(0, ...scored);
  return { items, arms, newest, last: Math.max(newest, ...own.map(({ arm }) => arm.knobs.rounds)) };
}

export const roundOfWall = ({ rounds }: ArmWall, round: number): WallRound | undefined =>
  rounds.find((one) => one.round === round);

export type Order = 'drawn' | `fate ${string}`;

/** Items by place. */
export function orderOf({ items, arms }: Walls, order: Order): readonly number[] {
  const arm = arms.find(({ cell }) => `fate ${cell.arm.name}` === order);
  return arm === undefined ? items.map((_, item) => item) : byFate(arm.rounds);
}

/** How many tiles of each sort, of those that were scored. */
export const counted = (tiles: readonly Tile[]) =>
  tally(
    TILES.filter((tile) => tile !== 'absent'),
    tiles,
  );
