/** @file What a setup sets otherwise than the defaults, as the short words of chips. */
import type { Setup } from '../../store/setup/setup-shape.ts';
import { SIZES, apartFromSize, sizeOf } from '../../store/setup/size.ts';
import { armTitle } from '../../words/arm-title.ts';
import { setKnobs } from './set-knobs.ts';

/** Settings of its arms beside the shared ones: what all of them are set to once, and without their names. */
export function armChips(setup: Pick<Setup, 'arms' | 'shared'>): readonly string[] {
  const own = setup.arms.map(({ name, method, knobs }) => ({
    title: armTitle(name, method),
    set: setKnobs(knobs, setup.shared).map(({ words }) => words),
  }));
  const inAll = (own[0]?.set ?? []).filter((words) => own.every(({ set }) => set.includes(words)));
  return [
    ...inAll,
    ...own.flatMap(({ title, set }) =>
      set.filter((words) => !inAll.includes(words)).map((words) => `${title}: ${words}`),
    ),
  ];
}

/** What is set otherwise than the defaults, beside its size. */
export const setChips = (setup: Setup): readonly string[] => [
  ...setKnobs(apartFromSize(setup)).map(({ words }) => words),
  ...armChips(setup),
];

/** The same with its size. */
export const chipsOf = (setup: Setup): readonly string[] => [
  ...(sizeOf(setup) === 'quick' ? [SIZES.quick] : []),
  ...setChips(setup),
];
