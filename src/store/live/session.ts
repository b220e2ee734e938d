/**
 * @file A run that goes on: cell after cell, the loop's generator is pulled, or not pulled while it is paused. What it
 * tells goes to the trackers at once, to whoever keeps it in order, and to the page a few times a second.
 */
import { toLabError } from '../../core/errors.ts';
import type { LastingEvent, LoopEvent } from '../../words/events.ts';
import { isLasting } from '../../words/events.ts';
import { Account, Accounts } from '../../method/account.ts';
import { shapeOf } from '../../method/agenda.ts';
import type { Arm } from '../../words/plan.ts';
import type { Ports } from '../../method/ports.ts';
import type { StepLeft } from '../../method/time-left.ts';
import type { Task } from '../../words/task.ts';
import { CellTracker } from './cell.ts';
import type { Cell } from './run-state.ts';
import type { CellStatus } from '../runs/run-shape.ts';
import type { Fault } from '../lab-state.ts';
import { faultOf } from '../lab-state.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { Clock } from '../clock.ts';
import { Throttle } from '../clock.ts';
import type { Rates } from '../../method/work.ts';
import { NO_RATES, NO_WORK, addWork, filled } from '../../method/work.ts';

/** Longest time of pulling without letting the page draw and react, milliseconds. */
const MOST_AT_A_TIME = 40;

export interface SessionView {
  readonly status: CellStatus;
  readonly cells: readonly Cell[];
  readonly current: string | null;
  readonly progress: number;
  readonly secondsLeft: number | null;
  readonly isLate?: boolean;
}

export interface SessionOptions {
  readonly task: Task;
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** Events of each cell that are there already, by its key. */
  readonly past: ReadonlyMap<string, readonly LastingEvent[]>;
  /** Until the cells have been measured. */
  readonly rates: Rates;
  readonly clock: Clock;
  readonly newAbort: () => { readonly signal: Signal; abort(): void };
  /** Ports of one cell; asked for anew after every failure. */
  readonly ports: (signal: Signal) => Ports;
  readonly onView: (view: SessionView) => void;
  /** Called in order; `index` counts in the cell. */
  readonly onLasting: (cell: CellTracker, index: number, event: LastingEvent) => void;
}

/** How often the time left is told while nothing comes, milliseconds. */
const TICK_MS = 1000;

/** What ends a stretch of pulling by itself. */
export type Until = 'end' | 'phase' | 'round';

