/**
 * @file The setup of a run: its defaults, the arms it stands for, what is wrong with it, and what differs between two.
 */
import { LabError } from '../../core/errors.ts';
import { armTitle } from '../../words/arm-title.ts';
import { knobValueWords } from '../../words/knob-words.ts';
import type { KnobName } from '../../words/knobs.ts';
import { KNOBS, isKnobName, knobFault } from '../../words/knobs.ts';
import type { MethodName } from '../../words/methods.ts';
import { METHODS, controlsOf, methodOf } from '../../words/methods.ts';
import type { Arm } from '../../words/plan.ts';
import { armOf } from '../../words/plan.ts';
import { LONGEST_NAME } from '../../core/bounds.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';
import type { ArmSetup, Change, ModelRef, Setup } from './setup-shape.ts';
import { MOST_ARMS, MOST_SEEDS } from './setup-shape.ts';
import type { Size } from './size.ts';
import { QUICK, SIZES, apartFromSize, sizeOf, withoutSize } from './size.ts';

const BUNDLED: ModelRef = { kind: 'bundled', name: 'nano' };

const plainArm = (method: MethodName): ArmSetup => ({ name: method, method, knobs: {} });
/** A method and what makes its gain mean something; in a quick look the first of its controls, which decides its verdict.
 * @param size null of sizes of one's own */
export const armsOfMethod = (method: MethodName, size: Size | null = 'full'): readonly ArmSetup[] =>
  [method, ...controlsOf(method).slice(0, size === 'quick' ? 1 : undefined)].map(plainArm);

/** What an address or a run leaves unsaid (link-versions.ts). */
export const DEFAULT_SETUP: Setup = {
  model: BUNDLED,
  taskId: 'two-cue-topic',
  seeds: [1],
  arms: armsOfMethod('soft'),
  shared: {},
};

/** A setup in that size. Arms that were chosen one by one stay. */
export function withSize(setup: Setup, size: Size): Setup {
  const { arms, shared } = setup;
  const [first] = arms;
  const others = size === 'quick' ? 'full' : 'quick';
  const isOfMethod =
    first !== undefined && JSON.stringify(armsOfMethod(first.method, others)) === JSON.stringify(arms);
  return {
    ...setup,
    arms: isOfMethod ? armsOfMethod(first.method, size) : arms,
    shared: { ...withoutSize(shared), ...(size === 'quick' ? QUICK : {}) },
  };
}

/** What the page opens with. */
export const OPENING_SETUP: Setup = withSize(DEFAULT_SETUP, 'quick');

/** A name that no arm has yet: the method's own, or with a number behind it. */
export function freeName(arms: readonly ArmSetup[], method: MethodName): string {
  const taken = new Set(arms.map(({ name }) => name));
  let name: string = method;
  for (let i = 2; taken.has(name); i++) name = `${method}-${i}`;
  return name;
}

/** The arm with all its knobs: its own before the shared ones before its method's presets, as in experiment files.
 * @throws LabError `invalid-request` naming the knob. */
const armOfSetup = ({ name, method, knobs }: ArmSetup, shared: KnobsSet): Arm =>
  armOf(name, method, { ...shared, ...knobs });

/** Knobs that some method presets: for these a shared value says something even where it is the default. */
const PRESET: ReadonlySet<string> = new Set(
  Object.values(METHODS).flatMap(({ presets }) => Object.keys(presets)),
);

/** Shared knobs that say nothing but the default are left out. A default that goes before a method's preset says
 * something: without it `drawing=random` would leave ISARA to its nearest demonstrations. */
export function withoutDefaults(knobs: KnobsSet): KnobsSet {
  return Object.fromEntries(
    Object.entries(knobs).filter(
      ([name, value]) => isKnobName(name) && (PRESET.has(name) || KNOBS[name].default !== value),
    ),
  );
}

/** An arm that was written with all its knobs, with those alone that its method would have otherwise. */
export function withoutOwn({ name, method, knobs }: ArmSetup): ArmSetup {
  const own = armOfSetup({ name, method, knobs: {} }, {}).knobs;
  const set = Object.entries(knobs).filter(([knob, value]) => isKnobName(knob) && own[knob] !== value);
  return { name, method, knobs: Object.fromEntries(set) };
}

export const isSeed = (seed: number): boolean => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31;

/** What is wrong, by field (SetupView.faults); {} where the setup can run. */
export function setupFaults(setup: Setup, taskIds: readonly string[]): Readonly<Record<string, string>> {
  const faults: Record<string, string> = {};
  const check = (at: string, knobs: KnobsSet) => {
    for (const [name, value] of Object.entries(knobs)) {
      const fault = isKnobName(name) ? knobFault(KNOBS[name], value) : 'is no knob';
      if (fault !== null) faults[at + name] = fault;
    }
  };
  check('', setup.shared);
  for (const { name, knobs } of setup.arms) check(`arm/${name}/`, knobs);
  const { seeds, arms, taskId } = setup;
  if (seeds.length === 0 || seeds.length > MOST_SEEDS) faults.seeds = `must be 1 to ${MOST_SEEDS}`;
  else if (!seeds.every(isSeed)) faults.seeds = 'must be whole numbers from 0';
  else if (new Set(seeds).size < seeds.length) faults.seeds = 'must differ';
  const names = arms.map(({ name }) => name);
  if (arms.length === 0 || arms.length > MOST_ARMS) faults.arms = `must be 1 to ${MOST_ARMS}`;
  else if (names.some((name) => name.trim() === '')) faults.arms = 'must have names';
  else if (names.some((name) => name.length > LONGEST_NAME))
    faults.arms = `must have names of at most ${LONGEST_NAME} characters`;
  else if (new Set(names).size < names.length) faults.arms = 'must have different names';
  if (!taskIds.includes(taskId)) faults.taskId = `is "${taskId}", which is not here`;
  return faults;
}

