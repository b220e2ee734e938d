/**
 * @file How much a cell of a run has to do and has done, and how long that takes by what was measured: for progress,
 * time left and the prediction before a run. Estimates: nothing here decides anything.
 */
import type { LoopEvent, Phase } from '../../words/events.ts';
import { methodOf } from '../../words/methods.ts';
import type { Arm } from '../../words/plan.ts';
import { roundNumbers, stepsPerTraining } from '../../words/plan.ts';
import type { SplitName, Task } from '../../words/task.ts';
import type { StepLeft, StepUnderWay } from '../../method/time-left.ts';
import { rateShown, stepLeft } from '../../method/time-left.ts';

/** Items by phase: answers, optimizer steps, predictions. */
export type Work = Readonly<Record<Phase, number>>;
/** Milliseconds an item, by phase; null where none was measured. */
export type Rates = Readonly<Record<Phase, number | null>>;

/** What is known of a run before it starts. */
export interface Forecast {
  readonly rates: (taskId: string, arm: Arm) => Rates;
  /** LoRA's share of the memory: method/budget.ts; null while unknown. */
  readonly adapterBytes: (taskId: string, arm: Arm) => number | null;
}

/** Rows by split. */
export type Sizes = Readonly<Record<SplitName, number>>;

export const sizesOf = ({ splits }: Task): Sizes => ({
  pool: splits.pool.length,
  prompts: splits.prompts.length,
  validation: splits.validation.length,
  probe: splits.probe.length,
  test: splits.test.length,
});

export const PHASES: readonly Phase[] = ['rank', 'label', 'train', 'evaluate'];
export const NO_WORK: Work = { rank: 0, label: 0, train: 0, evaluate: 0 };
export const NO_RATES: Rates = { rank: null, label: null, train: null, evaluate: null };

export const NO_FORECAST: Forecast = { rates: () => NO_RATES, adapterBytes: () => null };

const byPhase = <T>(of: (phase: Phase) => T): Record<Phase, T> => ({
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

/** Items of one evaluation of one round. */
function itemsPerRound({ knobs }: Arm, sizes: Sizes): number {
  const test = Math.min(knobs.testItems, sizes.test);
  const validation = Math.min(knobs.validationItems, sizes.validation);
  const probe = Math.min(knobs.probeItems, sizes.probe);
  return test + Math.min(knobs.fewShotItems, test) + validation + probe;
}

/** What an arm has to do.
 * @param isFirst of its seed: the others find the base's answers in memory (lab/remember-base.ts) */
export function expectedWork(arm: Arm, sizes: Sizes, isFirst: boolean): Work {
  const { knobs, method } = arm;
  const { schedule, inputs, teacher } = methodOf(method);
  const trainings = roundNumbers({ arm }).length;
  const prompts = schedule === 'none' ? 0 : knobs.rounds * knobs.promptsPerRound;
  const isRanked = knobs.acrossRounds !== 'random' || knobs.balanced;
  const labels = inputs === 'nothing' || teacher === 'key' ? 0 : prompts;
  return {
    rank: isRanked && inputs === 'prompts' ? prompts : 0,
    label: labels * (inputs === 'generated' ? 2 : 1) * (teacher === 'vote' ? knobs.rounds : 1),
    train: trainings * stepsPerTraining({ arm }),
    evaluate: (trainings + (isFirst || schedule === 'none' ? 1 : 0)) * itemsPerRound(arm, sizes),
  };
}

/** What an event says was done. */
export function workOf(event: LoopEvent): Work {
  switch (event.type) {
    case 'ranked':
      return { ...NO_WORK, rank: event.ranking.length };
    case 'labelled':
      return { ...NO_WORK, label: event.samples.length };
    case 'trained':
      return { ...NO_WORK, train: event.curve.length };
    case 'evaluated':
      return { ...NO_WORK, evaluate: event.evaluation.predictions.length };
    case 'round-ended':
    case 'ended':
    case 'phase':
    case 'answer':
    case 'step':
    case 'notice':
      return NO_WORK;
  }
}

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

/** What is left of some work of which a step is under way.
 * @param rest all that is left, with the whole of the step */
export function timeLeft(rest: Work, rates: Rates, step: PhaseUnderWay | null): StepLeft {
  if (step === null) return { milliseconds: millisecondsOf(rest, rates), isLate: false };
  const { phase, items } = step;
  const known = { ...step, rate: rateOf(rates, phase) };
  const own = stepLeft(known);
  // What the step shows holds for the rest of its kind too.
  const shown = { ...rates, [phase]: rateShown(known) };
  const others = { ...rest, [phase]: Math.max(0, rest[phase] - items) };
  const after = millisecondsOf(others, shown);
  const isKnown = after !== null && own.milliseconds !== null;
  return { milliseconds: isKnown ? after + own.milliseconds : null, isLate: own.isLate };
}

/** Rates of some work that took as long as said; older ones stand where nothing was done.
 * Items that came from memory take no time and would spoil the rate. */
export function ratesOf(work: Work, milliseconds: Readonly<Record<Phase, number>>, before: Rates): Rates {
  return byPhase((phase) =>
    work[phase] > 0 && milliseconds[phase] > 1 ? milliseconds[phase] / work[phase] : before[phase],
  );
}

/** Share of the work done, 0 to 1, by time where rates are known and by items where not. */
export function shareDone(done: Work, expected: Work, rates: Rates): number {
  const capped = byPhase((phase) => Math.min(done[phase], expected[phase]));
  const flat: Rates = byPhase(() => 1);
  const of = (work: Work) => millisecondsOf(work, rates) ?? millisecondsOf(work, flat) ?? 0;
  const total = of(expected);
  return total === 0 ? 0 : Math.min(1, of(capped) / total);
}
