/** @file Who can answer in the playground: the base, every round's adapter of the run on the page, loaded adapters. */
import { barrierTo } from '../../store/questions/answerers.ts';
import type { Answerer, Barrier } from '../../store/questions/ask-state.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { LoadedAdapter } from '../../store/model/model-state.ts';
import { armTitle } from '../../words/arm-title.ts';

type RoundAnswerer = Extract<Answerer, { readonly kind: 'round' }>;

export const keyOf = (answerer: Answerer): string => {
  switch (answerer.kind) {
    case 'base':
      return 'base';
    case 'round':
      return `round ${answerer.round} ${answerer.cell}`;
    case 'loaded':
      return `loaded ${answerer.name}`;
  }
};

const trained = ({ key, state }: Cell): readonly RoundAnswerer[] =>
  state.rounds
    .filter(({ adapter }) => adapter !== null)
    .map(({ round }) => ({ kind: 'round', cell: key, round }));

/** The run on the page beside what is loaded. */
export interface Asked {
  readonly run: RunView | null;
  /** null of none, and while it is being loaded. */
  readonly loaded: { readonly name: string; readonly sha256: string } | null;
}

/** Until something is loaded nothing is known to stand in the way. */
const barrierHere = (answerer: Answerer, { run, loaded }: Asked): Barrier | null =>
  loaded === null ? null : barrierTo(answerer, run, loaded.sha256);

/** The rounds of a cell that can answer. */
export const roundsHere = (cell: Cell, asked: Asked): readonly RoundAnswerer[] =>
  trained(cell).filter((round) => barrierHere(round, asked) === null);

/** Why no round of the run can answer; '' where one can, or there was none. */
export function silenceWords(asked: Asked): string {
  const { run, loaded } = asked;
  const barriers = (run?.cells ?? []).flatMap(trained).map((round) => barrierHere(round, asked));
  if (run === null || barriers.length === 0 || barriers.includes(null)) return '';
  return barriers.includes('model')
    ? `The run on the page was made with ${run.model.name}, which is not loaded: its rounds cannot answer here. The base is ${loaded?.name ?? 'another'}.`
    : 'The file of the run on the page came without its adapters: its rounds cannot answer here.';
}

/** Cells that have an adapter, as they are named in the page. */
export const cellTitle = ({ arm, seed }: Cell, hasSeeds: boolean): string =>
  `${armTitle(arm.name, arm.method)}${hasSeeds ? `, seed ${seed}` : ''}`;

/** All there are, in the order in which they are shown. */
export const answerersHere = (asked: Asked, adapters: readonly LoadedAdapter[]): readonly Answerer[] => [
  { kind: 'base' },
  ...(asked.run?.cells ?? []).flatMap((cell) => roundsHere(cell, asked)),
  ...adapters.map(({ name }): Answerer => ({ kind: 'loaded', name })),
];

export function answererTitle(answerer: Answerer, run: RunView | null): string {
  switch (answerer.kind) {
    case 'base':
      return 'base';
    case 'loaded':
      return answerer.name;
    case 'round': {
      const cell = run?.cells.find(({ key }) => key === answerer.cell);
      if (cell === undefined) return `${answerer.cell}, round ${answerer.round}`;
      const hasSeeds = (run?.setup.seeds.length ?? 1) > 1;
      return `${cellTitle(cell, hasSeeds)}, round ${answerer.round}`;
    }
  }
}

/** The chosen ones that are still here, in the order in which they are shown. */
export function chosenHere(chosen: readonly Answerer[], here: readonly Answerer[]): readonly Answerer[] {
  const keys = new Set(chosen.map(keyOf));
  return here.filter((answerer) => keys.has(keyOf(answerer)));
}

/** Before anybody chose: the base and all rounds of the first arm that has any. */
export function firstChoice(asked: Asked): readonly Answerer[] {
  const rounds = (asked.run?.cells ?? []).map((cell) => roundsHere(cell, asked));
  return [{ kind: 'base' }, ...(rounds.find(({ length }) => length > 0) ?? [])];
}
