/** The arms of a run take turns round by round: in the page, gone on with, and when it is played. */
import { beforeAll, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { FakeLab, MemoryVault } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

const ARMS = 'soft,frozen-teacher,single-round';
const setupOf = (arms: string, seeds = '1,2') => `${SMALL}&arms=${arms}&seeds=${seeds}`;

async function open(hash: string, vault?: MemoryVault): Promise<FakeLab> {
  const fake = fakeLab(vault);
  await fake.lab.open(hash);
  expect(fake.state().faults).toEqual([]);
  return fake;
}
const ended = ({ until }: FakeLab, status = 'done') => until(({ run }) => run?.status === status);
async function finished(hash: string): Promise<FakeLab> {
  const fake = await open(hash);
  fake.lab.actions.run();
  await ended(fake);
  return fake;
}
/** Without the times. */
const outcomeOf = ({ state }: FakeLab) =>
  new Map(
    state().run?.cells.map(({ key, state: { rounds, end, ranking } }) => [
      key,
      { rounds: rounds.map((round) => ({ ...round })), end, ranking },
    ]),
  );
/** Cell and round of every round that was closed, in order. */
const closed = ({ vault }: FakeLab) =>
  [...vault.told].flatMap(([key, event]) =>
    event.type === 'round-ended' ? [`${key.split(' ')[1] ?? ''} ${event.round}`] : [],
  );

let whole: FakeLab;
beforeAll(async () => {
  whole = await finished(setupOf(ARMS));
});

describe('the arms of a run', () => {
  it('take turns: each has a round before any has the next, seed after seed', () => {
    const bySeed = (seed: number) => [
      ...[`soft/${seed} 0`, `frozen-teacher/${seed} 0`, `single-round/${seed} 0`],
      ...[`soft/${seed} 1`, `frozen-teacher/${seed} 1`],
      // It has one training, at the end.
      ...[`soft/${seed} 2`, `frozen-teacher/${seed} 2`, `single-round/${seed} 2`],
    ];
    expect(closed(whole)).toEqual([...bySeed(1), ...bySeed(2)]);
  });

  it.each(['single-round,frozen-teacher,soft', 'frozen-teacher,soft,single-round'])(
    'come to the same in the order %s',
    async (arms) => {
      const other = outcomeOf(await finished(setupOf(arms)));
      expect(other).toEqual(outcomeOf(whole));
    },
  );

  it('come to what each comes to alone', async () => {
    for (const arm of ARMS.split(',')) {
      const alone = outcomeOf(await finished(setupOf(arm, '1')));
      expect(alone.get(`${arm}/1`)).toEqual(outcomeOf(whole).get(`${arm}/1`));
    }
  });

  it('go on after any event where they were, to the same', async () => {
    const [record] = whole.vault.stored.values();
    if (record === undefined) throw new Error('there is no run');
    const task = await whole.vault.task(record.taskKey);
    if (task === null) throw new Error('there is no task');
    for (let events = 1; events < whole.vault.told.size; events += 4) {
      const { vault } = fakeLab();
      vault.stored.set(record.id, { ...record, status: 'running', scores: {} });
      for (const [key, event] of [...whole.vault.told].slice(0, events)) vault.told.set(key, event);
      await vault.saveTask({ key: record.taskKey, task, isListed: false });
      const fake = await open(setupOf(ARMS), vault);
      await fake.lab.actions.continueInterrupted();
      await ended(fake);
      expect(outcomeOf(fake)).toEqual(outcomeOf(whole));
      expect([...vault.told.keys()]).toEqual([...whole.vault.told.keys()]);
    }
  });

  it('that wait for their turn come to rest with the run, and go on with it', async () => {
    const fake = await open(setupOf(ARMS, '1'));
    const { actions } = fake.lab;
    for (const key of ['soft/1', 'frozen-teacher/1', 'single-round/1', 'soft/1']) {
      actions.stepRound();
      await fake.until(
        ({ run }) =>
          run?.status === 'paused' &&
          run.current === key &&
          run.cells.every((cell) => cell.activity === null || cell.key === key),
      );
    }
    const statuses = () => fake.state().run?.cells.map((cell) => cell.status);
    expect(statuses()).toEqual(['paused', 'waiting', 'waiting']);
    actions.stop();
    await ended(fake, 'stopped');
    expect(statuses()).toEqual(['stopped', 'stopped', 'stopped']);
    actions.resume();
    await ended(fake);
    const alone = [...outcomeOf(whole)].filter(([key]) => key.endsWith('/1'));
    expect([...outcomeOf(fake)]).toEqual(alone);
  });

  it('stop with one that fails, which alone is said to have failed, and go on', async () => {
    const fake = await open(setupOf(ARMS, '1'));
    const { actions } = fake.lab;
    actions.stepRound();
    await ended(fake, 'paused');
    fake.services.failNext = new LabError('device-lost', 'The GPU is gone.');
    actions.resume();
    const { run } = await ended(fake, 'failed');
    expect(run?.cells.map(({ status, fault }) => [status, fault?.code])).toEqual([
      ['failed', 'device-lost'],
      ['stopped', undefined],
      ['stopped', undefined],
    ]);
    actions.resume();
    const { run: done } = await ended(fake);
    expect(done?.cells.map(({ status, fault }) => [status, fault])).toEqual(Array(3).fill(['done', null]));
  });

  it('are played in turns, and whoever waits is said to wait', async () => {
    const { actions } = whole.lab;
    const id = whole.state().runs[0]?.id ?? '';
    await actions.playRun(id);
    actions.setReplay({ isPlaying: false });
    const { length } = whole.state().run?.replay ?? { length: 0 };
    expect(length).toBe(whole.vault.told.size);
    const currents: string[] = [];
    for (let position = 0; position < length; position++) {
      actions.setReplay({ position });
      const run = whole.state().run;
      const [first, second] = (run?.cells ?? []).map(({ state }) =>
        state.rounds.filter(({ end }) => end !== null),
      );
      expect((first?.length ?? 0) - (second?.length ?? 0)).toBeGreaterThanOrEqual(0);
      expect((first?.length ?? 0) - (second?.length ?? 0)).toBeLessThanOrEqual(1);
      const others = run?.cells.filter(({ key, state }) => key !== run.current && state.end === null) ?? [];
      expect(others.every(({ status }) => status === 'waiting')).toBe(true);
      if (run?.current != null && run.current !== currents.at(-1)) currents.push(run.current);
    }
    expect(currents.slice(0, 5)).toEqual([
      'soft/1',
      'frozen-teacher/1',
      'single-round/1',
      'soft/1',
      'frozen-teacher/1',
    ]);
  });
});
