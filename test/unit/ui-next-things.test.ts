/** @file What a run suggests next is read off the table of methods. */
import { describe, expect, it } from 'vitest';
import { METHODS, METHOD_NAMES, controlsOf } from '../../src/words/methods.ts';
import { QUICK } from '../../src/store/setup/size.ts';
import type { KnobsSet } from '../../src/words/knobs-set.ts';
import { armOf } from '../../src/words/plan.ts';
import { nextThings, withSeeds } from '../../src/ui/run/next-things.ts';
import { outcomeOf } from '../../src/ui/run/outcome.ts';
import { KEYS, round, runOf, tested } from './ui-run.ts';

/** Titles of what is suggested after a run of these methods, and the methods that following each leads to. */
function after(...methods: readonly (keyof typeof METHODS)[]) {
  return afterRun({}, ...methods);
}
/** @param shared settings of the run */
function afterRun(shared: KnobsSet, ...methods: readonly (keyof typeof METHODS)[]) {
  const rounds = [0, 1].map((number) => round(number, { evaluations: [tested(KEYS)] }));
  const made = runOf('a', { 1: rounds });
  const run = { ...made, setup: { ...made.setup, shared } };
  const [one] = run.cells;
  const cells = one === undefined ? [] : methods.map((name) => ({ ...one, arm: armOf(name, name) }));
  const outcome = outcomeOf(run);
  if (outcome === null) throw new Error('the run has no outcome');
  const before = run.setup;
  return nextThings({ ...run, cells }, outcome, ['toy']).map(({ title, why, setup }) => ({
    ...{ title, why, setup },
    led: setup.arms.map(({ method }) => method).filter((method, i) => before.arms[i]?.method !== method),
  }));
}

describe('what to try next', () => {
  it('after SOFT is the pool’s own labels, and the method that adds to it', () => {
    expect(after('soft')).toMatchObject([
      { title: '5 seeds' },
      { title: 'Add the pool’s own labels', led: ['pool-sft'] },
      {
        title: 'SOFT+',
        why: METHODS['soft+'].help,
        setup: { arms: [{ method: 'soft+' }, ...controlsOf('soft+').map((method) => ({ method }))] },
      },
    ]);
  });

  it('with more seeds keeps those that it has', () => {
    const { setup } = runOf('a', { 7: [], 3: [] });
    expect(withSeeds({ ...setup, seeds: [7, 3] }, 5).seeds).toEqual([7, 3, 8, 9, 10]);
    expect(withSeeds({ ...setup, seeds: [7, 3] }, 1).seeds).toEqual([7, 3]);
  });

  it('after a quick look is full size, and a method follows as quickly', () => {
    const quick = afterRun(QUICK, 'soft');
    expect(quick.map(({ title }) => title).slice(0, 2)).toEqual(['5 seeds', 'Full size']);
    expect(quick[1]?.setup.shared).toEqual({});
    expect(after('soft').map(({ title }) => title)).not.toContain('Full size');
    const next = afterRun(QUICK, 'soft', 'pool-sft').find(({ title }) => title === METHODS['soft+'].title);
    expect(next?.setup).toMatchObject({ shared: QUICK, arms: [{ method: 'soft+' }, { method: 'soft' }] });
    expect(next?.setup.arms).toHaveLength(2);
  });

  it('is not the pool’s own labels where an arm trains on them already, whatever it is called', () => {
    for (const arm of ['pool-sft', 'seed-sft'] as const)
      expect(after('soft', arm).map(({ title }) => title)).not.toContain('Add the pool’s own labels');
  });

  it.each(METHOD_NAMES)('after %s is a method only where that is its first control', (name) => {
    const methods = after(name, 'pool-sft').flatMap(({ title, setup }) =>
      setup.arms.slice(0, 1).flatMap(({ method }) => (METHODS[method].title === title ? [method] : [])),
    );
    for (const next of METHOD_NAMES.filter((other) => methods.includes(other)))
      expect(controlsOf(next)[0]).toBe(name);
  });
});
