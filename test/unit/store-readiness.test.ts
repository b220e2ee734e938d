/** @file A look beforehand through the store: what it finds, when its word is stale, and each remedy's press. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Looks } from '../../src/store/readiness/readiness-state.ts';
import { changedSince } from '../../src/store/readiness/stale.ts';
import { fakeTask } from './fake-ports.ts';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab, fakeServices } from './store-fakes.ts';

let fake: FakeLab;
const look = (ask: (looks: Looks) => Promise<void> | void) => fake.lab.actions.beforehand(ask);
const view = () => {
  const { readiness } = fake.state();
  if (readiness === null) throw new Error('Nobody has looked.');
  return readiness;
};
const changed = () => changedSince(view().of, fake.state());

beforeEach(async () => {
  fake = fakeLab();
  await fake.lab.open(`${SMALL}&arms=soft`);
});

describe('a place on the map', () => {
  it('is asked under eight draws of demonstrations, apart from the look beforehand', async () => {
    await look((looks) => looks.findPlace());
    const { place, readiness } = fake.state();
    expect(readiness).toBeNull();
    expect(place).toMatchObject({ isAsking: false, fault: null, share: 1, found: { rows: 32 } });
    const { systematic = NaN, varying = NaN, accuracy = NaN } = place?.found?.shares ?? {};
    expect(systematic).toBeGreaterThanOrEqual(0);
    expect(accuracy).toBeLessThanOrEqual(1 - systematic + varying);
    expect(place?.of).toMatchObject({ arm: { name: 'soft' }, seed: fake.state().setup.setup.seeds[0] });
  });

  it('moves by the labels that the arm makes wrong on purpose', async () => {
    await look((looks) => looks.findPlace());
    const before = fake.state().place?.found?.shares;
    fake.lab.actions.setKnob('labelNoise', 0.4);
    fake.lab.actions.setKnob('noiseKind', 'instance');
    await look((looks) => looks.findPlace());
    const after = fake.state().place?.found?.shares;
    expect(after?.varying).toBe(before?.varying);
    expect(after?.systematic).toBeCloseTo(0.4 + 0.6 * (before?.systematic ?? NaN), 9);
  });

  it('that is called off is none, and no fault', async () => {
    const asked = look((looks) => looks.findPlace());
    await fake.until(({ place }) => place !== null);
    await look((looks) => {
      looks.stopChecking();
    });
    await asked;
    expect(fake.state().place).toMatchObject({ isAsking: false, found: null, fault: null });
    expect(fake.state().faults).toEqual([]);
  });
});

describe('a look beforehand', () => {
  it('asks rows of the chosen task as the first arm would, none of the test, and says a word', async () => {
    await look((looks) => looks.checkFirst());
    const { found, work, fault, share } = view();
    expect([work, fault]).toEqual([null, null]);
    expect(share).toBeGreaterThan(0);
    expect(found?.reasons).toEqual([]);
    expect(found?.word).toBe('ready');
    expect(found?.shares['few-shot'].items).toBe(42);
    const ids = found?.sample.answers['few-shot'].map(({ id }) => id) ?? [];
    expect(ids.some((id) => id.startsWith('test'))).toBe(false);
    expect(found?.sample.prompts).toMatchObject({ needed: 16, fit: 60 });
  });

  it('is stale when the setup, the task or the model is another, and says which', async () => {
    await look((looks) => looks.checkFirst());
    expect(changed()).toEqual([]);
    fake.lab.actions.setKnob('rounds', 1);
    expect(changed()).toEqual(['the setup']);
    fake.lab.actions.setKnob('rounds', 2);
    expect(changed()).toEqual([]);
    const task = fakeTask();
    await fake.lab.actions.addTask({ ...task, definition: { ...task.definition, id: 'own' } });
    expect(changed()).toEqual(['the task']);
    fake.services.sha256 = 'bb';
    await fake.lab.actions.loadFiles({ kind: 'url', url: 'http://localhost/other/' }, 'other');
    expect(changed()).toEqual(['the model', 'the task']);
  });

  it('can be called off: what it has found stands, and nothing is a fault', async () => {
    // From the third request on nothing comes until it is called off.
    const services = fakeServices();
    const { generate } = services.inference;
    let requests = 0;
    const stuck: typeof generate = async function* (request, options) {
      requests++;
      if (requests > 2) {
        await new Promise<void>((resolve) => {
          options?.signal?.addEventListener('abort', () => {
            resolve();
          });
        });
      }
      yield* generate(request, options);
    };
    fake = fakeLab(undefined, {}, { ...services, inference: { ...services.inference, generate: stuck } });
    await fake.lab.open(`${SMALL}&arms=soft`);
    const asked = look((looks) => looks.checkFirst());
    await fake.until(({ readiness }) => readiness?.found != null);
    await look((looks) => {
      looks.stopChecking();
    });
    await asked;
    expect(view()).toMatchObject({ work: null, fault: null });
    expect(view().found?.shares['few-shot'].items).toBe(4);
    expect(fake.state().faults).toEqual([]);
    await look((looks) => {
      looks.closeCheck();
    });
    expect(fake.state().readiness).toBeNull();
  });

  it('gives way to a run', async () => {
    const asked = look((looks) => looks.checkFirst());
    await fake.until(({ readiness }) => readiness !== null);
    fake.lab.actions.run();
    await asked;
    expect(view().work).toBeNull();
    await fake.until(({ run }) => run?.status === 'done');
  });

  it('tells with itself what it could not do', async () => {
    const task = fakeTask();
    const splits = { ...task.splits, pool: [] };
    await fake.lab.actions.addTask({ definition: { ...task.definition, id: 'poolless' }, splits });
    await look((looks) => looks.checkFirst());
    expect(view()).toMatchObject({ work: null, found: null, fault: { code: 'invalid-request' } });
    expect(fake.state().faults).toEqual([]);
  });
});

describe('a remedy', () => {
  it('of knobs goes into the setup, into the arm’s own where it has one, and is looked at', async () => {
    await fake.lab.open('task=colours&arms=soft&rounds=9&promptsPerRound=16');
    await look((looks) => looks.checkFirst());
    const [reason] = view().found?.reasons ?? [];
    expect([view().found?.word, reason?.code]).toEqual(['not ready', 'sizes']);
    const [sizes] = reason?.remedies ?? [];
    if (sizes === undefined) throw new Error('There is no remedy.');
    await look((looks) => looks.applyRemedy(sizes));
    expect(fake.state().setup.arms[0]?.knobs).toMatchObject({ rounds: 9, promptsPerRound: 6 });
    expect(view().found?.word).toBe('ready');
    expect(changed()).toEqual([]);

    fake.lab.actions.setArmKnob('soft', 'decoding', 'sampled');
    const constrain = { kind: 'knobs', words: '', set: { decoding: 'constrained' } } as const;
    await look((looks) => looks.applyRemedy(constrain));
    expect(fake.state().setup.setup.arms[0]?.knobs).toEqual({ decoding: 'constrained' });
    expect(fake.state().setup.arms[0]?.knobs.decoding).toBe('constrained');
  });

  it('of labels makes a task of its own, in all splits, keeps and chooses it; the task stays', async () => {
    await look((looks) => looks.checkFirst());
    const names = { red: 'fruit', green: 'plant', blue: 'air' };
    await look((looks) => looks.renameLabels(names));
    const { tasks, setup } = fake.state();
    expect(setup.setup.taskId).toBe('colours-renamed');
    expect(tasks.task?.definition).toMatchObject({
      ...{ labels: ['fruit', 'plant', 'air'], role: 'imported' },
      description: 'Which colour? (colours with labels renamed: red as fruit, green as plant, blue as air.)',
    });
    const outputs = Object.values(tasks.task?.splits ?? {}).flatMap((rows) =>
      rows.map(({ output }) => output),
    );
    expect(new Set(outputs)).toEqual(new Set(['fruit', 'plant', 'air']));
    expect((await fake.vault.listedTasks()).map(({ task }) => task.definition.id)).toEqual([
      'colours-renamed',
    ]);
    expect(tasks.cards.map(({ definition }) => definition.id)).toEqual(['colours', 'colours-renamed']);
    expect(view().of.task).toBe(tasks.task);
    // Again: no task is replaced.
    await look((looks) => looks.renameLabels({ fruit: 'red', plant: 'green', air: 'blue' }));
    expect(fake.state().setup.setup.taskId).toBe('colours-renamed-2');
  });

  it('of a template makes a task with it', async () => {
    const template = 'Thing: {input}\nColour is:';
    await look((looks) => looks.applyRemedy({ kind: 'template', words: '', template }));
    expect(fake.state().tasks.task?.definition).toMatchObject({ id: 'colours-reworded', template });
  });

  it('of more rows asks as many', async () => {
    await look((looks) => looks.applyRemedy({ kind: 'rows', words: '', rows: 20 }));
    expect(view().found?.shares['few-shot'].items).toBe(20);
  });
});

describe('the prompt doctor', () => {
  it('beside the word that stands: its progress, its finding, and the press that keeps a winner', async () => {
    await look((looks) => looks.checkFirst());
    const notes: string[] = [];
    const stop = fake.lab.store.subscribe(({ readiness }) => {
      if (readiness?.work === 'templates' && readiness.note !== '') notes.push(readiness.note);
    });
    await look((looks) => looks.tryTemplates());
    stop();
    expect(notes.at(-1)).toMatch(/^\d+ of at most \d+ answers/);
    expect(view().found?.word).toBe('ready');
    const { choice } = view();
    // The toy answers behind "Thing:" alone: no other template is better.
    expect([choice?.winner, choice?.tried[0]?.name]).toEqual([null, 'own']);
    await look((looks) => looks.takeWinner());
    expect(fake.state().setup.setup.taskId).toBe('colours');
  });

  it('keeps a template in a task that says what it was chosen on, and a chat in the setup', async () => {
    await look((looks) => looks.tryTemplates());
    const { readiness } = fake.state();
    const choice = readiness?.choice;
    if (readiness === null || choice == null) throw new Error('It found nothing.');
    const put = (winner: typeof choice.winner) => {
      fake.lab.store.setState({ readiness: { ...readiness, choice: { ...choice, winner } } });
    };
    const { template } = fakeTask().definition;
    put({ name: 'own, chat', template, chat: 'turns' });
    await look((looks) => looks.takeWinner());
    expect(fake.state().setup.arms[0]?.knobs.chat).toBe('turns');
    expect(fake.state().setup.setup.taskId).toBe('colours');
    put({ name: 'other', template: 'Text: {input}\nLabel:', chat: 'off' });
    await look((looks) => looks.takeWinner());
    expect(fake.state().tasks.task?.definition).toMatchObject({
      ...{ id: 'colours-reworded', template: 'Text: {input}\nLabel:' },
      description: expect.stringMatching(/chosen on labels of \d+ of validation, \d+ of pool/) as string,
    });
  });
});

it('rows that fit are counted by split', async () => {
  const task = fakeTask();
  const long = { id: 'long', input: 'x'.repeat(5000), output: 'red' };
  const splits = { ...task.splits, test: [...task.splits.test, long] };
  let found: unknown = null;
  await look(async (looks) => {
    found = await looks.countFitting({ ...task, splits });
  });
  expect(found).toMatchObject({
    ...{ positions: 4096, isPart: false },
    splits: [{ split: 'pool', rows: 20, fit: 20 }, {}, {}, {}, { split: 'test', rows: 17, fit: 16 }],
  });
});
