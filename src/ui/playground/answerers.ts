/** @file Who can answer in the playground: the base, every round's adapter of the run on the page, loaded adapters. */
import type { Answerer } from '../../store/questions/ask-state.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { LoadedAdapter } from '../../store/model/model-state.ts';
import { armTitle } from '../words/arms.ts';

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

/** Rounds of a cell whose adapter is here. */
export const trainedRounds = ({ state }: Cell): readonly number[] =>
  state.rounds
    .filter(({ adapter }) => adapter !== null && adapter.absent === undefined)
    .map(({ round }) => round);

/** The run, where its rounds can answer: its model is the loaded one, or what is loaded is not known yet.
 * @param sha256 of the loaded model; null of none */
export const answeringRun = (run: RunView | null, sha256: string | null): RunView | null =>
  run !== null && (sha256 === null || run.model.sha256 === sha256) ? run : null;

/** Why no round of the run can answer; '' where one can, or there was none. */
export function silenceWords(
  run: RunView | null,
  loaded: { readonly name: string; readonly sha256: string } | null,
): string {
  if (run === null) return '';
  if (loaded !== null && answeringRun(run, loaded.sha256) === null)
    return `The run on the page was made with ${run.model.name}, which is not loaded: its rounds cannot answer here. The base is ${loaded.name}.`;
  const isTrained = run.cells.some(({ state }) => state.rounds.some(({ adapter }) => adapter !== null));
  return isTrained && run.cells.every((cell) => trainedRounds(cell).length === 0)
    ? 'The file of the run on the page came without its adapters: its rounds cannot answer here.'
    : '';
}

/** Cells that have an adapter, as they are named in the page. */
export const cellTitle = ({ arm, seed }: Cell, hasSeeds: boolean): string =>
  `${armTitle(arm.name, arm.method)}${hasSeeds ? `, seed ${seed}` : ''}`;

/** All there are, in the order in which they are shown. */
export function answerersHere(run: RunView | null, adapters: readonly LoadedAdapter[]): readonly Answerer[] {
  const rounds = (run?.cells ?? []).flatMap((cell) =>
    trainedRounds(cell).map((round): Answerer => ({ kind: 'round', cell: cell.key, round })),
  );
  return [{ kind: 'base' }, ...rounds, ...adapters.map(({ name }): Answerer => ({ kind: 'loaded', name }))];
}

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
export function firstChoice(run: RunView | null): readonly Answerer[] {
  const cell = run?.cells.find((candidate) => trainedRounds(candidate).length > 0);
  const rounds = cell === undefined ? [] : trainedRounds(cell);
  return [
    { kind: 'base' },
    ...rounds.map((round): Answerer => ({ kind: 'round', cell: cell?.key ?? '', round })),
  ];
}
