/**
 * @file A setup as the part of an address behind '#', and back: `v=2&task=topic-8&seeds=1,2&rounds=5&arms=soft,slow:soft&
 * arm.slow.learningRate=0.001`. Only what differs from the defaults of its version stands there, and what goes before a
 * method's preset; what cannot be read is refused by name. An address without a version is of the first.
 */
import { LabError } from '../../core/errors.ts';
import type { KnobName } from '../../words/knobs.ts';
import { KNOBS, isKnobName, knobFault } from '../../words/knobs.ts';
import { isMethodName } from '../../words/methods.ts';
import type { ArmSetup, ModelRef, Setup } from './setup-shape.ts';
import type { Defaults } from './link-versions.ts';
import { NEWEST, VERSIONS, inTodaysWords } from './link-versions.ts';
import { MOST_ARMS, MOST_SEEDS, isSameModel } from './setup-shape.ts';
import { DEFAULT_SETUP, OPENING_SETUP, isSeed, withoutDefaults } from './setup.ts';

type Value = string | number | boolean;

/** The key of the version. */
const VERSION = 'v';

/** Percent-encoded, but for the separators that keep it readable; half a surrogate pair cannot be encoded. */
function encode(text: string): string {
  const whole = text.replace(/[\ud800-\udfff]/gu, '\ufffd');
  return encodeURIComponent(whole).replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%2B/g, '+');
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Inside a list, its separators are encoded once more. */
const encodeName = (name: string): string => name.replace(/[%,:]/g, (c) => encodeURIComponent(c));

function armWord({ name, method }: ArmSetup): string {
  return name === method ? method : `${encodeName(name)}:${method}`;
}

const isDefaultArms = (arms: readonly ArmSetup[]): boolean =>
  arms.map(armWord).join() === DEFAULT_SETUP.arms.map(armWord).join();

/** Without the '#', of the newest version. */
export function setupToHash({ model, taskId, seeds, arms, shared }: Setup): string {
  const pairs: [string, string][] = [[VERSION, String(NEWEST)]];
  if (!isSameModel(model, DEFAULT_SETUP.model)) pairs.push(['model', `${model.kind}:${model.name}`]);
  if (taskId !== DEFAULT_SETUP.taskId) pairs.push(['task', taskId]);
  if (seeds.join() !== DEFAULT_SETUP.seeds.join()) pairs.push(['seeds', seeds.join()]);
  if (!isDefaultArms(arms)) pairs.push(['arms', arms.map(armWord).join()]);
  for (const [name, value] of Object.entries(withoutDefaults(shared))) pairs.push([name, String(value)]);
  for (const { name: arm, knobs } of arms)
    for (const [name, value] of Object.entries(knobs)) pairs.push([`arm.${arm}.${name}`, String(value)]);
  return pairs.map((pair) => pair.map(encode).join('=')).join('&');
}

function readKnob(name: KnobName, text: string): Value | null {
  const knob = KNOBS[name];
  const values: Readonly<Record<typeof knob.kind, () => unknown>> = {
    number: () => (text.trim() === '' ? null : Number(text)),
    auto: () => (text === 'auto' ? text : text.trim() === '' ? null : Number(text)),
    flag: () => ({ true: true, false: false })[text],
    choice: () => text,
    text: () => text,
  };
  const value = values[knob.kind]();
  const isValue = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isValue && knobFault(knob, value) === null ? value : null;
}

function readModel(text: string): ModelRef | null {
  const [kind = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if (name === '') return null;
  // One of picked files stays where it is loaded, and is asked for by name where it is not.
  return kind === 'bundled' || kind === 'hub' || kind === 'picked' ? { kind, name } : null;
}

function readSeeds(text: string): readonly number[] | null {
  const seeds = text.split(',').map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : NaN));
  const areFine = seeds.length <= MOST_SEEDS && seeds.every(isSeed);
  return areFine && new Set(seeds).size === seeds.length ? seeds : null;
}

function readArms(text: string): readonly ArmSetup[] | null {
  const arms: ArmSetup[] = [];
  for (const word of text.split(',')) {
    const [first = '', second] = word.split(':');
    const name = decode(first);
    const method = second ?? first;
    if (name === null || name.trim() === '' || !isMethodName(method)) return null;
    arms.push({ name, method, knobs: {} });
  }
  const names = new Set(arms.map(({ name }) => name));
  return names.size === arms.length && arms.length <= MOST_ARMS ? arms : null;
}

export interface ReadSetup {
  readonly setup: Setup;
  /** What was refused and why, as sentences; the rest stands. */
  readonly refused: readonly string[];
}

/** The keys and values of an address as they stand there; null what cannot be decoded. */
function pairsOf(
  hash: string,
): readonly { readonly said: string; readonly pair: readonly [string, string] | null }[] {
  const said = hash.replace(/^#/, '').split('&');
  return said
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [key, text] = [decode(pair.slice(0, Math.max(0, at))), decode(pair.slice(at + 1))];
      return {
        said: decode(pair) ?? pair,
        pair: at < 0 || key === null || text === null ? null : [key, text],
      };
    });
}

