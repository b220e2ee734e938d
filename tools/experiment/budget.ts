/**
 * @file Seconds that the runs of an experiment are expected to take: predicted from a probe, corrected by what the runs
 * made and the run under way have shown (method/account.ts, as on the page).
 */
import type { LastingEvent } from '../../src/words/events.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import type { Plan } from '../../src/words/plan.ts';
import { togetherWhere } from '../../src/lab/batching.ts';
import type { Lengths } from '../../src/lab/lengths.ts';
import { planSizes } from '../../src/lab/lengths.ts';
import type { Architecture } from '../../src/models/architecture.ts';
import type { Account } from '../../src/method/account.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { weighing } from '../../src/method/budget.ts';
import type { AgendaRequest } from '../../src/method/requests.ts';
import { newRequests, requestsOf } from '../../src/method/requests.ts';
import { UnderWay } from '../../src/method/under-way.ts';
import type { PhaseUnderWay, Rates, Weigh } from '../../src/method/work.ts';
import { AS_PREDICTED, millisecondsOf, ratesWith } from '../../src/method/work.ts';
import type { Measured, Progress } from './lab-page.ts';

/** Of a task whose rows were not read. */
const UNREAD: Lengths = { prompt: 32, answer: 4, bareAnswer: 3, prefix: 0, ofCharacter: 0.25, chat: null };

/** What each run asks that no arm of its task and seed has asked before it; all of it where nothing is used again. */
export function ownRequests(
  plans: ReadonlyMap<ExperimentRun, Plan>,
  reuses = true,
): ReadonlyMap<ExperimentRun, readonly AgendaRequest[]> {
  const arms = [...new Set([...plans.values()].map(({ arm }) => arm))];
  const tasks = new Set([...plans.values()].map(({ task }) => task));
  const own = new Map([...tasks].map((task) => [task, newRequests(arms, shapeOf(task))]));
  return new Map(
    [...plans].map(([run, { arm, task }]) => {
      const fresh = reuses ? own.get(task)?.get(arm) : undefined;
      return [run, fresh ?? requestsOf(arm, shapeOf(task))];
    }),
  );
}

/** Milliseconds of a run's requests by the probe. */
export function weighed(plan: Plan, { rates, lengths }: Measured, architecture: Architecture): Weigh {
  const own = lengths[plan.task.definition.id] ?? UNREAD;
  const sizes = planSizes(plan, own, architecture.linears);
  return weighing(plan.arm, plan.task.definition.k, { sizes, rates, together: togetherWhere });
}

/** The run under way: the step that it is at. Times are milliseconds from any fixed start. */
export class RunClock {
  readonly #account: Account;
  readonly #underWay = new UnderWay();
  #seenAt = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  take(event: LastingEvent, wasComputed?: boolean): void {
    this.#account.take(event, wasComputed);
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

  step(now: number): PhaseUnderWay | null {
    return this.#account.step(this.#underWay, now - this.#seenAt);
  }
}

export interface SecondsLeft {
  readonly seconds: number;
  /** The step under way has taken longer than it was predicted to. */
  readonly isLate: boolean;
}

/** Time left, by the predictions of what is left and how the predictions held so far. */
export class Forecast {
  readonly #accounts: ReadonlyMap<ExperimentRun, Account>;
  readonly #left: Set<ExperimentRun>;
  #rates: Rates = AS_PREDICTED;
  /** Seconds of the runs that were made, and what their phases took of them: writing and beginning cost time too. */
  #made = { seconds: 0, inPhases: 0 };

  constructor(accounts: ReadonlyMap<ExperimentRun, Account>) {
    this.#accounts = accounts;
    this.#left = new Set(accounts.keys());
  }

  /** A run that was done before this command. */
  skip(run: ExperimentRun): void {
    this.#left.delete(run);
  }

  /** @param seconds that it took, all in all */
  done(run: ExperimentRun, seconds: number): void {
    this.#left.delete(run);
    const account = this.#accounts.get(run);
    if (account === undefined) return;
    this.#rates = account.rates(this.#rates);
    const { seconds: before, inPhases } = this.#made;
    this.#made = { seconds: before + seconds, inPhases: inPhases + account.seconds };
  }

  get runsLeft(): number {
    return this.#left.size;
  }

  /** @param current the run under way, its clock, and the milliseconds on it */
  secondsLeft(
    current: { readonly run: ExperimentRun; readonly clock: RunClock; readonly now: number } | null = null,
  ): SecondsLeft {
    const own = current === null ? undefined : this.#accounts.get(current.run);
    const step = current?.clock.step(current.now) ?? null;
    const known = own === undefined ? this.#rates : own.rates(this.#rates);
    const left = own?.left(step, known);
    const shown = ratesWith(known, step);
    let milliseconds = left?.milliseconds ?? 0;
    for (const run of this.#left) {
      if (run === current?.run) continue;
      const work = this.#accounts.get(run)?.rest;
      if (work !== undefined) milliseconds += millisecondsOf(work, shown) ?? 0;
    }
    const { seconds, inPhases } = this.#made;
    const beside = inPhases > 0 ? Math.max(1, seconds / inPhases) : 1;
    return { seconds: (milliseconds * beside) / 1000, isLate: left?.isLate === true };
  }
}
