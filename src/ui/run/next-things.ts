/** @file Three things to try next, chosen by what the run showed and what it was. */
import { isShown } from '../../analysis/paired.ts';
import type { MethodName } from '../../words/methods.ts';
import { METHOD_NAMES, controlsOf, methodOf } from '../../words/methods.ts';
import type { LabActions } from '../../store/lab-model.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { Outcome } from './outcome.ts';

export interface NextThing {
  readonly title: string;
  readonly why: string;
  readonly apply: (actions: LabActions) => void;
}

/** Enough for an interval that means something, few enough to wait for. */
const SEEDS = 5;

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
    outcome.seeds < SEEDS && {
      title: `${SEEDS} seeds`,
      why: 'One seed is one draw of prompts and demonstrations: is it luck?',
      apply: (actions) => {
        actions.setSeeds(Array.from({ length: SEEDS }, (_, i) => (setup.seeds[0] ?? 0) + i));
      },
    },
    poolAlone !== undefined &&
      !cells.some(({ arm }) => isPoolAlone(arm.method)) && {
        title: 'Add the pool’s own labels',
        why: 'The strongest control: the labelled items that the demonstrations are drawn from, trained on directly.',
        apply: (actions) => {
          actions.addArm(poolAlone);
        },
      },
    next !== undefined && {
      title: methodOf(next).title,
      why: methodOf(next).help,
      apply: (actions) => {
        actions.chooseMethod(next);
      },
    },
    outcome.verdict !== null &&
      !isShown(outcome.verdict) &&
      k > 2 && {
        title: '2 demonstrations',
        why: 'A weaker teacher has more to gain from its own improvement.',
        apply: (actions) => {
          actions.setKnob('demonstrations', 2);
        },
      },
    knobs.start === 'base' && {
      title: 'Start from the round before',
      why: 'Training goes on instead of beginning again: more gain, or more error?',
      apply: (actions) => {
        actions.setKnob('start', 'previous');
      },
    },
    others[0] !== undefined && {
      title: `Task ${others[0]}`,
      why: 'Does what you saw hold elsewhere?',
      apply: (actions) => {
        actions.chooseTask(others[0] ?? task.definition.id);
      },
    },
  ];
  return all.filter((thing) => thing !== false).slice(0, 3);
}
