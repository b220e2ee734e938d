/**
 * @file Kept runs and their files say of which version their setup is: what it leaves unsaid stays what it was when a
 * default of the lab becomes another. Here the version before the newest had five rounds, and the lab of today has three.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type * as LinkVersions from '../../src/store/setup/link-versions.ts';
import { NEWEST } from '../../src/store/setup/link-versions.ts';
import type { StoredRun } from '../../src/store/runs/vault.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';
import type { Parsed } from './run-files.ts';
import { changed, putTogether, takeApart } from './run-files.ts';

const BEFORE = 5;
vi.mock('../../src/store/setup/link-versions.ts', async (original) => {
  const real = await original<typeof LinkVersions>();
  const today = real.VERSIONS.at(-1);
  if (today === undefined) throw new Error('no version');
  const before = { ...today, knobs: { ...today.knobs, rounds: 5, weightDecay: 0.5 } };
  return { ...real, VERSIONS: [...real.VERSIONS.map(() => before), today], NEWEST: real.NEWEST + 1 };
});

/** All that `SMALL` says but the rounds. */
const UNSAID = SMALL.replace('&rounds=2', '');
let whole: FakeLab;
let record: StoredRun;
let file: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  // In the version before, this was said by saying nothing.
  whole = fakeLab();
  await whole.lab.open(`v=${NEWEST}&${UNSAID}&arms=soft&rounds=${BEFORE}&weightDecay=0.5`);
  whole.lab.actions.run();
  await whole.until(({ run }) => run?.status === 'done');
  const [kept] = whole.vault.stored.values();
  if (kept === undefined) throw new Error('there is no run');
  record = kept;
  file = (await whole.lab.actions.exportRun(kept.id))?.bytes ?? file;
});

/** The record as the version before kept it: what it did not say, and no version. */
function asBefore(): StoredRun {
  const { setupVersion, setup, ...rest } = record;
  const { rounds, weightDecay, ...shared } = setup.shared;
  expect([setupVersion, rounds, weightDecay]).toEqual([NEWEST, BEFORE, 0.5]);
  return { ...rest, setup: { ...setup, shared } };
}

/** A page on a disk with the record and the run's first events. */
async function openWith(kept: StoredRun, events = Infinity): Promise<FakeLab> {
  const { vault } = fakeLab();
  vault.stored.set(kept.id, kept);
  for (const [key, event] of [...whole.vault.told].slice(0, events)) vault.told.set(key, event);
  const task = await whole.vault.task(kept.taskKey);
  if (task !== null) await vault.saveTask({ key: kept.taskKey, task, isListed: false });
  const fake = fakeLab(vault);
  await fake.lab.open(`v=${NEWEST}&${UNSAID}&arms=soft`);
  return fake;
}
const knobsOf = ({ state }: FakeLab) => state().run?.cells.map(({ arm }) => arm.knobs);
const outcomeOf = ({ state }: FakeLab) =>
  state().run?.cells.map(({ state: { rounds, end } }) => ({
    end,
    evaluations: rounds.map((r) => r.evaluations),
  }));

describe('a kept run that says no version', () => {
  it('is what it was: a default that is another today is said in its setup', async () => {
    const fake = await openWith(asBefore());
    expect(fake.state().damaged).toEqual([]);
    expect(fake.state().runs[0]?.setup).toEqual(record.setup);
    await fake.lab.actions.openRun(record.id);
    expect(fake.state().faults).toEqual([]);
    expect(knobsOf(fake)).toEqual(knobsOf(whole));
    expect(outcomeOf(fake)).toEqual(outcomeOf(whole));
    // So the setup that is made of it runs the same.
    fake.lab.actions.applySetup(fake.state().runs[0]?.setup ?? record.setup);
    expect(fake.state().setup.arms[0]?.knobs).toMatchObject({ rounds: BEFORE, weightDecay: 0.5 });
  });

  it('goes on as it began', async () => {
    const half = Math.floor(whole.vault.told.size / 2);
    const fake = await openWith({ ...asBefore(), status: 'running', scores: {} }, half);
    await fake.lab.actions.continueRun(record.id);
    await fake.until(({ run }) => run?.status === 'done' || run?.status === 'failed');
    expect(outcomeOf(fake)).toEqual(outcomeOf(whole));
  });

  it('becomes a file of today, which says what it meant', async () => {
    const fake = await openWith(asBefore());
    const exported = await fake.lab.actions.exportRun(record.id);
    expect(takeApart(exported?.bytes ?? new Uint8Array()).json['run.json']).toMatchObject({
      ...{ setupVersion: NEWEST, setup: record.setup },
    });
  });
});

describe('a kept run of today', () => {
  it('means by what it leaves unsaid what the lab does today', async () => {
    const fake = await openWith({ ...asBefore(), setupVersion: NEWEST }, 0);
    expect(fake.state().runs[0]?.setup.shared.rounds).toBeUndefined();
    await fake.lab.actions.openRun(record.id);
    expect(knobsOf(fake)).toMatchObject([{ rounds: 3, weightDecay: 0 }]);
  });

  it('of a page newer than this one cannot be opened, and says why', async () => {
    const fake = await openWith({ ...record, setupVersion: NEWEST + 1 });
    expect(fake.state().runs).toEqual([]);
    expect(fake.state().damaged[0]?.why).toMatch(/setupVersion: version \d+ is of a newer page .*reload/);
  });
});

describe('a run’s file', () => {
  const withHead = (path: readonly string[], to: unknown, before: Parsed = takeApart(file).json) => ({
    ...before,
    'run.json': changed(before['run.json'], path, to),
  });
  const read = (json: Parsed) => readRunFile(putTogether({ ...takeApart(file), json }), 'a run');

  it('without a version is what it was, and of today otherwise', () => {
    const unsaid = withHead(['setup', 'shared', 'rounds'], undefined);
    const old = withHead(['setupVersion'], undefined, unsaid);
    expect(read(old).setup.shared.rounds).toBe(BEFORE);
    expect(read(old)).toEqual(readRunFile(file, 'a run'));
    // Five rounds of events are no run of three.
    expect(() => read(unsaid)).toThrow('round 4, of 3 rounds in the setup');
  });

  it.each([NEWEST + 1, -1, 0.5, '1', null])('of version %j is refused by name', (version) => {
    expect(() => read(withHead(['setupVersion'], version))).toThrow(/run\.json.*setupVersion/);
  });
});
