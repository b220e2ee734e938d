/** Runs that came to rest before their end: all of them can be gone on with, to the results of a run that was not. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { describeFiles } from '../../src/core/source.ts';
import { bytesOf } from '../../src/store/runs/archive.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import type { FakeLab, MemoryVault } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

const ONE_ARM = `${SMALL}&arms=soft`;

let fake: FakeLab;
const actions = () => fake.lab.actions;
const open = async (vault?: MemoryVault) => {
  fake = fakeLab(vault);
  await fake.lab.open(ONE_ARM);
  expect(fake.state().faults).toEqual([]);
};
const status = (wanted: string) => fake.until(({ run }) => run?.status === wanted);
const outcomeOf = ({ state }: FakeLab) =>
  state().run?.cells.map(({ key, state: { rounds, end, ranking } }) => ({
    ...{ key, end, ranking },
    rounds: rounds.map(({ samples, evaluations, adapter, curve }) => ({
      samples,
      evaluations,
      adapter,
      curve,
    })),
  }));
const outcome = () => outcomeOf(fake);
const idOf = (i: number) => fake.state().runs[i]?.id ?? '';
/** Begins a run and leaves it in its middle: the page goes away. */
const leave = async () => {
  actions().reset();
  await fake.until(({ run }) => run === null);
  actions().stepRound();
  await fake.until(({ run }) => run?.status === 'paused' && run.cells[0]?.state.rounds[0]?.end != null);
};
const storedOf = (vault: MemoryVault, id: string) => vault.stored.get(id);

/** A run that nothing disturbed, as it stands on its disk. */
let whole: FakeLab;
beforeAll(async () => {
  await open();
  actions().run();
  await status('done');
  await actions().renameRun(idOf(0), 'whole');
  whole = fake;
});

beforeEach(() => open());

/** A disk with the run's first events, as a page leaves it that is killed there. */
function cutAfter(events: number): MemoryVault {
  const { vault } = fakeLab();
  const [record] = whole.vault.stored.values();
  if (record === undefined) throw new Error('there is no run');
  vault.stored.set(record.id, { ...record, status: 'running', scores: {} });
  for (const [key, event] of [...whole.vault.told].slice(0, events)) vault.told.set(key, event);
  return vault;
}

const withTask = async (vault: MemoryVault) => {
  const [record] = whole.vault.stored.values();
  const task = await whole.vault.task(record?.taskKey ?? '');
  if (task !== null) await vault.saveTask({ key: record?.taskKey ?? '', task, isListed: false });
};

describe('a run that was left in its middle', () => {
  it('goes on after any event to the same results', async () => {
    const count = whole.vault.told.size;
    expect(count).toBeGreaterThan(10);
    for (let events = 0; events < count; events += 3) {
      const vault = cutAfter(events);
      await withTask(vault);
      await open(vault);
      expect(fake.state().interrupted).toMatchObject({ status: 'interrupted' });
      await actions().continueRun(idOf(0));
      await status('done');
      expect(outcome()).toEqual(outcomeOf(whole));
      expect([...vault.told.keys()]).toEqual([...whole.vault.told.keys()]);
    }
  });

  it('whose events have all come is done: it is not offered, and the disk says so', async () => {
    const vault = cutAfter(Infinity);
    await withTask(vault);
    await open(vault);
    expect(fake.state().interrupted).toBeNull();
    expect(fake.state().runs).toMatchObject([{ status: 'done' }]);
    await expect.poll(() => storedOf(vault, idOf(0))?.status).toBe('done');
    await actions().openRun(idOf(0));
    expect(fake.state().run).toMatchObject({ kind: 'stored', status: 'done' });
  });

  it('is one of several: the newest is offered, all stay interrupted when it is put off, and go on later', async () => {
    await leave();
    await leave();
    const { vault } = fake;
    // The second page of the two went away too.
    for (const [id, run] of vault.stored) vault.stored.set(id, { ...run, status: 'paused' });
    await open(vault);
    const [newest, other] = [idOf(0), idOf(1)];
    expect(fake.state().runs.map((run) => run.status)).toEqual(['interrupted', 'interrupted']);
    expect(fake.state().interrupted?.id).toBe(newest);
    actions().dismissInterrupted();
    await expect.poll(() => storedOf(vault, other)?.status).toBe('interrupted');
    await open(vault);
    expect(fake.state().interrupted).toBeNull();
    expect(fake.state().runs.map((run) => run.status)).toEqual(['interrupted', 'interrupted']);
    for (const id of [other, newest]) {
      await actions().openRun(id);
      expect(fake.state().run?.status).toBe('interrupted');
      actions().resume();
      await fake.until(({ run }) => run?.id === id && run.status === 'done');
      expect(outcome()).toEqual(outcomeOf(whole));
    }
    expect(fake.state().runs.map((run) => run.status)).toEqual(['done', 'done']);
  });

  it('has the bytes of the events that are there', async () => {
    await leave();
    const { vault } = fake;
    const sum = [...vault.told.values()].reduce((total, event) => total + bytesOf(event), 0);
    expect(sum).toBeGreaterThan(0);
    expect(storedOf(vault, idOf(0))?.bytes).toBe(sum);
    await open(vault);
    expect(fake.state().runs[0]?.bytes).toBe(sum);
  });
});

describe('a run whose worker died', () => {
  it('goes on where it was, in this page and after a reload', async () => {
    fake.services.failNext = new LabError('worker-died', 'The browser ended the worker.');
    actions().run();
    const { run } = await status('failed');
    expect(run?.cells[0]?.fault).toMatchObject({ code: 'worker-died' });
    const { vault } = fake;
    actions().resume();
    await status('done');
    expect(outcome()).toEqual(outcomeOf(whole));

    // This page would find all of the same run computed.
    await open(vault);
    fake.services.failNext = new LabError('worker-died', 'The browser ended the worker.');
    actions().run();
    await status('failed');
    await open(vault);
    expect(fake.state().interrupted).toBeNull();
    expect(fake.state().runs[0]?.status).toBe('failed');
    await actions().continueRun(idOf(0));
    await status('done');
    expect(outcome()).toEqual(outcomeOf(whole));
  });
});

