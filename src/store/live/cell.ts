/**
 * @file One cell of a run while its events come in: a mutable tracker that takes an event in constant time, and gives a
 * plain snapshot when somebody looks. Answers arrive far faster than a page can draw.
 */
import type { TrainStep } from '../../words/engine.ts';
import type { LastingEvent, LoopEvent } from '../../words/events.ts';
import { isLasting } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import type { Costs } from '../../method/costs.ts';
import { NO_COSTS, withCost } from '../../method/costs.ts';
import type { RunState } from '../../method/state.ts';
import { NEW_RUN, apply } from '../../method/state.ts';
import { stepLeft } from '../../method/time-left.ts';
import type { Cell, Live, LiveAnswer, PhaseActivity } from './run-state.ts';
import type { CellStatus } from '../runs/run-shape.ts';
import type { Fault } from '../lab-state.ts';
import type { Started } from '../../method/under-way.ts';
import { UnderWay, startedOf } from '../../method/under-way.ts';
import type { Lead } from '../runs/lead-up.ts';

/** Of the answers of a phase: a view shows a few, and reckons with those of a quick look's test items. */
const MOST_ANSWERS = 256;
const MOST_NOTICES = 50;

export const cellKey = (arm: string, seed: number): string => `${arm}/${seed}`;

export class CellTracker {
  readonly key: string;
  readonly arm: Arm;
  readonly seed: number;
  status: CellStatus = 'waiting';
  fault: Fault | null = null;
  state: RunState = NEW_RUN;
  /** All lasting events, in order. */
  readonly events: LastingEvent[] = [];
  cost: Costs = NO_COSTS;
  readonly underWay = new UnderWay();
  #asked: Live['asked'] = [];
  #writing = new Map<string, string>();
  #answers: LiveAnswer[] = [];
  #curve: TrainStep[] = [];
  #notices: Cell['notices'] = [];

  constructor(arm: Arm, seed: number) {
    this.key = cellKey(arm.name, seed);
    this.arm = arm;
    this.seed = seed;
  }

  /** @param elapsed milliseconds that it took to come */
  take(event: LoopEvent, elapsed: number): void {
    this.underWay.spend(elapsed);
    if (isLasting(event)) {
      this.#takeLasting(event);
      return;
    }
    switch (event.type) {
      case 'phase':
        this.#begin(startedOf(event));
        return;
      case 'asked':
        this.#asked = event.prompts;
        this.#writing = new Map();
        return;
      case 'answer': {
        const { round, phase, completion } = event;
        this.#writing.delete(completion.key);
        this.underWay.reach(this.underWay.done + 1);
        this.#answers.push({ round, phase, completion });
        if (this.#answers.length > 2 * MOST_ANSWERS) this.#answers = this.#answers.slice(-MOST_ANSWERS);
        return;
      }
      case 'step':
        this.underWay.reach(event.step.step);
        this.#curve.push(event.step);
        return;
      case 'notice': {
        const { round, text } = event;
        this.#notices = [...this.#notices, { round, text }].slice(-MOST_NOTICES);
      }
    }
  }

  /** An answer that is being made grows. */
  write(key: string, added: string): void {
    this.#writing.set(key, (this.#writing.get(key) ?? '') + added);
  }

  /** Where a replay stands: what the next event will tell, and how much of it is there. */
  announce({ started, done, live }: Lead): void {
    this.#begin(started);
    this.underWay.reach(done);
    this.#asked = live.asked;
    this.#writing = new Map(live.writing);
    this.#answers = [...live.answers];
    this.#curve = [...live.curve];
  }

  /** The cell is at rest: what was on its way is gone. */
  rest(status: CellStatus, fault: Fault | null = null): void {
    this.status = status;
    this.fault = fault;
    if (status === 'paused') return;
    this.underWay.end();
    this.#forget();
  }

  /** @param waiting milliseconds for which the next event has been waited for */
  snapshot(waiting = 0): Cell {
    const { key, arm, seed, status, state, cost, fault } = this;
    return {
      ...{ key, arm, seed, status, state, cost, fault, notices: this.#notices },
      activity: this.#activity(waiting),
      live: {
        ...{ asked: this.#asked, writing: new Map(this.#writing) },
        ...{ answers: this.#answers.slice(-MOST_ANSWERS), curve: this.#curve.slice() },
      },
    };
  }

  #takeLasting(event: LastingEvent): void {
    this.events.push(event);
    this.state = apply(this.state, event);
    this.cost = withCost(this.cost, event);
    // The samples, the curve or the predictions are in the state now; of an evaluation that goes on, only some.
    if (event.type !== 'answered') this.#forget();
  }

  #begin(started: Started): void {
    this.underWay.begin(started);
    this.#forget();
  }

  #forget(): void {
    this.#asked = [];
    this.#writing = new Map();
    this.#answers = [];
    this.#curve = [];
  }

  #activity(waiting: number): PhaseActivity | null {
    const { started, done } = this.underWay;
    if (started === null) return null;
    const { items } = started;
    const times = this.underWay.times(waiting);
    const rate = done > 0 && times.elapsed > 0 ? (1000 * done) / times.elapsed : null;
    // By its own pace alone.
    const alone = { total: items, each: 1, together: 1, rate: null, restsOn: 0 };
    const { milliseconds } = stepLeft({ ...times, items, done, ...alone });
    const secondsLeft = milliseconds === null ? null : milliseconds / 1000;
    return { ...started, done, rate, secondsLeft };
  }
}
