/**
 * @file A recorded run: its events from a file or from the disk, folded up to a place. Shown whole it is a past run;
 * moved along it is a replay, which computes nothing.
 */
import type { LastingEvent } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import { CellTracker } from '../live/cell.ts';
import type { Cell } from '../live/run-state.ts';
import type { CellStatus } from './run-shape.ts';
import type { SessionView } from '../live/session.ts';

interface Told {
  readonly cell: number;
  readonly event: LastingEvent;
}

export class Recording {
  readonly #make: () => CellTracker[];
  readonly #told: readonly Told[];
  #cells: CellTracker[];
  #snapshots: (Cell | undefined)[] = [];
  #position = 0;

  constructor(
    arms: readonly Arm[],
    seeds: readonly number[],
    events: ReadonlyMap<string, readonly LastingEvent[]>,
  ) {
    this.#make = () => seeds.flatMap((seed) => arms.map((arm) => new CellTracker(arm, seed)));
    this.#cells = this.#make();
    this.#told = this.#cells.flatMap(({ key }, cell) =>
      (events.get(key) ?? []).map((event) => ({ cell, event })),
    );
  }

  get length(): number {
    return this.#told.length;
  }

  get position(): number {
    return this.#position;
  }

  /** Folds up to the event before `position`, from the beginning where that lies behind. */
  moveTo(position: number): void {
    const to = Math.max(0, Math.min(this.length, Math.round(position)));
    if (to < this.#position) {
      this.#cells = this.#make();
      this.#snapshots = [];
      this.#position = 0;
    }
    for (const { cell, event } of this.#told.slice(this.#position, to)) {
      this.#cells[cell]?.take(event, 0);
      this.#snapshots[cell] = undefined;
    }
    this.#position = to;
  }

  /** @param ended what the cells that never came to their end are */
  view(ended: CellStatus): SessionView {
    const next = this.#told[this.#position];
    this.#cells.forEach((cell, i) => {
      const isAt = next?.cell === i;
      const isEmpty = cell.events.length === 0;
      const before = cell.status;
      if (cell.state.end !== null && !isAt) cell.rest('done');
      else if (isAt) {
        cell.status = 'running';
        cell.announce(next.event);
        this.#snapshots[i] = undefined;
      } else cell.rest(isEmpty ? 'waiting' : ended);
      if (cell.status !== before) this.#snapshots[i] = undefined;
    });
    const cells = this.#cells.map((cell, i) => (this.#snapshots[i] ??= cell.snapshot()));
    return {
      status: next === undefined ? ended : 'running',
      cells,
      current: next === undefined ? null : (this.#cells[next.cell]?.key ?? null),
      progress: this.length === 0 ? 1 : this.#position / this.length,
      secondsLeft: null,
    };
  }
}
