/** @file Arms with names of their own are said by their method and by what sets them apart from the plain one. */
import { expect, it } from 'vitest';
import type { ArmSetup } from '../../src/store/setup/setup-shape.ts';
import { ownArmsWords } from '../../src/ui/words/own-arms.ts';

const MIXED = { template: 'mixed', demonstrationsKept: 3, testItems: 64 } as const;
const plain: readonly ArmSetup[] = [
  { name: 'soft', method: 'soft', knobs: { demonstrations: 8 } },
  { name: 'frozen-teacher', method: 'frozen-teacher', knobs: { demonstrations: 8 } },
];

it('says together what is the same of several, and nothing of how they are scored', () => {
  const arms: readonly ArmSetup[] = [
    ...plain,
    { name: 'soft-mixed', method: 'soft', knobs: { demonstrations: 8, ...MIXED } },
    { name: 'frozen-mixed', method: 'frozen-teacher', knobs: { demonstrations: 8, ...MIXED } },
  ];
  expect(ownArmsWords({ arms, shared: {} })).toEqual([
    'soft-mixed and frozen-mixed: as SOFT and frozen teacher, but 50% of the training prompts keep up to 3 demonstrations.',
  ]);
});

it('says knobs by their own words, against the method itself where its plain arm does not run', () => {
  const slow: ArmSetup = { name: 'slow', method: 'soft', knobs: { learningRate: 0.0001 } };
  expect(ownArmsWords({ arms: [slow], shared: {} })).toEqual(['slow: as SOFT, but learning rate 0.0001.']);
});

it('says nothing of arms that are called after their method or by a grid', () => {
  const grid: ArmSetup = { name: 'soft[labelNoise=0.1]', method: 'soft', knobs: { labelNoise: 0.1 } };
  expect(ownArmsWords({ arms: [...plain, grid], shared: {} })).toEqual([]);
});
