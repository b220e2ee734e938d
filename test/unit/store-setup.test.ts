import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOBS } from '../../src/words/knobs.ts';
import type { Knob, KnobName } from '../../src/words/knobs.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { METHODS, isMethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { KnobsSet } from '../../src/words/knobs-set.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import { setupFromHash, setupToHash } from '../../src/store/setup/setup-url.ts';
import {
  DEFAULT_SETUP,
  OPENING_SETUP,
  armsOf,
  armsOfMethod,
  autoName,
  changesBetween,
  setupFaults,
  withSize,
  withoutDefaults,
} from '../../src/store/setup/setup.ts';
import { QUICK, apartFromSize, sizeOf } from '../../src/store/setup/size.ts';

const names = Object.keys(KNOBS).filter((name): name is KnobName => Object.hasOwn(KNOBS, name));
const methods = Object.keys(METHODS).filter(isMethodName);

function valueOf(knob: Knob): fc.Arbitrary<string | number | boolean> {
  switch (knob.kind) {
    case 'number':
      return knob.isWhole
        ? fc.integer({ min: knob.min, max: knob.max })
        : fc.double({ min: knob.min, max: knob.max, noNaN: true });
    case 'auto':
      return fc.oneof(fc.constant('auto'), fc.double({ min: knob.min, max: knob.max, noNaN: true }));
    case 'choice':
      return fc.constantFrom(...knob.options);
    case 'flag':
      return fc.boolean();
    case 'text':
      return fc.string({ unit: 'binary' });
  }
}

const knobsSet: fc.Arbitrary<KnobsSet> = fc
  .uniqueArray(fc.constantFrom(...names), { maxLength: 6 })
  .chain((chosen) => fc.tuple(...chosen.map((name) => fc.tuple(fc.constant(name), valueOf(KNOBS[name])))))
  .map((pairs) => Object.fromEntries(pairs));

const arm = fc.record({
  name: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((name) => name.trim() !== ''),
  method: fc.constantFrom(...methods),
  knobs: knobsSet,
});

const setups: fc.Arbitrary<Setup> = fc.record({
  model: fc.oneof(
    fc.constant(DEFAULT_SETUP.model),
    fc.record({ kind: fc.constantFrom('hub', 'picked'), name: fc.constantFrom('a/b', 'a:b/c d', 'x%2Cy') }),
  ),
  taskId: fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  seeds: fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 20 }),
  arms: fc.uniqueArray(arm, { minLength: 1, maxLength: 12, selector: ({ name }) => name }),
  shared: knobsSet.map(withoutDefaults),
});

/** -0 and 0 are the same number to a person and to the lab. */
const plain = (setup: Setup): unknown => JSON.parse(JSON.stringify(setup));

