/**
 * @file The account of one run against its agenda: what is done, what it took, what is left; and of several together. The
 * page keeps one of each cell, the experiment runner one of the run under way.
 */
import type { LastingEvent, Mode } from '../words/events.ts';
import { PHASES, phaseOf } from '../words/events.ts';
import type { Arm } from '../words/plan.ts';
import type { Agenda, TaskShape } from './agenda.ts';
import { agendaOf, answersEach } from './agenda.ts';
import type { AgendaRequest } from './requests.ts';
import { requestsOf } from './requests.ts';
import type { StepLeft } from './time-left.ts';
import type { Started, UnderWay } from './under-way.ts';
import type { PhaseUnderWay, Rates, Weigh, Work } from './work.ts';
import { NO_RATES, NO_WORK, addWork, expectedWork, lessWork, ratesOf, shareDone, timeLeft } from './work.ts';

export class Account {
  readonly expected: Work;
  readonly #agenda: Agenda;
  readonly #all: readonly AgendaRequest[];
  readonly #weigh: Weigh;
  /** Of these, the ones that are expected to be computed. */
  readonly #own: ReadonlySet<AgendaRequest>;
  #done: Work = NO_WORK;
  /** What was computed, and what it took. */
  #computed: Work = NO_WORK;
  #spent: Work = NO_WORK;
  /** Chunks of labels by round. */
  readonly #chunks = new Map<number, number>();
  #isOver = false;

