/** @file What a run suggests next is read off the table of methods. */
import { describe, expect, it } from 'vitest';
import type { LabActions } from '../../src/store/lab-model.ts';
import { METHODS, METHOD_NAMES, controlsOf } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { nextThings } from '../../src/ui/run/next-things.ts';
import { outcomeOf } from '../../src/ui/run/outcome.ts';
import { fakeLab } from './store-fakes.ts';
import { KEYS, round, runOf, tested } from './ui-run.ts';

/** Titles of what is suggested after a run of these methods, and the methods that following each leads to. */
function after(...methods: readonly (keyof typeof METHODS)[]) {
  const rounds = [0, 1].map((number) => round(number, { evaluations: [tested(KEYS)] }));
  const run = runOf('a', { 1: rounds });
  const [one] = run.cells;
  const cells = one === undefined ? [] : methods.map((name) => ({ ...one, arm: armOf(name, name) }));
  const outcome = outcomeOf(run);
  if (outcome === null) throw new Error('the run has no outcome');
  return nextThings({ ...run, cells }, outcome, ['toy']).map(({ title, why, apply }) => {
    const { actions } = fakeLab().lab;
    const led: string[] = [];
    const spied: LabActions = {
      ...actions,
      addArm: (method) => void led.push(`with ${method}`),
      chooseMethod: (method) => void led.push(method),
    };
    apply(spied);
    return { title, why, led };
  });
}

describe('what to try next', () => {
  it('after SOFT is the pool’s own labels, and the method that adds to it', () => {
    expect(after('soft')).toMatchObject([
      { title: '5 seeds' },
      { title: 'Add the pool’s own labels', led: ['with pool-sft'] },
      { title: 'SOFT+', why: METHODS['soft+'].help, led: ['soft+'] },
    ]);
  });

  it('is not the pool’s own labels where an arm trains on them already, whatever it is called', () => {
    for (const arm of ['pool-sft', 'seed-sft'] as const)
      expect(after('soft', arm).map(({ title }) => title)).not.toContain('Add the pool’s own labels');
  });

  it.each(METHOD_NAMES)('after %s is a method only where that is its first control', (name) => {
    const methods = after(name, 'pool-sft').flatMap(({ led }) => led);
    for (const next of METHOD_NAMES.filter((other) => methods.includes(other)))
      expect(controlsOf(next)[0]).toBe(name);
  });
});