describe('a setup in the address', () => {
  it('comes back as it was, whatever it is', () => {
    fc.assert(
      fc.property(setups, (setup) => {
        const { setup: read, refused } = setupFromHash(`#${setupToHash(setup)}`);
        expect(refused).toEqual([]);
        expect(plain(read)).toEqual(plain(setup));
      }),
      { numRuns: 300 },
    );
  });

  /** The default and, where there is one, a value on either side of it. */
  const valuesOf = (knob: Knob): readonly (string | number | boolean)[] => {
    switch (knob.kind) {
      case 'number':
      case 'auto':
        return [...new Set([knob.default, knob.min, knob.max])];
      case 'choice':
        return knob.options;
      case 'flag':
        return [true, false];
      case 'text':
        return [knob.default, 'v_proj', ''];
    }
  };
  const everyCase = methods.flatMap((method) =>
    names.flatMap((name) => valuesOf(KNOBS[name]).map((value) => ({ method, name, value }))),
  );
  const readBack = (setup: Setup) => {
    const { setup: read, refused } = setupFromHash(setupToHash(setup));
    expect(refused).toEqual([]);
    return armsOf(read);
  };

  it('runs the same arms, for every knob, every value and every method, shared or an arm’s own', () => {
    for (const { method, name, value } of everyCase) {
      const wanted = [armOf(method, method, { [name]: value })];
      const arms = [{ name: method, method, knobs: {} }];
      const shared = withoutDefaults({ [name]: value });
      expect(armsOf({ ...DEFAULT_SETUP, arms, shared }), `${method} ${name}`).toEqual(wanted);
      expect(readBack({ ...DEFAULT_SETUP, arms, shared }), `${method} ${name}`).toEqual(wanted);
      const own = [{ name: method, method, knobs: { [name]: value } }];
      expect(readBack({ ...DEFAULT_SETUP, arms: own }), `${method} ${name}`).toEqual(wanted);
    }
  });

  it('has a shared knob go before a preset, also where it is the default', () => {
    const [isara] = armsOf(setupFromHash('arms=isara&drawing=random').setup);
    expect(isara?.knobs.drawing).toBe('random');
    const [reuse] = armsOf(setupFromHash('arms=reuse&prompts=fresh&drawing=random').setup);
    expect(reuse?.knobs).toMatchObject({ prompts: 'fresh', drawing: 'random' });
  });

  it('means what it meant where it was written before: no shared knob there stands at its default', () => {
    const knobsOf = (hash: string) => armsOf(setupFromHash(hash).setup).map(({ knobs }) => knobs);
    expect(knobsOf('arms=isara,soft&rounds=5')).toMatchObject([
      { drawing: 'retrieved', rounds: 5 },
      { drawing: 'random', rounds: 5 },
    ]);
    expect(knobsOf('arms=soft+,reuse')).toMatchObject([
      { acrossRounds: 'easy-first' },
      { prompts: 'reused', drawing: 'fixed' },
    ]);
    // A default by hand, which no method presets, is no difference.
    expect(setupFromHash('v=2&rounds=3').setup).toEqual(DEFAULT_SETUP);
  });

  it('is its version alone for the default, and holds only what differs', () => {
    expect(setupToHash(DEFAULT_SETUP)).toBe('v=2');
    const setup: Setup = {
      ...DEFAULT_SETUP,
      ...{ taskId: 'topic-8', seeds: [1, 2], shared: { rounds: 5 } },
      arms: [
        { name: 'soft+', method: 'soft+', knobs: {} },
        { name: 'slow', method: 'soft', knobs: { learningRate: 0.001 } },
      ],
    };
    expect(setupToHash(setup)).toBe(
      'v=2&task=topic-8&seeds=1,2&arms=soft+,slow:soft&rounds=5&arm.slow.learningRate=0.001',
    );
  });

  it.each([
    ['an unknown key', 'roundz=5'],
    ['a value out of range', 'rounds=0'],
    ['half a number', 'rounds=5x'],
    ['no number at all', 'rounds='],
    ['a key alone', 'rounds'],
    ['an unknown method', 'arms=soft,softer'],
    ['two arms of one name', 'arms=a:soft,a:gold'],
    ['seeds that repeat', 'seeds=1,1'],
    ['a seed beyond those that draw', 'seeds=2147483648'],
    ['a model from nowhere', 'model=found:mine'],
    ['a flag of another word', 'balanced=yes'],
    ['bytes that are no text', 'preamble=%ff'],
    ['knobs of an arm that is not there', 'arm.nobody.rounds=2'],
  ])('refuses %s, names it, and keeps the rest', (_what, bad) => {
    const { setup, refused } = setupFromHash(`v=2&task=topic-8&${bad}`);
    expect(refused).toHaveLength(1);
    expect(setup).toEqual({ ...DEFAULT_SETUP, taskId: 'topic-8' });
  });
});

