/** Digits that shipped figures keep: they are shares of some hundred items. */
const DIGITS = 6;
export const short = (value: number): number => Number(value.toFixed(DIGITS));
