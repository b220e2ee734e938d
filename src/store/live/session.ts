/**
 * @file A run that goes on: its cells take turns (turns.ts), and the generator of the one whose turn it is is pulled, or not
 * pulled while it is paused. What it tells goes to the trackers at once, to whoever keeps it in order, and to the page a
 * few times a second.
 */
import { toLabError } from '../../core/errors.ts';
import type { LastingEvent, LoopEvent } from '../../words/events.ts';
import { isLasting } from '../../words/events.ts';
import { Account, Accounts } from '../../method/account.ts';
import type { TaskShape } from '../../method/agenda.ts';
import { shapeOf } from '../../method/agenda.ts';
import { newRequests } from '../../method/requests.ts';
import type { Arm } from '../../words/plan.ts';
import type { Ports } from '../../method/ports.ts';
import type { RunState } from '../../method/state.ts';
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
import type { Basis } from '../forecast/forecast.ts';
import type { Stop } from './stops.ts';
import { stopsOf } from './stops.ts';
import { nextTurn, roundAhead } from './turns.ts';
import type { Rates, Weigh } from '../../method/work.ts';
import { NO_RATES, filled } from '../../method/work.ts';

/** Longest time of pulling without letting the page draw and react, milliseconds. */
const MOST_AT_A_TIME = 40;

export interface SessionView {
  readonly status: CellStatus;
  readonly cells: readonly Cell[];
  readonly current: string | null;
  readonly progress: number;
  readonly secondsLeft: number | null;
  readonly isLate?: boolean;
  /** The result that stepping has stopped on. */
  readonly stop?: Stop | null;
}

export interface SessionOptions {
  readonly task: Task;
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** Events of each cell that are there already, by its key. */
  readonly past: ReadonlyMap<string, readonly LastingEvent[]>;
  /** What each arm's requests cost, and by what that is reckoned. */
  readonly basis: Basis;
  readonly weigh: (arm: Arm) => Weigh;
  /** Until the cells have been measured. */
  readonly rates: Rates;
  readonly clock: Clock;
  readonly newAbort: () => { readonly signal: Signal; abort(): void };
  /** Ports of one cell; asked for anew after every failure.
   * @param onText an answer grows by this text */
  readonly ports: (signal: Signal, onText: (key: string, added: string) => void) => Ports;
  /** Prompts and trainings that were computed already when these ports asked, until now. */
  readonly spared: () => number;
  readonly onView: (view: SessionView) => void;
  /** Called in order; `index` counts in the cell. */
  readonly onLasting: (cell: CellTracker, index: number, event: LastingEvent) => void;
}

/** How often the time left is told while nothing comes, milliseconds. */
const TICK_MS = 1000;

/** What ends a stretch of pulling by itself: the end of all, the result of a phase, the end of a round. */
export type Until = 'end' | 'phase' | 'round';

/** A cell's loop, which stands still while others have their turn. */
interface OpenedLoop {
  readonly events: AsyncGenerator<LoopEvent, RunState>;
  readonly abort: { abort(): void };
}

