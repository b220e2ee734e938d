/**
 * @file The account of one run against its agenda: what is done, what it took, what is left; and of several together. The
 * page keeps one of each cell, the experiment runner one of the run under way.
 */
import type { LastingEvent, Phase } from '../words/events.ts';
import type { Arm } from '../words/plan.ts';
import type { Agenda, TaskShape } from './agenda.ts';
import { agendaOf, answersEach } from './agenda.ts';
import type { StepLeft } from './time-left.ts';
import type { PhaseUnderWay, Rates, Work } from './work.ts';
import {
  NO_RATES,
  NO_WORK,
  addWork,
  expectedWork,
  filled,
  lessWork,
  ratesOf,
  shareDone,
  timeLeft,
} from './work.ts';

interface Done {
  readonly phase: Phase;
  readonly items: number;
}

export class Account {
  readonly expected: Work;
  readonly #agenda: Agenda;
  readonly #isFirst: boolean;
  #done: Work = NO_WORK;
  #spent: Work = NO_WORK;
  #isOver = false;

  /** @param isFirst of its seed: the others find the base's shared answers in memory */
  constructor(arm: Arm, shape: TaskShape, isFirst: boolean) {
    this.expected = expectedWork(arm, shape, isFirst);
    this.#agenda = agendaOf(arm, shape);
    this.#isFirst = isFirst;
  }

  /** What was done of what is expected: all of it where the run has ended, however early. */
  get done(): Work {
    return this.#isOver ? this.expected : this.#done;
  }

  take(event: LastingEvent): void {
    if (event.type === 'ended') this.#isOver = true;
    const done = this.#doneBy(event);
    if (done === null || !('cost' in event)) return;
    const { phase, items } = done;
    this.#done = addWork(this.#done, { ...NO_WORK, [phase]: items });
    this.#spent = addWork(this.#spent, { ...NO_WORK, [phase]: event.cost.milliseconds });
  }

  /** Milliseconds an item as this run has shown them.
   * @param before of phases that it has not had */
  rates(before: Rates = NO_RATES): Rates {
    return ratesOf(this.#done, this.#spent, before);
  }

  /** All that is left, the step under way with it. */
  get rest(): Work {
    return lessWork(this.expected, this.done);
  }

  /** @param otherwise rates of what this run has not shown */
  left(step: PhaseUnderWay | null, otherwise: Rates): StepLeft {
    return timeLeft(this.rest, filled(this.rates(), otherwise), step);
  }

  /** null: nothing that is expected. */
  #doneBy(event: LastingEvent): Done | null {
    switch (event.type) {
      case 'ranked':
        return { phase: 'rank', items: event.ranking.length };
      case 'labelled': {
        const label = this.#agenda.rounds.find(({ round }) => round === event.round)?.label;
        return { phase: 'label', items: event.samples.length * answersEach(label) };
      }
      case 'trained':
        return { phase: 'train', items: event.curve.length };
      case 'evaluated': {
        const { split, mode, predictions } = event.evaluation;
        const wanted = this.#agenda.rounds[0]?.evaluate.find(
          (one) => one.split === split && one.mode === mode,
        );
        const isRemembered = event.round === 0 && !this.#isFirst && wanted?.isShared === true;
        return isRemembered ? null : { phase: 'evaluate', items: predictions.length };
      }
      case 'round-ended':
      case 'ended':
        return null;
    }
  }
}

const sum = (works: readonly Work[]): Work => works.reduce(addWork, NO_WORK);

/** Several runs as one: the cells of the page's run. */
export class Accounts {
  readonly #each: ReadonlyMap<string, Account>;

  /** @param each by its run's key */
  constructor(each: ReadonlyMap<string, Account>) {
    this.#each = each;
  }

  take(key: string, event: LastingEvent): void {
    this.#each.get(key)?.take(event);
  }

  /** As they have shown them, the later before the earlier. */
  rates(before: Rates): Rates {
    return [...this.#each.values()].reduce((rates, account) => account.rates(rates), before);
  }

  /** Share of the whole, 0 to 1.
   * @param live what the step under way has done */
  share(live: Work, rates: Rates): number {
    const all = [...this.#each.values()];
    const done = addWork(sum(all.map((one) => one.done)), live);
    return shareDone(done, sum(all.map(({ expected }) => expected)), rates);
  }

  left(step: PhaseUnderWay | null, rates: Rates): StepLeft {
    return timeLeft(sum([...this.#each.values()].map(({ rest }) => rest)), rates, step);
  }
}
