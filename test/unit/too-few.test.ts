/** @file A task too small for a setup is told before anything runs, with the sizes that fit. */
import { expect, it } from 'vitest';
import { armsOf } from '../../src/store/setup/setup.ts';
import { tooFew } from '../../src/store/setup/too-few.ts';
import { canBegin, canCheck } from '../../src/ui/run/can-begin.ts';
import { nowSentence } from '../../src/ui/words/now.ts';
import { fakeTask } from './fake-ports.ts';
import { fakeLab } from './store-fakes.ts';

/** The page as it is with this setup and a loaded model, its task of so many prompts. */
async function labOf(setup: string, prompts: number) {
  const fake = fakeLab();
  await fake.lab.open(setup);
  const state = fake.state();
  const task = fakeTask({ prompts });
  return {
    ...{ ...state, tasks: { ...state.tasks, task }, model: { ...state.model, status: 'ready' as const } },
    setup: { ...state.setup, arms: armsOf(state.setup.setup) },
  };
}

it('says what is there, what is needed and what fits; looking beforehand is not barred', async () => {
  const lab = await labOf('v=2&arms=soft,pool-sft&rounds=3&promptsPerRound=8', 20);
  expect(tooFew(lab)).toEqual({
    ...{ task: 'colours', there: 20, needed: 24, promptsPerRound: 8 },
  });
  expect([canBegin(lab), canCheck(lab)]).toEqual([false, true]);
  expect(nowSentence(lab)).toBe('colours has 20 prompts, and this setup needs 24: choose a size that fits.');
});

it('says nothing where they are enough, or nobody labels any', async () => {
  const enough = await labOf('v=2&arms=soft&rounds=3&promptsPerRound=8', 24);
  expect([tooFew(enough), canBegin(enough)]).toEqual([null, true]);
  expect(nowSentence(enough)).toMatch(/^Ready\./);
  expect(tooFew(await labOf('v=2&arms=pool-sft&rounds=3&promptsPerRound=8', 2))).toBeNull();
});

it.each([
  ['soft', /labels 8 prompts of colours, trains on its own answers, and labels the next 8: 3 rounds\./],
  ['frozen-teacher', /labels 8 prompts .*, and the base labels the next 8: 3 rounds\./],
  [
    'isara',
    /writes questions like those in colours's pool, answers them, trains on both, and writes the next: 3/,
  ],
  ['isara-single', /writes questions like those in colours's pool, answers them and trains on both, once\.$/],
  ['gold', /is trained on the hidden key's labels of 8 prompts of colours, then of the next 8: 3 rounds\./],
])('says before Run what %s does, and nothing that it does not', async (method, words) => {
  const lab = await labOf(`v=2&arms=${method}&rounds=3&promptsPerRound=8`, 64);
  expect(nowSentence(lab)).toMatch(words);
});
