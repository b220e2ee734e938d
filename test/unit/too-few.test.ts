/** @file A task too small for a setup is told before anything runs, with the sizes that fit. */
import { describe, expect, it } from 'vitest';
import { armsOf } from '../../src/store/setup/setup.ts';
import { tooFew } from '../../src/store/setup/too-few.ts';
import { canBegin, canCheck } from '../../src/ui/run/can-begin.ts';
import { nowSentence } from '../../src/ui/words/now.ts';
import { sizesWords } from '../../src/ui/words/sizes.ts';
import { idleStations } from '../../src/ui/run/loop/station-view.ts';
import { fakeTask } from './fake-ports.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

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

describe('the sizes of a setup', () => {
  it('are those that the task has, with no time of what cannot run', async () => {
    const fake = fakeLab();
    await fake.lab.open('v=2&task=colours&arms=soft,frozen-teacher&rounds=2&promptsPerRound=8&testItems=256');
    const lab = await fake.until(({ setup }) => setup.predictedSeconds !== null);
    const { actions } = fake.lab;
    expect(sizesWords(lab)).toMatch(
      /^Sizes of your own: 16 test items, 16 prompts for each of 2 arms; about \d+ s on this machine\.$/,
    );
    expect(actions.priceOf(lab.setup.setup).seconds).not.toBeNull();
    actions.setKnob('promptsPerRound', 64);
    expect(sizesWords(fake.state())).toBe(
      'Sizes of your own: 16 test items; more prompts than the task has.',
    );
    expect(actions.priceOf(fake.state().setup.setup).seconds).toBeNull();
  });

  it('come without a time beside a run that goes on, which tells its own, and with it again after', async () => {
    const fake = fakeLab();
    await fake.lab.open(`v=2&${SMALL}&arms=soft`);
    await fake.until(({ setup }) => setup.predictedSeconds !== null);
    fake.lab.actions.run();
    const during = await fake.until(({ run }) => run?.status === 'running');
    expect(sizesWords(during)).toBe('Sizes of your own: 16 test items, 16 prompts.');
    const after = await fake.until(({ run }) => run?.status === 'done');
    expect(sizesWords(after)).toMatch(/; about \d+ s on this machine\.$/);
  });
});

describe('a task that is not here', () => {
  it('is named with its own remedy, stays in the setup, and takes nothing from the arms', async () => {
    const fake = fakeLab();
    await fake.lab.open('v=2&task=tickets&rounds=5');
    const lab = fake.state();
    expect(lab.tasks.fault).toMatchObject({
      what: 'The setup needs the task “tickets”, which is not here.',
      remedy: 'Import it under that name, or choose another task.',
    });
    expect([lab.setup.setup.taskId, lab.setup.arms[0]?.knobs.rounds]).toEqual(['tickets', 5]);
    expect([canBegin(lab), canCheck(lab), sizesWords(lab)]).toEqual([false, false, '']);
    expect(lab.setup.arms.map(({ knobs }) => idleStations(knobs, null).length)).toEqual([6, 6, 6]);
    const { definition, splits } = fakeTask();
    await fake.lab.actions.addTask({ definition: { ...definition, id: 'tickets' }, splits });
    expect(fake.state()).toMatchObject({ tasks: { fault: null }, setup: { faults: {} } });
    expect(canCheck(fake.state())).toBe(true);
  });
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
