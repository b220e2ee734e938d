/** @file Addresses have a version: a link runs what it ran when it was written, whatever the lab's defaults become. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { KNOBS, isKnobName } from '../../src/words/knobs.ts';
import { METHODS, isMethodName } from '../../src/words/methods.ts';
import type { Defaults } from '../../src/store/setup/link-versions.ts';
import { NEWEST, VERSIONS, presetsOf } from '../../src/store/setup/link-versions.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import { setupFromHash, setupToHash } from '../../src/store/setup/setup-url.ts';
import { DEFAULT_SETUP, OPENING_SETUP, armsOf } from '../../src/store/setup/setup.ts';
import { playAddress } from '../../src/words/recorded.ts';
import { readAddress } from '../../src/ui/shell/address.ts';
import { fakeLab } from './store-fakes.ts';

interface Recorded {
  /** Of every arm, where it says nothing else. */
  readonly knobs: Readonly<Record<string, unknown>>;
  readonly links: readonly {
    readonly from: string;
    readonly hash: string;
    readonly model: unknown;
    readonly task: string;
    readonly seeds: readonly number[];
    readonly arms: readonly { readonly name: string; readonly method: string; readonly knobs: object }[];
  }[];
}
const isRecorded = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'links' in value && 'knobs' in value;
const recorded: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/links-0.json', import.meta.url), 'utf8'),
);
if (!isRecorded(recorded)) throw new Error('links-0.json is another file');

const WHAT_TO_DO =
  'A default changed: add what is now otherwise to CHANGES in src/store/setup/link-versions.ts (its head says how), and leave what stands there.';

describe('what addresses leave unsaid', () => {
  it('is, in the newest version, what the lab does today', () => {
    const newest = VERSIONS[NEWEST];
    const defaults = Object.fromEntries(Object.entries(KNOBS).map(([name, knob]) => [name, knob.default]));
    const named = Object.entries(METHODS).filter(([name]) => Object.hasOwn(newest?.presets ?? {}, name));
    const presets = Object.fromEntries(named.map(([name, method]) => [name, method.presets]));
    expect(named.length).toBeGreaterThan(10);
    const { shared, ...setup } = DEFAULT_SETUP;
    expect(newest?.knobs, WHAT_TO_DO).toEqual(defaults);
    expect(newest?.presets, WHAT_TO_DO).toEqual(presets);
    expect(newest?.setup, WHAT_TO_DO).toEqual(setup);
    expect(shared).toEqual({});
  });

  // Recorded with the lab of before addresses had versions.
  it.each(recorded.links)('is what it was when $from was written', ({ hash, model, task, seeds, arms }) => {
    // One that says nothing is no link but the page itself.
    for (const address of hash === '' ? ['v=0'] : [hash, `${hash}&v=0`]) {
      const { setup, refused } = setupFromHash(address);
      expect(refused).toEqual([]);
      expect(setup).toMatchObject({ model, taskId: task, seeds });
      const plans = armsOf(setup);
      expect(plans).toMatchObject(
        arms.map((arm) => ({ ...arm, knobs: { ...recorded.knobs, ...arm.knobs } })),
      );
      // The link that the page makes of it says the same in its own version.
      expect(setupToHash(setup)).toMatch(new RegExp(`^v=${NEWEST}(&|$)`));
      expect(armsOf(setupFromHash(setupToHash(setup)).setup)).toEqual(plans);
    }
  });
});

it('an address that says nothing opens the page as it is today', () => {
  for (const hash of ['', '#', '&'])
    expect(setupFromHash(hash)).toEqual({ setup: OPENING_SETUP, refused: [] });
});

/** A version of another lab. */
const otherVersion = (
  changes: Partial<Defaults['knobs']>,
  presets: Partial<Defaults['presets']>,
): Defaults => {
  const [first] = VERSIONS;
  if (first === undefined) throw new Error('no version');
  return { ...first, knobs: { ...first.knobs, ...changes }, presets: { ...first.presets, ...presets } };
};

