/** @file Shapes of a setup and of what differs between two: they stand in every kept run, and in its file. */
import type { Infer } from '../../core/shape.ts';
import { array, exactly, object, tagged, textWithin, wholeWithin } from '../../core/shape.ts';
import { knobsSet, methodName } from '../../words/knobs-set.ts';
import { LONGEST_NAME, LONGEST_TEXT } from '../../core/bounds.ts';

export const MOST_SEEDS = 20;
export const MOST_ARMS = 12;

const name = textWithin(LONGEST_NAME, 1);

/** Which model: the bundled one, one of the Hub by its name, or files that were picked (gone after a reload). */
const modelRef = tagged('kind', [
  object({ kind: exactly('bundled'), name }),
  object({ kind: exactly('hub'), name }),
  object({ kind: exactly('picked'), name }),
]);
export type ModelRef = Infer<typeof modelRef>;

export const isSameModel = (a: ModelRef, b: ModelRef): boolean => a.kind === b.kind && a.name === b.name;

/** One arm as chosen: a method and what it sets otherwise than the shared knobs. */
const armSetup = object({
  /** Unique in the setup. */
  name,
  method: methodName,
  knobs: knobsSet,
});
export type ArmSetup = Infer<typeof armSetup>;

/** Everything that makes a run what it is; all of it stands in the page's address. */
export const anySetup = object({
  model: modelRef,
  taskId: name,
  seeds: array(wholeWithin(0, 2 ** 31 - 1), MOST_SEEDS),
  arms: array(armSetup, MOST_ARMS),
  /** Set for every arm, over its method's presets; an arm's own knobs go before. */
  shared: knobsSet,
});
export type Setup = Infer<typeof anySetup>;

const told = textWithin(LONGEST_TEXT);
/** One difference between two setups, in words: "Demonstrations k", "4", "8". */
export const change = object({ what: told, before: told, after: told });
export type Change = Infer<typeof change>;