/** The arms of a setup without faults. @throws LabError `invalid-request` */
export function armsOf({ arms, shared }: Setup): readonly Arm[] {
  if (arms.length === 0) throw new LabError('invalid-request', 'The setup has no arm.');
  return arms.map((arm) => armOfSetup(arm, shared));
}

const modelWord = ({ kind, name }: ModelRef): string => (kind === 'bundled' ? name : `${name} (${kind})`);

/** @param kOf the task's own number of demonstrations, which the knob's 0 stands for; null unknown */
function knobWord(name: KnobName, value: string | number | boolean, k: number | null): string {
  return name === 'demonstrations' && value === 0 && k !== null ? String(k) : knobValueWords(name, value);
}

/** What a shared knob that is not set comes to in the setup's arms. */
function unsetWord(name: KnobName, { arms }: Setup, k: number | null): string {
  const values = new Set(arms.map(({ method }) => methodOf(method).presets[name] ?? KNOBS[name].default));
  const [value = KNOBS[name].default] = values;
  return values.size > 1 ? "each method's own" : knobWord(name, value, k);
}

const SIZE = 'Size';

/** What differs, in the words of the form. */
export function changesBetween(
  before: Setup,
  after: Setup,
  kOf: (taskId: string) => number | null = () => null,
): readonly Change[] {
  const changes: Change[] = [];
  const compare = (what: string, was: string, is: string) => {
    if (was !== is) changes.push({ what, before: was, after: is });
  };
  const knobs = (
    prefix: string,
    was: KnobsSet,
    is: KnobsSet,
    unset: (name: KnobName, setup: Setup) => string,
  ) => {
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      if (!isKnobName(name)) continue;
      const [old, now] = [was[name], is[name]];
      if (old === now) continue;
      const word = (value: string | number | boolean | undefined, setup: Setup) =>
        value === undefined ? unset(name, setup) : knobWord(name, value, kOf(setup.taskId));
      compare(prefix + KNOBS[name].label, word(old, before), word(now, after));
    }
  };
  compare('Model', modelWord(before.model), modelWord(after.model));
  compare('Task', before.taskId, after.taskId);
  compare('Seeds', before.seeds.join(', '), after.seeds.join(', '));
  const names = ({ arms }: Setup) => arms.map(({ name, method }) => armTitle(name, method)).join(', ');
  compare('Arms', names(before), names(after));
  // Between two sizes that have a word, the word says it all.
  const [was, is] = [sizeOf(before), sizeOf(after)];
  const areWords = was !== null && is !== null;
  if (areWords) compare(SIZE, SIZES[was].toLowerCase(), SIZES[is].toLowerCase());
  const sharedOf = areWords ? apartFromSize : ({ shared }: Setup) => shared;
  knobs('', sharedOf(before), sharedOf(after), (name, setup) => unsetWord(name, setup, kOf(setup.taskId)));
  for (const arm of after.arms) {
    const other = before.arms.find(({ name }) => name === arm.name);
    if (other === undefined) continue;
    const title = armTitle(arm.name, arm.method);
    // A name of one's own does not tell whose method it is.
    compare(`${title}: Method`, METHODS[other.method].title, METHODS[arm.method].title);
    knobs(`${title}: `, other.knobs, arm.knobs, () => 'as the others');
  }
  return changes;
}

/** A name for a run: what ran on what, and the first things that differ from the run before. */
export function autoName(setup: Setup, changes: readonly Change[]): string {
  const { arms, taskId, seeds } = setup;
  const [first] = arms;
  const title = first === undefined ? 'Run' : METHODS[first.method].title;
  const many = seeds.length === 1 ? '' : `, ${seeds.length} seeds`;
  const isNew = changes.some(({ what }) => what === SIZE);
  const size = sizeOf(setup);
  const large = size === 'quick' || (size === 'full' && isNew) ? `, ${SIZES[size].toLowerCase()}` : '';
  const shown = changes.filter(({ what }) => !['Task', 'Seeds', SIZE].includes(what)).slice(0, 2);
  // An arm's title before a knob stays as it is written.
  const inside = (what: string) => what.replace(/[^:]*$/u, (label) => label.toLowerCase());
  const differs = shown.map(({ what, after }) => `, ${inside(what)} ${after}`).join('');
  const name = `${title} on ${taskId}${large}${many}${differs}`;
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}