describe('a link of other defaults', () => {
  it('says in today’s words what it left unsaid, and stays what it said', () => {
    const then = otherVersion(
      { rounds: 5, template: 'one-shot', learningRate: 'auto' },
      { 'soft+': { acrossRounds: 'hard-first' } },
    );
    const setupOf = (hash: string) => setupFromHash(hash, [then]).setup;
    expect(setupOf('arms=soft').shared).toEqual({ rounds: 5, template: 'one-shot' });
    // What is today's default and was said is said.
    expect(setupOf('arms=soft&rounds=3').shared).toEqual({ template: 'one-shot' });
    // A preset is the arm's: an experiment's link, say, whose method is made otherwise later.
    expect(setupOf('arms=soft+,soft')).toMatchObject({
      arms: [{ knobs: { acrossRounds: 'hard-first' } }, { knobs: { acrossRounds: 'random' } }],
    });
    expect(setupOf('arms=soft+').shared.acrossRounds).toBe('hard-first');
    expect(setupOf('arms=soft+&acrossRounds=random').shared.acrossRounds).toBe('random');
  });

  it('runs the arms that it ran then, whatever the defaults were, and so does the link of today that is made of it', () => {
    const names = Object.keys(KNOBS).filter(isKnobName);
    const methods = Object.keys(METHODS).filter(isMethodName);
    const [NUMBERS, CHOICES] = [
      ['rounds', 'epochs', 'r'] as const,
      ['drawing', 'prompts', 'acrossRounds'] as const,
    ];
    const values = fc.record(
      {
        ...Object.fromEntries(NUMBERS.map((name) => [name, fc.integer({ min: 1, max: 5 })])),
        ...Object.fromEntries(CHOICES.map((name) => [name, fc.constantFrom(...KNOBS[name].options)])),
      },
      { requiredKeys: [] },
    );
    const arm = fc.record({ method: fc.constantFrom(...methods), knobs: values });
    const arms = fc.uniqueArray(arm, { minLength: 1, maxLength: 4, selector: ({ method }) => method });
    const presets = fc.record(Object.fromEntries(methods.map((method) => [method, values])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(values, presets, arms, values, (defaults, given, wanted, shared) => {
        const then = otherVersion(defaults, given);
        const words = (prefix: string, knobs: object) =>
          Object.entries(knobs).map(([name, value]) => `${prefix}${name}=${String(value)}`);
        const hash = [
          `arms=${wanted.map(({ method }) => method).join()}`,
          ...words('', shared),
          ...wanted.flatMap(({ method, knobs }) => words(`arm.${method}.`, knobs)),
        ].join('&');
        const { setup, refused } = setupFromHash(hash, [then]);
        expect(refused).toEqual([]);
        const meant = wanted.map(({ method, knobs }) =>
          Object.fromEntries(
            Object.entries({ ...then.knobs, ...presetsOf(then, method), ...shared, ...knobs }).filter(
              ([name]) => names.some((known) => known === name),
            ),
          ),
        );
        expect(armsOf(setup).map(({ knobs }) => knobs)).toEqual(meant);
        expect(armsOf(setupFromHash(setupToHash(setup)).setup)).toEqual(armsOf(setup));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a version that the page does not know', () => {
  it.each([
    ['a newer one', `v=${NEWEST + 1}&rounds=9`, 'Reload'],
    ['no number', 'v=abc&rounds=9', 'as it was given'],
    ['a negative one', 'rounds=9&v=-1', 'as it was given'],
    ['an empty one', 'v=&rounds=9', 'as it was given'],
    ['two', 'v=0&rounds=9&v=1', 'as it was given'],
  ])('is refused whole, with what to do: %s', async (_name, hash, remedy) => {
    expect(() => setupFromHash(hash)).toThrow(LabError);
    const fake = fakeLab();
    await fake.lab.open('arms=soft&rounds=4');
    const before: Setup = fake.state().setup.setup;
    fake.lab.actions.applyHash(hash);
    expect(fake.state().setup.setup).toBe(before);
    const [fault] = fake.state().faults;
    expect(fault?.what).toContain('version');
    expect(fault?.remedy).toContain(remedy);
  });
});

describe('an address without a setup', () => {
  it('is the page as it opens where there is none, and an old link of the default where there is a view', async () => {
    expect(readAddress('')).toEqual({ view: 'run', setup: null });
    expect(readAddress('#')).toEqual({ view: 'run', setup: null });
    expect(readAddress(`#${playAddress('gemma-3-270m-sst2')}`)).toEqual({
      ...{ view: 'run', setup: null, play: 'gemma-3-270m-sst2' },
    });
    expect(readAddress('#/run?play=nobody')).toEqual({ view: 'run', setup: 'play=nobody' });
    expect(readAddress('#/run')).toEqual({ view: 'run', setup: '' });
    expect(readAddress('#/')).toEqual({ view: 'run', setup: '' });
    // One that the page does not have is told by name, and its setup read all the same.
    expect(readAddress('#/nowhere?v=1&rounds=2')).toEqual({
      ...{ view: 'run', unknown: 'nowhere', setup: 'v=1&rounds=2' },
    });
    expect(readAddress('#/samples?v=1&rounds=2')).toEqual({ view: 'samples', setup: 'v=1&rounds=2' });
    const fake = fakeLab();
    await fake.lab.open(null);
    expect(fake.state().setup.hash).toBe(setupToHash(OPENING_SETUP));
  });
});
