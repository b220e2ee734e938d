/** @file Three things to try next, chosen by what the run showed and what it was. */
import { isShown } from '../../analysis/paired.ts';
import { controlsOf, methodOf } from '../../words/methods.ts';
import type { Arm } from '../../words/plan.ts';
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
const isPoolAlone = ({ method }: Arm): boolean => methodOf(method).trainsOn.join() === 'pool';

export function nextThings(run: RunView, outcome: Outcome, taskIds: readonly string[]): readonly NextThing[] {
  const { setup, cells, task } = run;
  const first = cells[0]?.arm;
  if (first === undefined) return [];
  const { knobs, method } = first;
  const k = knobs.demonstrations || task.definition.k;
  const others = taskIds.filter((id) => id !== task.definition.id);
  const all: readonly (NextThing | false)[] = [
    outcome.seeds < SEEDS && {
      title: `${SEEDS} seeds`,
      why: 'One seed is one draw of prompts and demonstrations: is it luck?',
      apply: (actions) => {
        actions.setSeeds(Array.from({ length: SEEDS }, (_, i) => (setup.seeds[0] ?? 0) + i));
      },
    },
    !cells.some(({ arm }) => isPoolAlone(arm)) && {
      title: 'Add the pool’s own labels',
      why: 'The strongest control: the labelled items that the demonstrations are drawn from, trained on directly.',
      apply: (actions) => {
        actions.addArm('pool-sft');
      },
    },
    controlsOf('soft+')[0] === method && {
      title: 'SOFT+',
      why: 'Easy prompts first, by the base’s own perplexity: does the order help?',
      apply: (actions) => {
        actions.chooseMethod('soft+');
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
