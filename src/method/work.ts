/**
 * @file How much a run has to do, by its agenda, and how long that takes by what was measured: for progress, time left
 * and the prediction before a run. Work is counted in units of cost, so that an answer behind eight demonstrations
 * counts for more than one without any: where a device was probed a unit is a millisecond as predicted
 * (method/budget.ts), and a rate says how many it really takes. Estimates: nothing here decides anything.
 */
import type { Phase } from '../words/events.ts';
import { PHASES } from '../words/events.ts';
import type { AgendaRequest } from './requests.ts';
import type { StepLeft, StepUnderWay } from './time-left.ts';
import { rateShown, stepLeft } from './time-left.ts';

/** Units of cost by phase. */
export type Work = Readonly<Record<Phase, number>>;
/** Milliseconds a unit, by phase; null where none was measured. */
export type Rates = Readonly<Record<Phase, number | null>>;

/** What a request's items cost. */
export interface Weight {
  /** Units of one item. */
  readonly each: number;
  /** Items that are worked on together. */
  readonly together: number;
}
export type Weigh = (request: AgendaRequest) => Weight;

export const NO_WORK: Work = { rank: 0, label: 0, train: 0, evaluate: 0 };
export const NO_RATES: Rates = { rank: null, label: null, train: null, evaluate: null };
/** Of a prediction that is taken at its word. */
export const AS_PREDICTED: Rates = { rank: 1, label: 1, train: 1, evaluate: 1 };

export const byPhase = <T>(of: (phase: Phase) => T): Record<Phase, T> => ({
  rank: of('rank'),
  label: of('label'),
  train: of('train'),
  evaluate: of('evaluate'),
});

/** a without b, nowhere below 0. */
export const lessWork = (a: Work, b: Work): Work => byPhase((phase) => Math.max(0, a[phase] - b[phase]));

export const addWork = (a: Work, b: Work): Work => byPhase((phase) => a[phase] + b[phase]);

/** The first, and the second where it has none. */
export const filled = (rates: Rates, others: Rates): Rates =>
  byPhase((phase) => rates[phase] ?? others[phase]);

/** What an arm has to do.
 * @param requests of its own: what an arm of the seed asked before is computed already */
export function expectedWork(requests: readonly AgendaRequest[], weigh: Weigh): Work {
  const of = (wanted: Phase) =>
    requests.reduce((sum, one) => (one.phase === wanted ? sum + one.items * weigh(one).each : sum), 0);
  return byPhase(of);
}

/** Rates of some work as one weighing counts it, for the same work as another does. */
export const reweighed = (rates: Rates, was: Work, is: Work): Rates =>
  byPhase((phase) => {
    const rate = rates[phase];
    return rate === null || is[phase] === 0 ? null : (rate * was[phase]) / is[phase];
  });

/** A ranked prompt is answered as a labelled one is; nothing else stands in for what was not measured. */
const rateOf = (rates: Rates, phase: Phase): number | null =>
  rates[phase] ?? (phase === 'rank' ? rates.label : null);

/** Milliseconds of some work; null where a phase of it was never measured: a rate of another kind of work would mislead
 * by orders of magnitude. */
export function millisecondsOf(work: Work, rates: Rates): number | null {
  let total = 0;
  for (const phase of PHASES) {
    if (work[phase] === 0) continue;
    const rate = rateOf(rates, phase);
    if (rate === null) return null;
    total += work[phase] * rate;
  }
  return total;
}

/** A step with its phase. */
export type PhaseUnderWay = Omit<StepUnderWay, 'rate'> & { readonly phase: Phase };

/** With what the step under way shows, which holds for the rest of its kind too. */
export function ratesWith(rates: Rates, step: PhaseUnderWay | null): Rates {
  if (step === null || step.total === 0) return rates;
  const { phase } = step;
  return { ...rates, [phase]: rateShown({ ...step, rate: rateOf(rates, phase) }) };
}

/** What is left of some work of which a step is under way.
 * @param rest all that is left, with the whole of the step */
export function timeLeft(rest: Work, rates: Rates, step: PhaseUnderWay | null): StepLeft {
  if (step === null) return { milliseconds: millisecondsOf(rest, rates), isLate: false };
  const { phase, total } = step;
  const others = { ...rest, [phase]: Math.max(0, rest[phase] - total) };
  const after = millisecondsOf(others, ratesWith(rates, step));
  // Nothing of it is computed: it is there already.
  if (total === 0) return { milliseconds: after, isLate: false };
  const own = stepLeft({ ...step, rate: rateOf(rates, phase) });
  const isKnown = after !== null && own.milliseconds !== null;
  return { milliseconds: isKnown ? after + own.milliseconds : null, isLate: own.isLate };
}

/** Rates of some work that took as long as said; older ones stand where nothing was done.
 * What came from memory takes no time and would spoil the rate. */
export function ratesOf(work: Work, milliseconds: Readonly<Record<Phase, number>>, before: Rates): Rates {
  return byPhase((phase) =>
    work[phase] > 0 && milliseconds[phase] > 1 ? milliseconds[phase] / work[phase] : before[phase],
  );
}

/** Share of the work done, 0 to 1, by time where rates are known and by units where not. */
export function shareDone(done: Work, expected: Work, rates: Rates): number {
  const capped = byPhase((phase) => Math.min(done[phase], expected[phase]));
  // Both in one unit: what is done may know its rates before all that there is to do knows them.
  const used: Rates = millisecondsOf(expected, rates) === null ? AS_PREDICTED : rates;
  const of = (work: Work) => millisecondsOf(work, used) ?? 0;
  const total = of(expected);
  return total === 0 ? 0 : Math.min(1, of(capped) / total);
}
