/** @file Shapes of what says what an arm is: its method, and the knobs that are set in it. */
import type { Infer } from '../core/shape.ts';
import { holding, like, word } from '../core/shape.ts';
import type { KnobName } from './knobs.ts';
import { KNOBS, isKnobName, knobFault } from './knobs.ts';
import { METHOD_NAMES } from './methods.ts';

export const methodName = word(METHOD_NAMES);

type Value = string | number | boolean;
type Values = Readonly<Partial<Record<KnobName, Value>>>;
const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Some knobs by name, each with a value that it can have. */
export const knobsSet = holding(like(isValues, 'an object'), (set) => {
  for (const [name, value] of Object.entries(set)) {
    const fault = isKnobName(name) ? knobFault(KNOBS[name], value) : 'no such knob';
    if (fault !== null) return [name, fault];
  }
  return null;
});
export type KnobsSet = Infer<typeof knobsSet>;
