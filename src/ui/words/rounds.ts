/** @file Rounds as the page names them: 0 is the base. */

export const roundTitle = (round: number): string => (round === 0 ? 'base' : `round ${round}`);

/** As short as a row needs it. */
export const roundTag = (round: number): string => (round === 0 ? 'base' : String(round));

/** "base", "1-3". */
export const stretchTag = (from: number, to: number): string =>
  from === to ? roundTag(from) : `${roundTag(from)}–${roundTag(to)}`;
