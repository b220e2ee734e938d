/** @file How sure a share of a few items is. */

const NORMAL_975 = 1.959963984540054;

/** Wilson's 95% interval of a share over so many items: also of few, and of none or all of them. */
export function shareInterval(share: number, items: number): { readonly low: number; readonly high: number } {
  if (items === 0) return { low: 0, high: 1 };
  const square = NORMAL_975 ** 2 / items;
  const middle = (share + square / 2) / (1 + square);
  const half = (Math.sqrt((share * (1 - share)) / items + square / (4 * items)) * NORMAL_975) / (1 + square);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
