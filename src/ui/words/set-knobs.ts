/** @file The knobs that a setup sets otherwise than the defaults, in words. */
import { withoutDefaults } from '../../store/setup/setup.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import { knobValueWords } from '../../words/knob-words.ts';
import type { KnobName } from '../../words/knobs.ts';
import { KNOBS, isKnobName } from '../../words/knobs.ts';

export interface SetKnob {
  readonly name: KnobName;
  /** "Rounds 5", "Balance labels on". */
  readonly words: string;
}

/** @param shared what would hold without them: beside it a default says something too */
export const setKnobs = (knobs: KnobsSet, shared: KnobsSet = {}): readonly SetKnob[] => {
  const own = withoutDefaults(knobs);
  return Object.entries(knobs).flatMap(([name, value]) =>
    isKnobName(name) && (own[name] !== undefined || shared[name] !== undefined)
      ? [{ name, words: `${KNOBS[name].label} ${knobValueWords(name, value)}` }]
      : [],
  );
};
