/** @file All that a run lost because the model had no room for it, in the same words on the page and in the runner. */
import type { Shots } from '../words/events.ts';
import { PURPOSES, PURPOSE_NAMES, addShots, isBare, rowsSentence, shotsSentence } from '../method/room.ts';
import type { RunState } from '../method/state.ts';

function roundsWords(rounds: readonly number[]): string {
  const numbers = [...new Set(rounds)].sort((a, b) => a - b);
  if (numbers.length === 1) return numbers[0] === 0 ? '' : `, round ${numbers[0] ?? ''}`;
  return `, rounds ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1) ?? ''}`;
}

/** All losses of a run, a sentence for each kind; [] where nothing was lost. */
export function lossesOf({ rounds }: RunState): readonly string[] {
  const dropped = rounds.flatMap(({ end }) => end?.tooLong ?? []);
  const asked = PURPOSE_NAMES.flatMap((purpose) => {
    const found = rounds.flatMap(({ round, shots }) => {
      const own = shots?.[purpose];
      return own === undefined ? [] : [{ round, own }];
    });
    // A round that lost everything is not hidden in the sum with one that did not.
    return [true, false].flatMap((bare) => {
      const alike = found.filter(({ own }) => isBare(own) === bare);
      const all = alike.reduce<Shots | undefined>((sum, { own }) => addShots(sum, own), undefined);
      if (all === undefined) return [];
      return [shotsSentence(PURPOSES[purpose] + roundsWords(alike.map(({ round }) => round)), all)];
    });
  });
  // An evaluation's demonstrations are the same in every round.
  const scored = new Map(
    rounds.flatMap(({ evaluations }) =>
      evaluations.flatMap(({ split, shots }) =>
        shots === undefined
          ? []
          : [[split, shotsSentence(`Scoring with demonstrations on ${split}`, shots)] as const],
      ),
    ),
  );
  return [
    ...dropped.map(({ rows, positions }) => rowsSentence(rows, positions)),
    ...asked,
    ...scored.values(),
  ];
}