describe('what an address is refused for', () => {
  it.each([
    ['rounds=40', '"rounds=40", but rounds must be a whole number from 1 to 20'],
    ['arm.soft.rounds=40', '"arm.soft.rounds=40", but rounds must be a whole number from 1 to 20'],
    ['balanced=yes', 'but balanced must be true or false'],
    ['drawing=near', 'but drawing must be one of random, fixed, retrieved'],
    ['arms=soft,softer', 'but arms must be up to'],
    ['seeds=1,1', 'but seeds must be up to'],
    ['roundz=5', 'has no setting of that name'],
    ['rounds', 'no NAME=VALUE that can be read'],
    ['preamble=%ff', 'no NAME=VALUE that can be read'],
  ])('%s: what is expected there', (bad, words) => {
    expect(setupFromHash(`v=2&${bad}`).refused.join()).toContain(words);
  });
});

describe('a setup', () => {
  it('says what is wrong where', () => {
    const setup: Setup = {
      ...DEFAULT_SETUP,
      ...{ taskId: 'gone', seeds: [1, 1], shared: { rounds: 0.5 } },
      arms: [
        { name: 'a', method: 'soft', knobs: { batchSize: 0 } },
        { name: 'a', method: 'gold', knobs: {} },
      ],
    };
    expect(Object.keys(setupFaults(setup, ['two-cue-topic'])).sort()).toEqual([
      'arm/a/batchSize',
      'arms',
      'rounds',
      'seeds',
      'taskId',
    ]);
    expect(setupFaults(DEFAULT_SETUP, ['two-cue-topic'])).toEqual({});
  });

  it('tells its differences in the words of the form', () => {
    const after: Setup = { ...DEFAULT_SETUP, shared: { demonstrations: 8, balanced: true } };
    expect(changesBetween(DEFAULT_SETUP, after, () => 4)).toEqual([
      { what: 'Demonstrations k', before: '4', after: '8' },
      { what: 'Balanced parts', before: 'off', after: 'on' },
    ]);
    expect(changesBetween(after, after)).toEqual([]);
    const isara: Setup = { ...DEFAULT_SETUP, arms: [{ name: 'isara', method: 'isara', knobs: {} }] };
    expect(changesBetween(isara, { ...isara, shared: { drawing: 'random' } })).toEqual([
      { what: 'How they are drawn', before: 'retrieved', after: 'random' },
    ]);
  });

  it('tells arms by their titles, and whose method an arm with a name of its own has now', () => {
    const noisy: Setup['arms'] = [
      { name: 'soft[labelNoise=0.1]', method: 'soft', knobs: { labelNoise: 0.1 } },
      { name: 'mine', method: 'soft', knobs: {} },
    ];
    const before: Setup = { ...DEFAULT_SETUP, arms: noisy };
    expect(changesBetween({ ...before, arms: armsOfMethod('soft', 'quick') }, before)).toEqual([
      { what: 'Arms', before: 'SOFT, frozen teacher', after: 'SOFT, label noise 0.1, mine' },
    ]);
    const after: Setup = {
      ...before,
      arms: [
        { name: 'soft[labelNoise=0.1]', method: 'soft', knobs: { labelNoise: 0.1, rounds: 5 } },
        { name: 'mine', method: 'frozen-teacher', knobs: {} },
      ],
    };
    const changes = changesBetween(before, after);
    expect(changes).toEqual([
      { what: 'SOFT, label noise 0.1: Rounds', before: 'as the others', after: '5' },
      { what: 'mine: Method', before: 'SOFT', after: 'frozen teacher' },
    ]);
    expect(autoName(after, changes.slice(0, 1))).toBe(
      'SOFT on two-cue-topic, SOFT, label noise 0.1: rounds 5',
    );
  });

  it('names a run by what it is and what is new', () => {
    const after: Setup = { ...DEFAULT_SETUP, shared: { rounds: 5 } };
    expect(autoName(after, changesBetween(DEFAULT_SETUP, after))).toBe('SOFT on two-cue-topic, rounds 5');
  });
});

