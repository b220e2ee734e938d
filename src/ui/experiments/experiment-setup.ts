/** @file A bundled experiment as a setup of the page: one task, fewer seeds, only the knobs that differ from a method's own. */
import type { Experiment } from '../../words/experiment.ts';
import type { KnobName, Knobs } from '../../words/knobs.ts';
import { isKnobName } from '../../words/knobs.ts';
import type { Arm } from '../../words/plan.ts';
import { armOf } from '../../words/plan.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import type { Setup } from '../../store/setup/setup-shape.ts';
import type { TaskCard } from '../../store/task-state.ts';
import { usualWeigh } from '../../store/forecast/forecast.ts';
import { newRequests } from '../../method/requests.ts';
import { AS_PREDICTED, expectedWork, millisecondsOf } from '../../method/work.ts';

/** More runs than this, and one seed is enough for a look. */
const MANY_ARMS = 4;

const knobNames = (knobs: Knobs): readonly KnobName[] => Object.keys(knobs).filter(isKnobName);

/** What an arm sets otherwise than its method does by itself. */
function ownKnobs({ name, method, knobs }: Arm): KnobsSet {
  const usual = armOf(name, method).knobs;
  return Object.fromEntries(
    knobNames(knobs).flatMap((knob) => (knobs[knob] === usual[knob] ? [] : [[knob, knobs[knob]]])),
  );
}

/** The seeds that the page runs of an experiment's own. */
export const seedsForPage = ({ seeds, arms }: Experiment): readonly number[] =>
  seeds.slice(0, arms.length > MANY_ARMS ? 1 : 2);

/** @param taskId one of the experiment's tasks */
export function setupOfExperiment(experiment: Experiment, taskId: string): Setup {
  const sets = experiment.arms.map((arm) => ({ arm, own: ownKnobs(arm) }));
  const [first] = sets;
  const shared = Object.fromEntries(
    Object.entries(first?.own ?? {}).filter(([knob, value]) =>
      sets.every(({ own }) => isKnobName(knob) && own[knob] === value),
    ),
  );
  return {
    model: { kind: 'bundled', name: experiment.model },
    taskId,
    seeds: seedsForPage(experiment),
    arms: sets.map(({ arm: { name, method }, own }) => ({
      name,
      method,
      knobs: Object.fromEntries(Object.entries(own).filter(([knob]) => !Object.hasOwn(shared, knob))),
    })),
    shared,
  };
}

/** Only the relation of two of them matters. */
function weightOf(arms: readonly Arm[], task: TaskCard, seeds: number): number {
  const weights = [...newRequests(arms, task)].map(
    ([arm, requests]) => millisecondsOf(expectedWork(requests, usualWeigh(task, arm)), AS_PREDICTED) ?? 0,
  );
  return seeds * weights.reduce((sum, weight) => sum + weight, 0);
}

/** Seconds of the experiment in this page, from what its present setup is predicted to take.
 * @param measured the present setup, its task, and its predicted seconds */
export function predictSeconds(
  experiment: Experiment,
  task: TaskCard,
  measured: {
    readonly arms: readonly Arm[];
    readonly task: TaskCard;
    readonly seeds: number;
    readonly seconds: number;
  },
): number | null {
  const known = weightOf(measured.arms, measured.task, measured.seeds);
  if (known === 0) return null;
  const wanted = weightOf(experiment.arms, task, seedsForPage(experiment).length);
  return (measured.seconds * wanted) / known;
}