export class Session {
  readonly cells: readonly CellTracker[];
  status: CellStatus = 'waiting';
  rates: Rates;
  /** Of the cells' own phases; null where none was. */
  measured: Rates = NO_RATES;
  readonly basis: Basis;
  readonly #options: SessionOptions;
  readonly #accounts: Accounts;
  readonly #throttle: Throttle;
  readonly #cached = new Map<string, Cell>();
  readonly #changed = new Set<string>();
  #current: CellTracker | null = null;
  #until: Until = 'end';
  /** Results to be stopped on before anything more is pulled; the first is the one that is shown. */
  #stops: readonly Stop[] = [];
  #isPaused = false;
  #wake = (): void => undefined;
  readonly #shape: TaskShape;
  readonly #loops = new Map<CellTracker, OpenedLoop>();
  #abort: { abort(): void } | null = null;
  #isStopped = false;
  #spared = 0;
  /** When the event that is waited for was asked for. */
  #pulledAt: number | null = null;
  #stopTick = (): void => undefined;
  #isDriving = false;
  #driving: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.rates = options.rates;
    this.basis = options.basis;
    this.#throttle = new Throttle(options.clock, () => {
      options.onView(this.view());
    });
    const { seeds, arms, task, past, weigh } = options;
    this.cells = seeds.flatMap((seed) => arms.map((arm) => new CellTracker(arm, seed)));
    const shape = shapeOf(task);
    this.#shape = shape;
    // What was computed before this session is not in memory any more.
    const isOver = ({ key }: CellTracker) => past.get(key)?.at(-1)?.type === 'ended';
    const fresh = seeds.flatMap((seed) => {
      const going = this.cells.filter((cell) => cell.seed === seed && !isOver(cell));
      const own = newRequests(
        going.map(({ arm }) => arm),
        shape,
      );
      return going.map(({ key, arm }) => [key, own.get(arm)] as const);
    });
    const own = new Map(fresh);
    this.#accounts = new Accounts(
      new Map(this.cells.map(({ key, arm }) => [key, new Account(arm, shape, weigh(arm), own.get(key))])),
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
    const left = until === 'phase' && this.status === 'paused' ? this.#stops.slice(1) : [];
    this.#stops = left;
    if (left.length > 0) {
      this.#throttle.now();
      return;
    }
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
    const steps = this.cells.flatMap(({ key, underWay }) => this.#accounts.step(key, underWay) ?? []);
    const share = status === 'done' ? 1 : this.#accounts.share(steps, rates);
    const { milliseconds, isLate } = this.#left();
    return {
      ...{ status, cells, current: this.#current?.key ?? null, progress: share, isLate },
      stop: status === 'paused' ? (this.#stops[0] ?? null) : null,
      secondsLeft: status === 'done' ? 0 : milliseconds === null ? null : milliseconds / 1000,
    };
  }

  /** What is left of all cells, the step under way by what it has shown. */
  #left(): StepLeft {
    if (this.status === 'done') return { milliseconds: 0, isLate: false };
    const step =
      this.#current === null
        ? null
        : this.#accounts.step(this.#current.key, this.#current.underWay, this.#waiting());
    return this.#accounts.left(step, this.rates);
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

  /** null where all are done. */
  #turn(): CellTracker | null {
    const left = this.cells.filter(({ status }) => status !== 'done');
    return nextTurn(left, ({ arm, state }) => roundAhead(arm, this.#shape, state)) ?? null;
  }

  async #drive(): Promise<void> {
    this.#isDriving = true;
    for (const cell of this.cells) if (cell.status !== 'done') this.#rest(cell, 'waiting');
    for (let cell = this.#turn(); cell !== null; cell = this.#turn()) {
      this.#current = cell;
      this.#settle('running');
      let isOver: boolean;
      try {
        isOver = await this.#takeTurn(cell);
      } catch (thrown) {
        const error = toLabError(thrown);
        const isStopped = error.code === 'cancelled' || this.#isStopped;
        await this.#end(cell, isStopped ? 'stopped' : 'failed', isStopped ? null : faultOf(error));
        return;
      }
      if (this.#isStopped && cell.state.end === null) {
        await this.#end(cell, 'stopped', null);
        return;
      }
      this.#rest(cell, isOver ? 'done' : 'waiting');
      this.#learnRates();
    }
    this.#current = null;
    this.#isDriving = false;
    this.#settle('done');
  }

  #rest(cell: CellTracker, status: CellStatus, fault: Fault | null = null): void {
    cell.rest(status, fault);
    this.#changed.add(cell.key);
  }

  /** The cell comes to rest, and with it those that had begun and have no turn any more. */
  async #end(cell: CellTracker, status: CellStatus, fault: Fault | null): Promise<void> {
    for (const [other, { events }] of this.#loops) {
      // Left in the middle: the requests under way are cancelled and waited for. The state it would return is known.
      await events.return(other.state).catch(() => undefined);
      if (other.status !== 'done') this.#rest(other, 'stopped');
    }
    this.#loops.clear();
    this.#rest(cell, status, fault);
    this.#isDriving = false;
    this.#settle(status);
  }

  async #loopOf(cell: CellTracker): Promise<OpenedLoop> {
    const open = this.#loops.get(cell);
    if (open !== undefined) return open;
    const { task, newAbort, ports } = this.#options;
    const abort = newAbort();
    const plan = { task, arm: cell.arm, seed: cell.seed };
    // The loop's code comes with the first run, so that the page stands sooner.
    const { bootstrap } = await import('../../method/loop.ts');
    const write = (key: string, added: string) => {
      cell.write(key, added);
      this.#changed.add(cell.key);
      this.#throttle.soon();
    };
    const loop = { events: bootstrap(plan, ports(abort.signal, write), cell.state), abort };
    this.#loops.set(cell, loop);
    return loop;
  }

  /** On to the end of a round.
   * @returns whether the cell has come to its end */
  async #takeTurn(cell: CellTracker): Promise<boolean> {
    const { clock } = this.#options;
    this.#spared = this.#options.spared();
    const { events, abort } = await this.#loopOf(cell);
    this.#abort = abort;
    let breathed = clock.now();
    let isRoundOver = false;
    try {
      for (;;) {
        await this.#whilePaused();
        if (this.#isStopped || isRoundOver) return false;
        const began = clock.now();
        this.#pulledAt = began;
        const next = await events.next();
        this.#pulledAt = null;
        if (next.done === true) {
          this.#loops.delete(cell);
          return true;
        }
        this.#take(cell, next.value, clock.now() - began);
        isRoundOver = next.value.type === 'round-ended';
        if (clock.now() - breathed > MOST_AT_A_TIME) {
          await clock.breathe();
          breathed = clock.now();
        }
      }
    } finally {
      this.#abort = null;
      this.#pulledAt = null;
    }
  }

  #take(cell: CellTracker, event: LoopEvent, elapsed: number): void {
    const index = cell.events.length;
    cell.take(event, elapsed);
    this.#changed.add(cell.key);
    if (isLasting(event)) {
      const spared = this.#options.spared();
      this.#accounts.take(cell.key, event, spared === this.#spared);
      this.#spared = spared;
      this.#learnRates();
      this.#options.onLasting(cell, index, event);
    }
    const stops = stopsOf(event, cell.arm);
    const isStepDone =
      (this.#until === 'phase' && stops.length > 0) ||
      (this.#until === 'round' && event.type === 'round-ended');
    if (isStepDone && this.status === 'running') {
      this.#stops = stops;
      this.pause();
    } else this.#throttle.soon();
  }

  async #whilePaused(): Promise<void> {
    while (this.#isPaused && !this.#isStopped) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.status === 'paused' && !this.#isStopped) this.#settle('running');
  }
}
