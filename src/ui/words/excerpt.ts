/** @file As much of a list or a text as can be drawn: what is beyond it is counted, never dropped without a word. */

/** Characters of a text where it stands among others, in a list. */
const IN_A_LIST = 500;
/** Items of a list that is drawn whole. */
export const MOST_LISTED = 500;

export const excerpt = (text: string, most = IN_A_LIST): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

/** Every so many-th, so that at most `most` are left; the last one stays. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  const every = Math.ceil(items.length / most);
  return every <= 1 ? items : items.filter((_, i) => i % every === 0 || i === items.length - 1);
}

/** The highest of any number of values, `least` at least; what is no number is passed over. */
export function highest(values: readonly number[], least: number): number {
  let most = least;
  for (const value of values) if (value > most) most = value;
  return most;
}
