/** @file What stands under the charts: a run's settings, and what its arms are set to watch. */
import { expect, it } from 'vitest';
import { chipsOf } from '../../src/ui/words/setup-chips.ts';
import { watchedBy } from '../../src/ui/run/small-multiples.tsx';
import { armOf } from '../../src/words/plan.ts';
import { round, runOf } from './ui-run.ts';

it('what all arms are set to is said once, the rest with their names', () => {
  const { setup } = runOf('a', { 1: [round(0, {})] });
  const both = { promptsPerRound: 24, learningRate: 0.001 };
  const arms = [
    { name: 'soft', method: 'soft', knobs: { ...both, epochs: 2 } },
    { name: 'frozen-teacher', method: 'frozen-teacher', knobs: both },
  ] as const;
  expect(chipsOf({ ...setup, arms })).toEqual([
    'Prompts per round 24',
    'Learning rate 0.001',
    'SOFT: Epochs 2',
  ]);
  expect(chipsOf({ ...setup, arms: arms.slice(0, 1) })).toEqual([
    'Prompts per round 24',
    'Learning rate 0.001',
    'Epochs 2',
  ]);
});

it('only what an arm asks for is watched', () => {
  const titles = (set: Readonly<Record<string, unknown>>): readonly string[] => {
    const run = runOf('a', { 1: [round(0, {})] });
    const cells = run.cells.map((cell) => ({ ...cell, arm: armOf('soft', 'soft', set) }));
    return watchedBy({ cells }).map(({ title }) => title);
  };
  expect(titles({})).toContain('Teacher on the probe');
  expect(titles({})).not.toContain('Wrong labels mended');
  expect(titles({ probeItems: 0, trainedItems: 8 })).not.toContain('Teacher on the probe');
  expect(titles({ probeItems: 0, trainedItems: 8 })).toContain('Wrong labels mended');
  expect(watchedBy(null).map(({ title }) => title)).toEqual(titles({}));
});
