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
import type { Stop } from '../live/stops.ts';
import { stopsOf } from '../live/stops.ts';
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
  /** Results of the event before `position` that are still to be seen; the first is the one that is shown. */
  #stops: readonly Stop[] = [];
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
    this.#stops = [];
  }

  /** To the next result, or the end of the round, as stepping through a live run goes; to the end where there is none. */
  step(what: 'phase' | 'round'): void {
    const left = what === 'phase' ? this.#stops.slice(1) : [];
    if (left.length > 0) {
      this.#stops = left;
      return;
    }
    const isWanted = (at: number) =>
      what === 'phase' ? this.#stopsAt(at).length > 0 : this.#told[at]?.event.type === 'round-ended';
    let at = this.#position;
    while (at < this.length && !isWanted(at)) at++;
    this.moveTo(at + 1);
    this.#stops = this.#stopsAt(at);
  }

  #stopsAt(at: number): readonly Stop[] {
    const told = this.#told[at];
    const cell = told === undefined ? undefined : this.#cells[told.cell];
    return told === undefined || cell === undefined ? [] : stopsOf(told.event, cell.arm);
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
    const [stop = null] = this.#stops;
    const next = this.#told[this.#position];
    const shown = stop === null ? next : this.#told[this.#position - 1];
    this.#cells.forEach((cell, i) => {
      const isAt = shown?.cell === i;
      // Not begun, or others have their turn.
      const waits = cell.events.length === 0 || cell.events.length < (this.#lengths[i] ?? 0);
      const before = cell.status;
      if (cell.state.end !== null && !isAt) cell.rest('done');
      else if (isAt) {
        cell.status = 'running';
        // On a result nothing comes yet.
        const lead = stop === null ? leadUp(this.#task, cell.arm, shown.event, this.#share) : null;
        if (lead !== null) cell.announce(lead);
        this.#snapshots[i] = undefined;
      } else cell.rest(waits ? 'waiting' : ended);
      if (cell.status !== before) this.#snapshots[i] = undefined;
    });
    const cells = this.#cells.map((cell, i) => (this.#snapshots[i] ??= cell.snapshot()));
    return {
      status: next === undefined ? ended : 'running',
      cells,
      current: next === undefined || shown === undefined ? null : (this.#cells[shown.cell]?.key ?? null),
      stop: next === undefined ? null : stop,
      progress: this.length === 0 ? 1 : this.#position / this.length,
      secondsLeft: null,
    };
  }
}