describe('a run from a file', () => {
  const fileOf = async () => {
    await leave();
    const file = await actions().exportRun(idOf(0));
    if (file === null) throw new Error('it was not exported');
    expect(readRunFile(file.bytes, 'it').status).toBe('paused');
    return file.bytes;
  };

  it('that says it is under way is interrupted, and goes on', async () => {
    const bytes = await fileOf();
    await open();
    await actions().importRun(describeFiles([new File([bytes], 'it')]));
    expect(fake.state().runs).toMatchObject([{ status: 'interrupted', isImported: true }]);
    await expect.poll(() => storedOf(fake.vault, idOf(0))?.status).toBe('interrupted');
    await actions().continueRun(idOf(0));
    await status('done');
    expect(outcome()).toEqual(outcomeOf(whole));
  });

  it('says what is missing where its model is not loaded, and stays interrupted', async () => {
    const bytes = await fileOf();
    fake = fakeLab();
    fake.services.sha256 = 'another';
    await fake.lab.open(ONE_ARM);
    await actions().importRun(describeFiles([new File([bytes], 'it')]));
    await actions().continueRun(idOf(0));
    const [fault] = fake.state().faults;
    expect(fault?.what).toMatch(/was made with nano .*, the loaded model is nano /);
    expect(fault?.remedy).toBe('Load the bundled model nano first (Data & models), or start a new run.');
    expect(fake.state().runs[0]?.status).toBe('interrupted');
    // Nothing holds it: with its model it goes on.
    fake.services.sha256 = 'aa';
    await actions().loadFiles({ kind: 'url', url: 'other' }, 'nano');
    await actions().continueRun(idOf(0));
    await status('done');
    expect(outcome()).toEqual(outcomeOf(whole));
  });

  it('is stopped where it was put off: the word of the page stays in the page', async () => {
    await leave();
    await open(fake.vault);
    actions().dismissInterrupted();
    const file = await actions().exportRun(idOf(0));
    expect(readRunFile(file?.bytes ?? new Uint8Array(), 'it').status).toBe('stopped');
  });
});

describe('a run whose disk is cleared in its middle', () => {
  it('is written again whole, and said so; it opens in another page', async () => {
    await leave();
    const { vault } = fake;
    const id = idOf(0);
    vault.stored.clear();
    vault.told.clear();
    actions().resume();
    await status('done');
    await expect.poll(() => storedOf(vault, id)?.status).toBe('done');
    expect(
      fake
        .state()
        .notices.map(({ text }) => text)
        .join(),
    ).toContain('storage was cleared while');
    expect(fake.state().faults).toEqual([]);
    await open(vault);
    await actions().openRun(id);
    expect(outcome()).toEqual(outcomeOf(whole));
    expect(storedOf(vault, id)).toMatchObject({ bytes: fake.state().runs[0]?.bytes });
  });

  it('after its end says that it is gone, and leaves the list', async () => {
    actions().run();
    await status('done');
    const id = idOf(0);
    actions().reset();
    await fake.until(({ run }) => run === null);
    fake.vault.stored.clear();
    await actions().openRun(id);
    expect(fake.state().faults).toMatchObject([{ code: 'source-unreadable' }]);
    expect(fake.state().faults[0]?.what).toContain('is not in this browser any more');
    expect(fake.state().runs).toEqual([]);
  });
});

describe('a run that cannot be kept', () => {
  it('is named for as long as it is so, can be saved as a file meanwhile, and is kept when that is possible again', async () => {
    await leave();
    fake.vault.failure = new LabError(
      'storage-unavailable',
      'The browser’s storage has not answered for 30 s.',
    );
    actions().resume();
    await status('done');
    await fake.until(({ unkept }) => unkept.length > 0);
    const id = idOf(0);
    expect(fake.state().unkept).toEqual([id]);
    expect(fake.state().faults.map(({ code }) => code)).toEqual(['storage-unavailable']);
    // Off the page it is still there whole.
    actions().reset();
    await fake.until(({ run }) => run === null);
    const file = await actions().exportRun(id);
    const told = readRunFile(file?.bytes ?? new Uint8Array(), 'it').events.get('soft/1');
    expect(told?.at(-1)?.type).toBe('ended');
    fake.vault.failure = null;
    await fake.until(({ unkept }) => unkept.length === 0);
    expect(storedOf(fake.vault, id)?.status).toBe('done');
    expect((await fake.vault.events(id)).get('soft/1')).toEqual(told);
  });
});

describe('a list of runs that cannot be read at first', () => {
  it('is told once and read when the storage answers', async () => {
    await leave();
    const { vault } = fake;
    const refusal = new LabError('storage-unavailable', 'The browser’s storage has not answered for 20 s.');
    let isSilent = true;
    const silent: MemoryVault = {
      ...vault,
      runs: () => (isSilent ? Promise.reject(refusal) : vault.runs()),
    };
    fake = fakeLab(silent);
    await fake.lab.open(ONE_ARM);
    expect(fake.state().faults.map(({ what }) => what)).toEqual([refusal.what]);
    expect([fake.state().runs, fake.state().model.status]).toEqual([[], 'ready']);
    isSilent = false;
    const { runs, faults } = await fake.until(({ interrupted }) => interrupted !== null);
    expect(runs).toHaveLength(1);
    expect(faults).toHaveLength(1);
  });
});
