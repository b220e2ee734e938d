import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOBS } from '../../src/core/knobs.ts';
import type { Knob, KnobName } from '../../src/core/knobs.ts';
import { METHODS, isMethodName } from '../../src/core/methods.ts';
import type { KnobsSet, Setup } from '../../src/store/lab-model.ts';
import { setupFromHash, setupToHash } from '../../src/store/setup-url.ts';
import {
  DEFAULT_SETUP,
  autoName,
  changesBetween,
  setupFaults,
  withoutDefaults,
} from '../../src/store/setup.ts';

const names = Object.keys(KNOBS).filter((name): name is KnobName => Object.hasOwn(KNOBS, name));
const methods = Object.keys(METHODS).filter(isMethodName);

function valueOf(knob: Knob): fc.Arbitrary<string | number | boolean> {
  switch (knob.kind) {
    case 'number':
      return knob.isWhole
        ? fc.integer({ min: knob.min, max: knob.max })
        : fc.double({ min: knob.min, max: knob.max, noNaN: true });
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
    fc.record({ kind: fc.constant('hub' as const), name: fc.constantFrom('a/b', 'a:b/c d', 'x%2Cy') }),
  ),
  taskId: fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  seeds: fc.uniqueArray(fc.integer({ min: 0, max: 999_999_999 }), { minLength: 1, maxLength: 20 }),
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

  it('is empty for the default, and holds only what differs', () => {
    expect(setupToHash(DEFAULT_SETUP)).toBe('');
    const setup: Setup = {
      ...DEFAULT_SETUP,
      ...{ taskId: 'topic-8', seeds: [1, 2], shared: { rounds: 5 } },
      arms: [
        { name: 'soft+', method: 'soft+', knobs: {} },
        { name: 'slow', method: 'soft', knobs: { learningRate: 0.001 } },
      ],
    };
    expect(setupToHash(setup)).toBe(
      'task=topic-8&seeds=1,2&arms=soft+,slow:soft&rounds=5&arm.slow.learningRate=0.001',
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
    ['a model of files that are not here', 'model=picked:mine'],
    ['a flag of another word', 'balanced=yes'],
    ['bytes that are no text', 'preamble=%ff'],
    ['knobs of an arm that is not there', 'arm.nobody.rounds=2'],
  ])('refuses %s, names it, and keeps the rest', (_what, bad) => {
    const { setup, refused } = setupFromHash(`task=topic-8&${bad}`);
    expect(refused).toHaveLength(1);
    expect(setup).toEqual({ ...DEFAULT_SETUP, taskId: 'topic-8' });
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
  });

  it('names a run by what it is and what is new', () => {
    const after: Setup = { ...DEFAULT_SETUP, shared: { rounds: 5 } };
    expect(autoName(after, changesBetween(DEFAULT_SETUP, after))).toBe('SOFT on two-cue-topic, rounds 5');
  });
});
