/**
 * @file How large a run is, in two words: a quick look, with which the page opens, or full size, which leaves all to the knobs'
 * defaults. Both are nothing but settings, so links, kept runs and run files hold them like any other.
 */
import { isKnobName } from '../../words/knobs.ts';
import type { KnobName } from '../../words/knobs.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import type { Setup } from './setup-shape.ts';

export type Size = 'quick' | 'full';
export const SIZES: Readonly<Record<Size, string>> = { quick: 'Quick look', full: 'Full size' };

/** Test items as in experiments/soft-vs-frozen.json, so that a quick look scores as one seed of that study does, and less of
 * what decides nothing: two arms over three rounds within a minute on two cores (docs/PERFORMANCE.md). */
export const QUICK = {
  testItems: 256,
  fewShotItems: 64,
  validationItems: 0,
  probeItems: 32,
} as const satisfies Partial<Record<KnobName, number>>;

const isOfSize = (name: string): boolean => isKnobName(name) && Object.hasOwn(QUICK, name);

/** null of sizes of one's own. */
export function sizeOf({ shared }: Pick<Setup, 'shared'>): Size | null {
  const said = new Map<string, unknown>(Object.entries(shared));
  const quick = Object.entries(QUICK);
  if (quick.every(([name, value]) => said.get(name) === value)) return 'quick';
  return quick.some(([name]) => said.has(name)) ? null : 'full';
}

export const withoutSize = (shared: KnobsSet): KnobsSet =>
  Object.fromEntries(Object.entries(shared).filter(([name]) => !isOfSize(name)));

/** What a setup sets for all arms, but for what the word for its size says. */
export const apartFromSize = (setup: Pick<Setup, 'shared'>): KnobsSet =>
  sizeOf(setup) === null ? setup.shared : withoutSize(setup.shared);
