/** Two windows of one browser: what one computes, the other leaves alone, and sees when it ends. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';
import type { Windows } from './fake-windows.ts';
import { settled, windows } from './fake-windows.ts';

const ONE_ARM = `${SMALL}&arms=soft`;

let all: Windows;
const open = async (owner: string): Promise<FakeLab> => {
  const fake = fakeLab(undefined, { vault: all.open(owner) });
  await fake.lab.open(ONE_ARM);
  expect(fake.state().faults).toEqual([]);
  return fake;
};
const card = ({ state }: FakeLab) => state().runs[0];
const idOf = (fake: FakeLab) => card(fake)?.id ?? '';
const outcome = ({ state }: FakeLab) =>
  state().run?.cells.map(({ key, state: { rounds, end } }) => ({
    ...{ key, end },
    rounds: rounds.map(({ samples, evaluations, adapter }) => ({ samples, evaluations, adapter })),
  }));
const ended = ({ until }: FakeLab) => until(({ run }) => run?.status === 'done');
/** Begins a run and pauses it in its middle. */
const begin = async ({ lab, until }: FakeLab) => {
  lab.actions.stepRound();
  await until(({ run }) => run?.status === 'paused' && run.cells[0]?.state.rounds[0]?.end != null);
};
/** Of a run that nothing disturbed. */
async function undisturbed() {
  vi.stubGlobal('indexedDB', new IDBFactory());
  const alone = fakeLab();
  await alone.lab.open(ONE_ARM);
  alone.lab.actions.run();
  await ended(alone);
  return outcome(alone);
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('navigator', {});
});

describe.each(['locks', 'no locks'] as const)('two windows, with %s: a run that one computes', (how) => {
  let first: FakeLab;
  let second: FakeLab;
  beforeEach(async () => {
    all = windows(how);
    first = await open('first');
    await begin(first);
    second = await open('second');
  });

  it('stands in the other’s list as that, is not offered there, and becomes done when it ends', async () => {
    expect(card(second)?.isElsewhere).toBe(true);
    expect(card(second)?.status).not.toBe('interrupted');
    expect(second.state().interrupted).toBeNull();
    first.lab.actions.resume();
    await ended(first);
    await second.until(({ runs }) => runs[0]?.status === 'done' && !runs[0].isElsewhere);
    expect(card(second)?.scores).toEqual(card(first)?.scores);
    expect(second.state().interrupted).toBeNull();
  });

  it('appears in the list of a window that was open before', async () => {
    first.lab.actions.resume();
    await ended(first);
    first.lab.actions.reset();
    await first.until(({ run }) => run === null);
    await begin(first);
    const { runs } = await second.until(
      (state) => state.runs.length === 2 && state.runs[0]?.isElsewhere === true,
    );
    expect(runs[0]?.id).toBe(idOf(first));
  });

  it('is neither gone on with nor deleted there, not with all others either; one that is opened shows what there is', async () => {
    const { actions } = second.lab;
    await actions.continueRun(idOf(second));
    await actions.deleteRun(idOf(second));
    expect(second.state().faults.map(({ code, what }) => `${code}: ${what}`)).toEqual([
      'busy: “SOFT on colours” goes on in another window, so it is not gone on with here.',
      'busy: “SOFT on colours” goes on in another window, so it is not deleted here.',
    ]);
    await actions.clearRuns();
    await actions.openRun(idOf(second));
    expect(second.state().run?.cells[0]?.state.rounds).toHaveLength(1);
    expect(second.state().run).toMatchObject({ kind: 'stored', status: 'stopped' });
    first.lab.actions.resume();
    await ended(first);
    expect(outcome(first)).toEqual(await undisturbed());
  });

  it('is interrupted when that window goes, is offered, and goes on here to the same results', async () => {
    all.locks?.end('first');
    all.clock.asleep.add('first');
    await all.clock.pass(100);
    const { interrupted } = await second.until((state) => state.interrupted !== null);
    expect(interrupted).toMatchObject({ status: 'interrupted', isElsewhere: false });
    await second.lab.actions.continueInterrupted();
    await ended(second);
    const found = outcome(second);
    expect(found).toEqual(await undisturbed());
  });
});

describe('a window without locks that slept for too long', () => {
  it('stops and says so when another has taken its run over, and spoils nothing of it', async () => {
    all = windows('no locks');
    const first = await open('first');
    await begin(first);
    const id = idOf(first);
    const second = await open('second');
    all.clock.asleep.add('first');
    await all.clock.pass(3600);
    await second.until(({ runs }) => runs[0]?.status === 'interrupted');
    await second.lab.actions.continueRun(id);
    await ended(second);
    await expect
      .poll(async () => (await all.open('reader').run(id))?.status, { timeout: 20_000 })
      .toBe('done');
    const events = await all.open('reader').events(id);

    // It wakes, and its worker answers.
    first.lab.actions.resume();
    const { faults } = await first.until((state) => state.faults.length > 0);
    expect(faults).toMatchObject([
      { code: 'busy', what: 'Another window has taken “SOFT on colours” over, so it stopped here.' },
    ]);
    // The fake worker may have answered all of it before the storage refused the first of it.
    await first.until(({ run }) => run?.status === 'stopped' || run?.status === 'done');
    all.clock.asleep.clear();
    await all.clock.pass(20);
    await settled();
    expect(await all.open('reader').events(id)).toEqual(events);
    expect(await all.open('reader').run(id)).toMatchObject({ status: 'done' });
    await first.until(({ runs }) => runs[0]?.status === 'done');
    expect(first.state().faults).toHaveLength(1);
  });

  it('is told before it writes, where it is idle', async () => {
    all = windows('no locks');
    const first = await open('first');
    await begin(first);
    const second = await open('second');
    all.clock.asleep.add('first');
    await all.clock.pass(3600);
    await second.until(({ runs }) => runs[0]?.status === 'interrupted');
    void second.lab.actions.continueRun(idOf(first));
    await second.until(({ run }) => run?.status === 'running');
    all.clock.asleep.clear();
    await all.clock.pass(20);
    await first.until(({ faults, run }) => faults.length > 0 && run?.status === 'stopped');
  });
});
