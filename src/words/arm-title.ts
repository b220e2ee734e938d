/** @file An arm as people read it, in views, in what a run is called and in what differs from another. */
import { knobValueWords } from './knob-words.ts';
import { KNOBS, isKnobName } from './knobs.ts';
import type { MethodName } from './methods.ts';
import { methodOf } from './methods.ts';

/** "labelNoise=0.1" -> "label noise 0.1"; null: no knob has this name. */
function setWords(set: string): string | null {
  const [knob = '', value = ''] = set.split('=');
  if (!isKnobName(knob)) return null;
  const said = value === 'true' || value === 'false' ? value === 'true' : value === '0' ? 0 : value;
  return `${KNOBS[knob].label.toLowerCase()} ${knobValueWords(knob, said)}`;
}

/** Its method's title, unless it was given a name of its own. What an experiment's grid puts behind a name
 * (experiment.ts) is said in the knobs' own words. */
export function armTitle(name: string, method: MethodName): string {
  const titled = (own: string) => (own === method ? methodOf(method).title : own);
  const [, own = '', grid = ''] = /^(.*)\[([^[\]]+)\]$/su.exec(name) ?? [];
  const sets = grid.split(',').flatMap((set) => setWords(set) ?? []);
  return sets.length === 0 || sets.length < grid.split(',').length
    ? titled(name)
    : [titled(own), ...sets].join(', ');
}