/** @throws LabError `invalid-request` for a version that this page does not know, since what is not said is then unknown */
function defaultsOf(said: readonly string[], versions: readonly Defaults[]): Defaults {
  const [version = '0', ...more] = new Set(said);
  const found = more.length === 0 && /^\d{1,6}$/.test(version) ? versions[Number(version)] : undefined;
  if (found !== undefined) return found;
  const isNewer = more.length === 0 && /^\d+$/.test(version);
  throw new LabError(
    'invalid-request',
    `The address is of version "${said.join('" and "')}", and this page knows versions 0 to ${versions.length - 1}: the setup is left as it was.`,
    {
      remedy: isNewer
        ? 'Reload the page, so that it is the newest, and open the address again.'
        : 'Open the address as it was given to you, with its one v=NUMBER, or with none if it had none.',
    },
  );
}

/** What is expected of the other keys. */
const EXPECTED: Readonly<Record<string, string>> = {
  task: 'a task’s id, of letters, digits, _ and -',
  model: 'bundled:NAME, hub:NAME or picked:NAME',
  seeds: `up to ${MOST_SEEDS} different whole numbers with commas between`,
  arms: `up to ${MOST_ARMS} different methods with commas between, each by its name or as NAME:METHOD`,
};

/** Why a pair of the address was not taken: what is wrong with its value, or that nothing here has such a name. */
function refusal(said: string, pair: readonly [string, string] | null): string {
  if (pair === null)
    return `The address says "${said}", which is no NAME=VALUE that can be read: it was left out.`;
  const [key] = pair;
  const name = /^arm\..*\.(\w+)$/su.exec(key)?.[1] ?? key;
  const wrong = isKnobName(name) ? knobFault(KNOBS[name], null) : null;
  const expected = Object.hasOwn(EXPECTED, key) ? EXPECTED[key] : wrong?.replace('must be ', '');
  return expected === undefined
    ? `The address says "${said}", and the lab has no setting of that name: it was left out.`
    : `The address says "${said}", but ${name} must be ${expected}: it was left out.`;
}

/** @param hash with or without the '#'
 * @throws LabError `invalid-request` for a version that this page does not know */
export function setupFromHash(hash: string, versions: readonly Defaults[] = VERSIONS): ReadSetup {
  const pairs = pairsOf(hash);
  // One that says nothing is the page's own, of today.
  if (pairs.length === 0) return { setup: OPENING_SETUP, refused: [] };
  const then = defaultsOf(
    pairs.flatMap(({ pair }) => (pair?.[0] === VERSION ? [pair[1]] : [])),
    versions,
  );
  let { model, taskId, seeds, arms } = then.setup;
  const shared: Partial<Record<KnobName, Value>> = {};
  const own = new Map<string, Partial<Record<KnobName, Value>>>();
  const refused: string[] = [];

  const accept = <T>(value: T | null, use: (value: T) => void): boolean => {
    if (value !== null) use(value);
    return value !== null;
  };
  /** A knob's text into `into`; false where it does not fit. */
  const take = (into: Partial<Record<KnobName, Value>>, name: KnobName, text: string): boolean => {
    return accept(readKnob(name, text), (value) => (into[name] = value));
  };
  const read = (key: string, text: string): boolean => {
    if (isKnobName(key)) return take(shared, key, text);
    const [, arm = '', name = ''] = /^arm\.(.*)\.(\w+)$/su.exec(key) ?? [];
    if (isKnobName(name)) {
      const knobs = own.get(arm) ?? {};
      own.set(arm, knobs);
      return take(knobs, name, text);
    }
    switch (key) {
      case VERSION:
        return true;
      case 'task':
        return accept(/^[\w-]+$/.test(text) ? text : null, (read) => (taskId = read));
      case 'model':
        return accept(readModel(text), (read) => (model = read));
      case 'seeds':
        return accept(readSeeds(text), (read) => (seeds = read));
      case 'arms':
        return accept(readArms(text), (read) => (arms = read));
      default:
        return false;
    }
  };

  for (const { said, pair } of pairs) {
    if (pair === null || !read(...pair)) refused.push(refusal(said, pair));
  }
  const withOwn = (arm: ArmSetup): ArmSetup => ({ ...arm, knobs: own.get(arm.name) ?? {} });
  for (const name of own.keys())
    if (!arms.some((arm) => arm.name === name))
      refused.push(`The address sets knobs of "${name}", no arm of it.`);
  const setup = inTodaysWords({ model, taskId, seeds, arms: arms.map(withOwn), shared }, then);
  return { setup: { ...setup, shared: withoutDefaults(setup.shared) }, refused };
}
