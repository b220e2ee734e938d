/** The seed whose difference is the middle one; of an even number the lower of the two in the middle. undefined of none. */
export function middleSeed(differences: ReadonlyMap<number, number>): number | undefined {
  const sorted = [...differences].toSorted(([a, x], [b, y]) => x - y || a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]?.[0];
}