describe('the size of a run', () => {
  it('with which the page opens is a quick look: a method and its first control, told by its settings in the address', () => {
    expect(sizeOf(OPENING_SETUP)).toBe('quick');
    expect(OPENING_SETUP.arms.map(({ name }) => name)).toEqual(['soft', 'frozen-teacher']);
    expect(armsOf(OPENING_SETUP).map(({ knobs }) => knobs)).toMatchObject([QUICK, QUICK]);
    const hash = setupToHash(OPENING_SETUP);
    expect(setupFromHash(hash)).toEqual({ setup: OPENING_SETUP, refused: [] });
    for (const name of Object.keys(QUICK)) expect(hash).toContain(`${name}=`);
  });

  it('is one seed of the study that quick looks are held against, but for what decides nothing', () => {
    const study = parseExperiment(JSON.parse(readFileSync('experiments/soft-vs-frozen.json', 'utf8')));
    expect(study.tasks).toContain(OPENING_SETUP.taskId);
    for (const { name, knobs } of armsOf(OPENING_SETUP)) {
      const { validationItems, probeItems } = QUICK;
      const own = study.arms.find((one) => one.name === name);
      expect({ ...own?.knobs, validationItems, probeItems }).toEqual(knobs);
    }
  });

  it('is full where nothing of it is set, and of one’s own where some of it is', () => {
    expect(sizeOf(DEFAULT_SETUP)).toBe('full');
    expect(sizeOf({ shared: { rounds: 5 } })).toBe('full');
    expect(sizeOf({ shared: { ...QUICK, rounds: 5 } })).toBe('quick');
    expect(sizeOf({ shared: { ...QUICK, testItems: 100 } })).toBeNull();
    expect(sizeOf({ shared: { probeItems: QUICK.probeItems } })).toBeNull();
    for (const shared of [{ ...QUICK, rounds: 5 }, { rounds: 5 }])
      expect(apartFromSize({ shared })).toEqual({ rounds: 5 });
    expect(apartFromSize({ shared: { testItems: 100, rounds: 5 } })).toEqual({ testItems: 100, rounds: 5 });
  });

  it('goes to full size and back without a trace, whatever else is set', () => {
    expect(withSize(OPENING_SETUP, 'full')).toEqual(DEFAULT_SETUP);
    fc.assert(
      fc.property(setups, (setup) => {
        const quick = withSize(setup, 'quick');
        const full = withSize(quick, 'full');
        expect([sizeOf(quick), sizeOf(full)]).toEqual(['quick', 'full']);
        expect(withSize(full, 'quick')).toEqual(quick);
        expect(withSize(withSize(full, 'quick'), 'full')).toEqual(full);
        expect(apartFromSize(quick)).toEqual(apartFromSize(full));
        expect({ ...full, arms: [], shared: {} }).toEqual({ ...setup, arms: [], shared: {} });
      }),
    );
  });

  it('leaves arms that were chosen one by one', () => {
    const arms = [...armsOfMethod('soft', 'quick'), ...armsOfMethod('gold')];
    expect(withSize({ ...OPENING_SETUP, arms }, 'full').arms).toEqual(arms);
    const own = armsOfMethod('soft', 'quick').map((one) => ({ ...one, knobs: { rounds: 2 } }));
    expect(withSize({ ...OPENING_SETUP, arms: own }, 'full').arms).toEqual(own);
  });

  it('is one difference and one word in a name', () => {
    const full = withSize(OPENING_SETUP, 'full');
    const [size, arms, ...others] = changesBetween(full, { ...OPENING_SETUP, arms: full.arms });
    expect([size, arms, others]).toEqual([
      { what: 'Size', before: 'full size', after: 'quick look' },
      undefined,
      [],
    ]);
    expect(autoName(OPENING_SETUP, [])).toBe('SOFT on two-cue-topic, quick look');
    expect(autoName(full, [{ what: 'Size', before: 'quick look', after: 'full size' }])).toBe(
      'SOFT on two-cue-topic, full size',
    );
    const own = { ...OPENING_SETUP, shared: { ...QUICK, testItems: 100 } };
    expect(changesBetween(OPENING_SETUP, own)).toEqual([{ what: 'Test items', before: '256', after: '100' }]);
  });
});
