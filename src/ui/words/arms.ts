/**
 * @file What each arm looks like, everywhere the same, as its method's entry says: a colour (design/arms.css), a mark and a
 * dash, so that no arm is told by its colour alone.
 */
import { knobValueWords } from '../../words/knob-words.ts';
import { KNOBS, isKnobName } from '../../words/knobs.ts';
import type { MethodLook, MethodName } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';

/** Its colour a CSS one. */
export function lookOf(method: MethodName): MethodLook {
  const { look } = methodOf(method);
  return { ...look, colour: `var(--arm-${look.colour})` };
}

/** "labelNoise=0.1" -> "label noise 0.1"; null: no knob has this name. */
function setWords(set: string): string | null {
  const [knob = '', value = ''] = set.split('=');
  if (!isKnobName(knob)) return null;
  const said = value === 'true' || value === 'false' ? value === 'true' : value === '0' ? 0 : value;
  return `${KNOBS[knob].label.toLowerCase()} ${knobValueWords(knob, said)}`;
}

/** An arm as people read it: its method's title, unless it was given a name of its own. What an experiment's grid puts
 * behind a name (words/experiment.ts) is said in the knobs' own words. */
export function armTitle(name: string, method: MethodName): string {
  const titled = (own: string) => (own === method ? methodOf(method).title : own);
  const [, own = '', grid = ''] = /^(.*)\[([^[\]]+)\]$/su.exec(name) ?? [];
  const sets = grid.split(',').flatMap((set) => setWords(set) ?? []);
  return sets.length === 0 || sets.length < grid.split(',').length
    ? titled(name)
    : [titled(own), ...sets].join(', ');
}
