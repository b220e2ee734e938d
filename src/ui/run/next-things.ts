/** @file Three things to try next, chosen by what the run showed and what it was. */
import { USUAL_SEEDS, isShown } from '../../analysis/paired.ts';
import type { MethodName } from '../../words/methods.ts';
import { METHOD_NAMES, controlsOf, methodOf } from '../../words/methods.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import type { Setup } from '../../store/setup/setup-shape.ts';
import { armsOfMethod, freeName, withSize, withoutDefaults } from '../../store/setup/setup.ts';
import { sizeOf } from '../../store/setup/size.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { Outcome } from './outcome.ts';

export interface NextThing {
  readonly title: string;
  readonly why: string;
  /** The run's own setup with that change. */
  readonly setup: Setup;
}

/** A setup in which all arms have these. */
export const withKnobs = (setup: Setup, set: KnobsSet): Setup => ({
  ...setup,
  shared: withoutDefaults({ ...setup.shared, ...set }),
  arms: setup.arms.map((arm) => ({
    ...arm,
    knobs: Object.fromEntries(Object.entries(arm.knobs).filter(([name]) => !(name in set))),
  })),
});

/** A setup with so many seeds: its own, then those that come after its first. */
export function withSeeds(setup: Setup, count: number): Setup {
  const seeds = [...setup.seeds];
  for (let next = seeds[0] ?? 0; seeds.length < count; next++) if (!seeds.includes(next)) seeds.push(next);
  return { ...setup, seeds };
}

/** Whatever it is called, it is the strongest control already. */
const isPoolAlone = (method: MethodName): boolean => methodOf(method).trainsOn.join() === 'pool';
/** The first of the table that adds something to this one: what it adds is measured against it. */
const nextAfter = (method: MethodName): MethodName | undefined =>
  METHOD_NAMES.find((name) => controlsOf(name)[0] === method);

export function nextThings(run: RunView, outcome: Outcome, taskIds: readonly string[]): readonly NextThing[] {
  const { setup, cells, task } = run;
  const first = cells[0]?.arm;
  if (first === undefined) return [];
  const { knobs, method } = first;
  const k = knobs.demonstrations || task.definition.k;
  const poolAlone = METHOD_NAMES.find(isPoolAlone);
  const next = nextAfter(method);
  const others = taskIds.filter((id) => id !== task.definition.id);
  const all: readonly (NextThing | false)[] = [
    outcome.seeds < USUAL_SEEDS && {
      title: `${USUAL_SEEDS} seeds`,
      why:
        outcome.seeds === 1
          ? 'One seed is one draw of prompts and demonstrations: is it luck?'
          : `${outcome.seeds} seeds are ${outcome.seeds} draws of prompts and demonstrations: more of them narrow the interval.`,
      setup: withSeeds(setup, USUAL_SEEDS),
    },
    sizeOf(setup) === 'quick' && {
      title: 'Full size',
      why: 'A quick look scores few items: with more of them the interval narrows, and the other controls run beside it.',
      setup: withSize(setup, 'full'),
    },
    poolAlone !== undefined &&
      !cells.some(({ arm }) => isPoolAlone(arm.method)) && {
        title: 'Add the pool’s own labels',
        why: 'The strongest control: the labelled items that the demonstrations are drawn from, trained on directly.',
        setup: {
          ...setup,
          arms: [...setup.arms, { name: freeName(setup.arms, poolAlone), method: poolAlone, knobs: {} }],
        },
      },
    next !== undefined && {
      title: methodOf(next).title,
      why: methodOf(next).help,
      setup: { ...setup, arms: armsOfMethod(next, sizeOf(setup)) },
    },
    outcome.verdict !== null &&
      !isShown(outcome.verdict) &&
      k > 2 && {
        title: '2 demonstrations',
        why: 'A weaker teacher may have more to gain from its own improvement.',
        setup: withKnobs(setup, { demonstrations: 2 }),
      },
    knobs.start === 'base' && {
      title: 'Start from the round before',
      why: 'Training goes on instead of beginning again: more gain, or more error?',
      setup: withKnobs(setup, { start: 'previous' }),
    },
    others[0] !== undefined && {
      title: `Task ${others[0]}`,
      why: 'Does what you saw hold elsewhere?',
      setup: { ...setup, taskId: others[0] },
    },
  ];
  return all.filter((thing) => thing !== false).slice(0, 3);
}
