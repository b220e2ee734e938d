/**
 * @file A recorded run: its events from a file or from the disk, folded up to a place. Shown whole it is a past run;
 * moved along it is a replay, which computes nothing.
 */
import type { LastingEvent } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import type { Task } from '../../words/task.ts';
import { CellTracker } from '../live/cell.ts';
import { withoutParts } from '../../method/state.ts';
import type { Cell } from '../live/run-state.ts';
import type { CellStatus } from './run-shape.ts';
import type { SessionView } from '../live/session.ts';
import { inTurns } from '../live/turns.ts';
import { leadUp } from './lead-up.ts';

interface Told {
  readonly cell: number;
  readonly event: LastingEvent;
}

export class Recording {
  readonly #make: () => CellTracker[];
  readonly #told: readonly Told[];
  /** Of each cell's events. */
  readonly #lengths: readonly number[];
  #cells: CellTracker[];
  #snapshots: (Cell | undefined)[] = [];
  #position = 0;
  #share = 0;
  readonly #task: Task;

  constructor(
    task: Task,
    arms: readonly Arm[],
    seeds: readonly number[],
    events: ReadonlyMap<string, readonly LastingEvent[]>,
  ) {
    this.#task = task;
    this.#make = () => seeds.flatMap((seed) => arms.map((arm) => new CellTracker(arm, seed)));
    this.#cells = this.#make();
    const all = this.#cells.map(({ key, seed }, cell) => ({
      cell,
      seed,
      events: withoutParts(events.get(key) ?? []),
    }));
    this.#lengths = all.map((own) => own.events.length);
    this.#told = inTurns(all).map(({ of, event }) => ({ cell: of.cell, event }));
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
    this.#share = 0;
  }

  /** How much of the next event is there, 0 to 1. */
  get share(): number {
    return this.#share;
  }

  lead(share: number): void {
    this.#share = share;
  }

  /** @param ended what the cells that never came to their end are */
  view(ended: CellStatus): SessionView {
    const next = this.#told[this.#position];
    this.#cells.forEach((cell, i) => {
      const isAt = next?.cell === i;
      // Not begun, or others have their turn.
      const waits = cell.events.length === 0 || cell.events.length < (this.#lengths[i] ?? 0);
      const before = cell.status;
      if (cell.state.end !== null && !isAt) cell.rest('done');
      else if (isAt) {
        cell.status = 'running';
        const lead = leadUp(this.#task, cell.arm, next.event, this.#share);
        if (lead !== null) cell.announce(lead);
        this.#snapshots[i] = undefined;
      } else cell.rest(waits ? 'waiting' : ended);
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