export class Session {
  readonly cells: readonly CellTracker[];
  status: CellStatus = 'waiting';
  rates: Rates;
  /** Of the cells' own phases; null where none was. */
  measured: Rates = NO_RATES;
  readonly #options: SessionOptions;
  readonly #accounts: Accounts;
  readonly #throttle: Throttle;
  readonly #cached = new Map<string, Cell>();
  readonly #changed = new Set<string>();
  #current: CellTracker | null = null;
  #until: Until = 'end';
  #isPaused = false;
  #wake = (): void => undefined;
  #abort: { abort(): void } | null = null;
  #isStopped = false;
  /** When the event that is waited for was asked for. */
  #pulledAt: number | null = null;
  #stopTick = (): void => undefined;
  #isDriving = false;
  #driving: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.rates = options.rates;
    this.#throttle = new Throttle(options.clock, () => {
      options.onView(this.view());
    });
    const { seeds, arms, task, past } = options;
    this.cells = seeds.flatMap((seed) => arms.map((arm) => new CellTracker(arm, seed)));
    const shape = shapeOf(task);
    this.#accounts = new Accounts(
      new Map(this.cells.map(({ key, arm }) => [key, new Account(arm, shape, arm === arms[0])])),
    );
    for (const cell of this.cells) {
      for (const event of past.get(cell.key) ?? []) {
        cell.take(event, 0);
        this.#accounts.take(cell.key, event);
      }
      if (cell.state.end !== null) cell.rest('done');
    }
    this.#learnRates();
  }

  /** Begins, or goes on after a pause, a stop or a failure. */
  go(until: Until = 'end'): void {
    this.#until = until;
    this.#isPaused = false;
    this.#isStopped = false;
    this.#wake();
    if (!this.#isDriving) this.#driving = this.#drive();
  }

  /** Nothing more is pulled; what the workers have begun ends by itself. */
  pause(): void {
    if (this.status !== 'running') return;
    this.#isPaused = true;
    this.#settle('paused');
  }

  /** Ends the request under way. What has come stands, and `go` goes on from it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#abort?.abort();
    this.#wake();
    await this.#driving;
    if (this.status === 'paused' || this.status === 'waiting') this.#settle('stopped');
  }

  view(): SessionView {
    const { status, rates } = this;
    for (const cell of this.cells) {
      if (this.#cached.has(cell.key) && !this.#changed.has(cell.key)) continue;
      this.#cached.set(cell.key, cell.snapshot());
    }
    // While its next event is waited for, its time goes on.
    const current = this.status === 'running' ? this.#current : null;
    if (current !== null) this.#cached.set(current.key, current.snapshot(this.#waiting()));
    this.#changed.clear();
    const cells = this.cells.flatMap(({ key }) => this.#cached.get(key) ?? []);
    const live = cells.flatMap(({ activity }) => activity ?? []);
    const done = live.reduce((sum, one) => addWork(sum, { ...NO_WORK, [one.phase]: one.done }), NO_WORK);
    const share = status === 'done' ? 1 : this.#accounts.share(done, rates);
    const { milliseconds, isLate } = this.#left();
    return {
      ...{ status, cells, current: this.#current?.key ?? null, progress: share, isLate },
      secondsLeft: status === 'done' ? 0 : milliseconds === null ? null : milliseconds / 1000,
    };
  }

  /** What is left of all cells, the step under way by what it has shown. */
  #left(): StepLeft {
    if (this.status === 'done') return { milliseconds: 0, isLate: false };
    return this.#accounts.left(this.#current?.underWay.at(this.#waiting()) ?? null, this.rates);
  }

  #waiting(): number {
    return this.#pulledAt === null ? 0 : this.#options.clock.now() - this.#pulledAt;
  }

  #learnRates(): void {
    this.measured = this.#accounts.rates(this.measured);
    this.rates = filled(this.measured, this.#options.rates);
  }

  #settle(status: CellStatus): void {
    this.status = status;
    this.#tick();
    if (this.#current !== null) {
      if (this.#current.status !== 'done') this.#current.status = status;
      this.#changed.add(this.#current.key);
    }
    this.#throttle.now();
  }

  /** While nothing comes, the time left is told anew all the same. */
  #tick(): void {
    this.#stopTick();
    if (this.status !== 'running') return;
    this.#stopTick = this.#options.clock.delay(TICK_MS, () => {
      if (this.status !== 'running') return;
      this.#throttle.soon();
      this.#tick();
    });
  }

  async #drive(): Promise<void> {
    this.#isDriving = true;
    for (const cell of this.cells) {
      if (cell.status === 'done') continue;
      this.#current = cell;
      cell.fault = null;
      this.#settle('running');
      try {
        await this.#runCell(cell);
      } catch (thrown) {
        const error = toLabError(thrown);
        const isStopped = error.code === 'cancelled' || this.#isStopped;
        this.#end(cell, isStopped ? 'stopped' : 'failed', isStopped ? null : faultOf(error));
        return;
      }
      if (this.#isStopped && cell.state.end === null) {
        this.#end(cell, 'stopped', null);
        return;
      }
      cell.rest('done');
      this.#learnRates();
      this.#settle('running');
    }
    this.#current = null;
    this.#isDriving = false;
    this.#settle('done');
  }

  #end(cell: CellTracker, status: CellStatus, fault: Fault | null): void {
    cell.rest(status, fault);
    this.#isDriving = false;
    this.#settle(status);
  }

  async #runCell(cell: CellTracker): Promise<void> {
    const { task, clock, newAbort, ports } = this.#options;
    const abort = newAbort();
    this.#abort = abort;
    const plan = { task, arm: cell.arm, seed: cell.seed };
    // The loop's code comes with the first run, so that the page stands sooner.
    const { bootstrap } = await import('../../method/loop.ts');
    const events = bootstrap(plan, ports(abort.signal), cell.state);
    let breathed = clock.now();
    try {
      for (;;) {
        await this.#whilePaused();
        if (this.#isStopped) return;
        const began = clock.now();
        this.#pulledAt = began;
        const next = await events.next();
        this.#pulledAt = null;
        if (next.done === true) return;
        this.#take(cell, next.value, clock.now() - began);
        if (clock.now() - breathed > MOST_AT_A_TIME) {
          await clock.breathe();
          breathed = clock.now();
        }
      }
    } finally {
      this.#abort = null;
      this.#pulledAt = null;
      // Left in the middle: the requests under way are cancelled and waited for. The state it would return is known.
      await events.return(cell.state).catch(() => undefined);
    }
  }

  #take(cell: CellTracker, event: LoopEvent, elapsed: number): void {
    const index = cell.events.length;
    cell.take(event, elapsed);
    this.#changed.add(cell.key);
    if (isLasting(event)) {
      this.#accounts.take(cell.key, event);
      if (event.type === 'trained' || event.type === 'labelled' || event.type === 'ranked')
        this.#learnRates();
      this.#options.onLasting(cell, index, event);
    }
    const isStepDone =
      (this.#until === 'phase' && event.type === 'phase') ||
      (this.#until === 'round' && event.type === 'round-ended');
    if (isStepDone && this.status === 'running') this.pause();
    else this.#throttle.soon();
  }

  async #whilePaused(): Promise<void> {
    while (this.#isPaused && !this.#isStopped) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.status === 'paused' && !this.#isStopped) this.#settle('running');
  }
}
