/** @file A number whose knob may say "the task's own", as a form shows it: what the run will use, never the 0 that links keep. */

export interface OwnNumber<T> {
  readonly shown: T | number;
  readonly note: string;
  /** Least that the form takes. */
  readonly least: number;
  /** The knob's value for what was put into the form. */
  readonly knobOf: (next: T) => T | number;
}

/** @param own of the task; null: not known yet */
export function ownNumber<T>(value: T, own: number | null): OwnNumber<T> {
  if (own === null)
    return { shown: value, note: '0: the task’s own number', least: 0, knobOf: (next) => next };
  const isOwn = value === 0 || value === own;
  return {
    shown: value === 0 ? own : value,
    note: isOwn ? 'the task’s own number' : `the task’s own: ${own}`,
    least: 1,
    knobOf: (next) => (next === own ? 0 : next),
  };
}
