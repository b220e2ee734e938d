/**
 * @file How much a cell of a run has to do and has done, and how long that takes by what was measured: for progress,
 * time left and the prediction before a run. Estimates: nothing here decides anything.
 */
import type { LoopEvent, Phase } from '../core/events.ts';
import { methodOf } from '../core/methods.ts';
import type { Arm } from '../core/plan.ts';
import { roundNumbers, stepsPerTraining } from '../core/plan.ts';
import type { SplitName, Task } from '../core/task.ts';

/** Items by phase: answers, optimizer steps, predictions. */
export type Work = Readonly<Record<Phase, number>>;
/** Milliseconds an item, by phase; null where none was measured. */
export type Rates = Readonly<Record<Phase, number | null>>;

/** What is known of a run before it starts. */
export interface Forecast {
  readonly rates: (taskId: string, arm: Arm) => Rates;
  /** LoRA's share of the memory: core/budget.ts; null while unknown. */
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

/** Milliseconds of some work, with the mean of the known rates for a phase that was never measured; null where nothing
 * is known. */
export function millisecondsOf(work: Work, rates: Rates): number | null {
  const known = PHASES.flatMap((phase) => rates[phase] ?? []);
  if (known.length === 0) return null;
  const mean = known.reduce((sum, rate) => sum + rate, 0) / known.length;
  return PHASES.reduce((sum, phase) => sum + work[phase] * (rates[phase] ?? mean), 0);
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
