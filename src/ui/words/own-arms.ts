/** @file What arms with names of their own are: the method, and what sets them apart from its plain arm beside them. */
import { plural } from '../../core/plural.ts';
import { formatShare } from '../../core/figures.ts';
import type { ArmSetup, Setup } from '../../store/setup/setup-shape.ts';
import { armTitle } from '../../words/arm-title.ts';
import { knobValueWords } from '../../words/knob-words.ts';
import type { Knobs } from '../../words/knobs.ts';
import { KNOBS, isKnobName } from '../../words/knobs.ts';
import { methodOf } from '../../words/methods.ts';
import { armOf } from '../../words/plan.ts';
import { listed } from './numbers.ts';

/** Neither called after its method nor by the knobs of a grid (armTitle). */
const hasOwnName = ({ name, method }: ArmSetup): boolean =>
  name !== method && armTitle(name, method) === name && name !== methodOf(method).title;

/** What of these is said by the words of the mixed prompt. */
const OF_MIXED: readonly string[] = ['template', 'demonstrationShare', 'demonstrationsKept'];

/** How it labels and trains: what it is scored on tells no arms apart. */
function differenceOf(own: Knobs, plain: Knobs): string {
  const differing = Object.keys(own)
    .filter(isKnobName)
    .filter((name) => own[name] !== plain[name] && KNOBS[name].group !== 'evaluation');
  const isMixed = own.template === 'mixed' && differing.some((name) => OF_MIXED.includes(name));
  const mixed = `${formatShare(own.demonstrationShare)} of the training prompts keep up to ${plural(own.demonstrationsKept, 'demonstration')}`;
  return listed([
    ...(isMixed ? [mixed] : []),
    ...differing
      .filter((name) => !(isMixed && OF_MIXED.includes(name)))
      .map((name) => `${KNOBS[name].label.toLowerCase()} ${knobValueWords(name, own[name])}`),
  ]);
}

/** A sentence for each kind of arms: "soft-mixed and frozen-mixed: as SOFT and frozen teacher, but …". [] where every arm is
 * called after its method. */
export function ownArmsWords({ arms, shared }: Pick<Setup, 'arms' | 'shared'>): readonly string[] {
  const knobsOf = ({ name, method, knobs }: ArmSetup) => armOf(name, method, { ...shared, ...knobs }).knobs;
  const kinds = new Map<string, ArmSetup[]>();
  for (const arm of arms.filter(hasOwnName)) {
    const { name, method } = arm;
    const plain = arms.find((other) => other.method === method && !hasOwnName(other)) ?? {
      ...{ name, method, knobs: {} },
    };
    const difference = differenceOf(knobsOf(arm), knobsOf(plain));
    kinds.set(difference, [...(kinds.get(difference) ?? []), arm]);
  }
  return [...kinds].map(([difference, all]) => {
    const names = listed(all.map(({ name }) => name));
    const methods = listed(all.map(({ method }) => methodOf(method).title));
    return `${names}: as ${methods}${difference === '' ? '' : `, but ${difference}`}.`;
  });
}
