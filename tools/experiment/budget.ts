/**
 * @file Seconds that each run is expected to take: predicted from a probe, corrected by the runs that were made and by
 * what the run under way has shown (method/time-left.ts, as on the page).
 */
import type { ByPhase } from '../../src/method/budget.ts';
import { predictCost } from '../../src/method/budget.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { PHASES } from '../../src/words/events.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { StepLeft } from '../../src/method/time-left.ts';
import type { Lengths } from '../../src/lab/lengths.ts';
import { planSizes } from '../../src/lab/lengths.ts';
import type { Architecture } from '../../src/models/architecture.ts';
import { Account } from '../../src/method/account.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { UnderWay } from '../../src/method/under-way.ts';
import { NO_RATES, NO_WORK, byPhase, ratesOf } from '../../src/method/work.ts';
import type { Measured, Progress } from './lab-page.ts';

const totalOf = (seconds: ByPhase): number => PHASES.reduce((sum, phase) => sum + seconds[phase], 0);
const times = (seconds: ByPhase, factor: number): ByPhase => byPhase((phase) => seconds[phase] * factor);

/** Of a task whose rows were not read. */
const UNREAD: Lengths = { prompt: 32, answer: 4, bareAnswer: 3, prefix: 0, ofCharacter: 0.25, chat: null };

/** Seconds of a run by phase; an arm whose base evaluation another arm made before needs none of its own. */
export function predictedSeconds(
  plan: Plan,
  { rates, lengths }: Measured,
  architecture: Architecture,
  isFirstArm: boolean,
): ByPhase {
  const own = lengths[plan.task.definition.id] ?? UNREAD;
  return predictCost(plan, planSizes(plan, own, architecture.linears), rates, isFirstArm).seconds;
}

/** The run under way: what it has done, and the step that it is at. Times are milliseconds from any fixed start. */
export class RunClock {
  readonly #account: Account;
  readonly #predicted: ByPhase;
  readonly #began: number;
  readonly #underWay = new UnderWay();
  #seenAt = 0;

  constructor({ arm, task }: Plan, predicted: ByPhase, isFirstArm: boolean, now: number) {
    this.#account = new Account(arm, shapeOf(task), isFirstArm);
    this.#predicted = predicted;
    this.#began = now;
  }

  take(event: LastingEvent): void {
    this.#account.take(event);
    this.#underWay.end();
  }

  see({ done, ...started }: Progress, now: number): void {
    const { started: before } = this.#underWay;
    const isSame =
      before?.round === started.round && before.phase === started.phase && before.detail === started.detail;
    if (isSame && done >= this.#underWay.done) this.#underWay.spend(now - this.#seenAt);
    else this.#underWay.begin(started);
    this.#seenAt = now;
    this.#underWay.reach(done);
  }

  /** How many times longer than predicted it takes at the least. */
  overrun(now: number): number {
    const predicted = totalOf(this.#predicted);
    return predicted > 0 ? (now - this.#began) / 1000 / predicted : 1;
  }

  left(now: number, correction: number): StepLeft {
    const wanted = times(this.#predicted, 1000 * correction);
    const predicted = ratesOf(this.#account.expected, wanted, NO_RATES);
    return this.#account.left(this.#underWay.at(now - this.#seenAt), predicted);
  }
}

export interface SecondsLeft {
  readonly seconds: number;
  /** The step under way has taken longer than it was predicted to. */
  readonly isLate: boolean;
}

/** Time left, by the predictions of what is left and how the predictions held so far. */
export class Forecast {
  readonly #predicted: ReadonlyMap<ExperimentRun, ByPhase>;
  readonly #left: Set<ExperimentRun>;
  #made = { predicted: 0, measured: 0 };

  constructor(predicted: ReadonlyMap<ExperimentRun, ByPhase>) {
    this.#predicted = predicted;
    this.#left = new Set(predicted.keys());
  }

  /** A run that was done before this command. */
  skip(run: ExperimentRun): void {
    this.#left.delete(run);
  }

  done(run: ExperimentRun, seconds: number): void {
    this.#left.delete(run);
    const { predicted, measured } = this.#made;
    this.#made = { predicted: predicted + totalOf(this.of(run)), measured: measured + seconds };
  }

  of(run: ExperimentRun): ByPhase {
    return this.#predicted.get(run) ?? NO_WORK;
  }

  get runsLeft(): number {
    return this.#left.size;
  }

  /** @param current the run under way and its clock */
  secondsLeft(
    current: { readonly run: ExperimentRun; readonly clock: RunClock; readonly now: number } | null = null,
  ): SecondsLeft {
    const { predicted, measured } = this.#made;
    const held = predicted > 0 ? measured / predicted : 1;
    const own = current?.clock.left(current.now, held) ?? null;
    // What one run has overrun by already, the others will too.
    const correction = Math.max(held, current?.clock.overrun(current.now) ?? 0);
    let seconds = (own?.milliseconds ?? 0) / 1000;
    for (const run of this.#left) {
      if (run !== current?.run) seconds += totalOf(this.of(run)) * correction;
    }
    return { seconds, isLate: own?.isLate === true };
  }
}