  /** @param own what was not asked before, in order: the rest is computed already */
  constructor(
    arm: Arm,
    shape: TaskShape,
    weigh: Weigh,
    own: readonly AgendaRequest[] = requestsOf(arm, shape),
  ) {
    this.#weigh = weigh;
    this.#agenda = agendaOf(arm, shape);
    this.#all = requestsOf(arm, shape);
    let next = 0;
    this.#own = new Set(
      this.#all.filter(({ what }) => {
        const isOwn = own[next]?.what === what;
        if (isOwn) next++;
        return isOwn;
      }),
    );
    this.expected = expectedWork(own, weigh);
  }

  /** What was done of what is expected: all of it where the run has ended, however early. */
  get done(): Work {
    return this.#isOver ? this.expected : this.#done;
  }

  /** @param wasComputed whether its requests were computed for it; by the expectation where nobody saw it */
  take(event: LastingEvent, wasComputed?: boolean): void {
    if (event.type === 'ended') this.#isOver = true;
    const phase = phaseOf(event);
    if (phase === null || !('cost' in event)) return;
    const asked = this.#requestsOf(event);
    const isExpected = asked.some((request) => this.#own.has(request));
    const each = asked.reduce((sum, request) => sum + this.#weigh(request).each, 0);
    const work = { ...NO_WORK, [phase]: itemsOf(event) * each };
    if (isExpected) this.#done = addWork(this.#done, work);
    // What takes no time would spoil the rate.
    if (!(wasComputed ?? isExpected)) return;
    this.#computed = addWork(this.#computed, work);
    this.#spent = addWork(this.#spent, { ...NO_WORK, [phase]: event.cost.milliseconds });
  }

  /** Milliseconds a unit as this run has shown them.
   * @param before of phases that it has not had */
  rates(before: Rates = NO_RATES): Rates {
    return ratesOf(this.#computed, this.#spent, before);
  }

  /** That its phases took, of what was computed. */
  get seconds(): number {
    return PHASES.reduce((sum, phase) => sum + this.#spent[phase], 0) / 1000;
  }

  /** All that is left, the step under way with it. */
  get rest(): Work {
    return lessWork(this.expected, this.done);
  }

  /** @param rates by all that is known */
  left(step: PhaseUnderWay | null, rates: Rates): StepLeft {
    return timeLeft(this.rest, rates, step);
  }

  /** The step under way as it is weighed; null where none is.
   * @param waiting milliseconds for which its next item has been waited for */
  step(underWay: UnderWay, waiting: number): PhaseUnderWay | null {
    const { started, done } = underWay;
    if (started === null) return null;
    const { phase, items } = started;
    const asked = this.#requestsIn(started).filter((request) => this.#own.has(request));
    // What is scored for its items comes with them; the labels without any content come behind.
    const counted = asked.filter(({ prompt }) => prompt !== 'content-free');
    const units = (requests: readonly AgendaRequest[]) =>
      requests.reduce((sum, request) => sum + request.items * this.#weigh(request).each, 0);
    // An evaluated item may be asked twice, of a label there is one for each asking.
    const count =
      phase === 'evaluate'
        ? Math.max(0, ...counted.map((one) => one.items))
        : counted.reduce((sum, one) => sum + one.items, 0);
    const each = count === 0 ? 0 : units(counted) / count;
    const together = Math.max(1, ...counted.map((request) => this.#weigh(request).together));
    const total = each * items + units(asked) - units(counted);
    const restsOn = this.#computed[phase];
    return { phase, items, done, each, total, together, restsOn, ...underWay.times(waiting) };
  }

  #requestsIn({ phase, round, evaluating }: Started): readonly AgendaRequest[] {
    const inPhase = this.#all.filter((one) => one.phase === phase && one.round === round);
    if (evaluating === undefined) return inPhase;
    const { split, mode } = evaluating;
    return inPhase.filter((one) => one.split === split && isIn(one, mode));
  }

  /** The requests that the event tells the outcome of. */
  #requestsOf(event: LastingEvent): readonly AgendaRequest[] {
    switch (event.type) {
      case 'ranked':
        return this.#all.filter(({ phase }) => phase === 'rank');
      case 'labelled': {
        const own = this.#all.filter(({ phase, round }) => phase === 'label' && round === event.round);
        const chunk = this.#chunks.get(event.round) ?? 0;
        this.#chunks.set(event.round, chunk + 1);
        const each = this.#answersEach(event.round);
        // Refills come behind the parts.
        const at = Math.min(chunk * each, own.length - each);
        return own.slice(at, at + each);
      }
      case 'trained':
        return this.#all.filter(({ phase, round }) => phase === 'train' && round === event.round);
      case 'evaluated': {
        const { round, evaluation } = event;
        const { split, mode } = evaluation;
        return this.#requestsIn({
          ...{ phase: 'evaluate', round, detail: '', items: 0 },
          evaluating: { split, mode },
        });
      }
      case 'answered':
      case 'round-ended':
      case 'ended':
        return [];
    }
  }

  #answersEach(of: number): number {
    return answersEach(this.#agenda.rounds.find(({ round }) => round === of)?.label);
  }
}

/** Content-free prompts are asked beside zero-shot ones. */
const isIn = ({ prompt }: AgendaRequest, mode: Mode): boolean =>
  prompt === mode || (mode === 'zero-shot' && prompt === 'content-free');

/** Of each of its requests. */
function itemsOf(event: LastingEvent): number {
  switch (event.type) {
    case 'ranked':
      return event.ranking.length;
    case 'labelled':
      return event.samples.length;
    case 'trained':
      return event.curve.length;
    case 'evaluated':
      return event.evaluation.predictions.length;
    case 'answered':
    case 'round-ended':
    case 'ended':
      return 0;
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

  take(key: string, event: LastingEvent, wasComputed?: boolean): void {
    this.#each.get(key)?.take(event, wasComputed);
  }

  /** As they have shown them, the later before the earlier. */
  rates(before: Rates): Rates {
    return [...this.#each.values()].reduce((rates, account) => account.rates(rates), before);
  }

  /** The step under way in a run. */
  step(key: string, underWay: UnderWay, waiting = 0): PhaseUnderWay | null {
    return this.#each.get(key)?.step(underWay, waiting) ?? null;
  }

  /** Share of the whole, 0 to 1.
   * @param steps that are under way */
  share(steps: readonly PhaseUnderWay[], rates: Rates): number {
    const all = [...this.#each.values()];
    const live = steps.map(({ phase, done, each }) => ({ ...NO_WORK, [phase]: done * each }));
    const done = sum([...all.map((one) => one.done), ...live]);
    return shareDone(done, sum(all.map(({ expected }) => expected)), rates);
  }

  left(step: PhaseUnderWay | null, rates: Rates): StepLeft {
    return timeLeft(sum([...this.#each.values()].map(({ rest }) => rest)), rates, step);
  }
}
