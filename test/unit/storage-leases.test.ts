/** One window at a time computes a run: with Web Locks, and with leases where there are none. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import type { BrowserVault } from '../../src/storage/browser-vault.ts';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import type { StoredRun, WholeRun } from '../../src/store/runs/vault.ts';
import { fakeTask } from './fake-ports.ts';
import type { Windows } from './fake-windows.ts';
import { settled, windows } from './fake-windows.ts';

const record: StoredRun = {
  ...{ id: 'a', name: 'a', createdAt: 1, status: 'running', setup: DEFAULT_SETUP, taskKey: 'k', changes: [] },
  ...{ model: { name: 'fake', sha256: 'aa', device: 'a fake' }, scores: {}, bytes: 0, isImported: false },
};
const WHOLE: WholeRun = { record, task: fakeTask(), events: new Map() };
const event: LastingEvent = { type: 'round-ended', round: 0, validation: null, falls: 0 };
const ADDS = { bytes: 5, score: null };
const at = (index: number) => ({ run: 'a', cell: 'soft/1', index });
const nothing = () => undefined;

let all: Windows;
let first: BrowserVault;
let second: BrowserVault;
const open = (how: Parameters<typeof windows>[0]) => {
  all = windows(how);
  first = all.open('first');
  second = all.open('second');
};

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
});

describe.each(['locks', 'no locks', 'refused'] as const)(
  'a run, in a browser whose locks are "%s",',
  (how) => {
    beforeEach(async () => {
      open(how);
      await first.saveWhole(WHOLE);
    });

    it('is computed by one window, and free when that lets go', async () => {
      const release = await first.hold('a', nothing);
      expect(await second.hold('a', nothing)).toBeNull();
      expect([...(await second.elsewhere())]).toEqual(['a']);
      expect([...(await first.elsewhere())]).toEqual([]);
      release?.();
      await settled();
      expect([...(await second.elsewhere())]).toEqual([]);
      expect(await second.hold('a', nothing)).not.toBeNull();
    });

    it('goes to one of two windows that ask at the same time', async () => {
      const taken = await Promise.all([first.hold('a', nothing), second.hold('a', nothing)]);
      expect(taken.filter((release) => release !== null)).toHaveLength(1);
    });

    it('is not deleted by another window while one computes it, but by its own and after it', async () => {
      const release = await first.hold('a', nothing);
      await first.appendEvent(at(0), event, ADDS);
      expect(await second.deleteRun('a')).toBe('elsewhere');
      expect((await first.events('a')).get('soft/1')).toHaveLength(1);
      release?.();
      await settled();
      expect(await second.deleteRun('a')).toBe('kept');
      expect([await first.run('a'), (await first.events('a')).size]).toEqual([null, 0]);
      await first.saveWhole(WHOLE);
      await first.hold('a', nothing);
      expect(await first.deleteRun('a')).toBe('kept');
    });

    it('may be renamed from any window, and loses nothing by it', async () => {
      await first.hold('a', nothing);
      await first.appendEvent(at(0), event, { bytes: 5, score: 0.5 });
      expect(await second.changeRun('a', { name: 'b' })).toBe('kept');
      expect(await first.run('a')).toMatchObject({ name: 'b', bytes: 5, scores: { 'soft/1': 0.5 } });
    });
  },
);

describe('a window that goes without a word', () => {
  it('leaves its runs free at once where there are locks', async () => {
    open('locks');
    await first.hold('a', nothing);
    all.locks?.end('first');
    await settled();
    expect(await second.hold('a', nothing)).not.toBeNull();
  });

  it('leaves them free when their leases have run out where there are none', async () => {
    open('no locks');
    await first.hold('a', nothing);
    all.clock.asleep.add('first');
    await all.clock.pass(60);
    expect(await second.hold('a', nothing)).toBeNull();
    await all.clock.pass(60);
    expect(await second.hold('a', nothing)).not.toBeNull();
  });

  it('leaves them free at once where it is told that the page goes', async () => {
    open('no locks');
    await first.hold('a', nothing);
    first.leave();
    await settled();
    expect(await second.hold('a', nothing)).not.toBeNull();
  });
});

describe('a lease', () => {
  beforeEach(async () => {
    open('no locks');
    await first.saveWhole(WHOLE);
  });

  it('is renewed for as long as its window lives', async () => {
    const onLost = vi.fn();
    await first.hold('a', onLost);
    await all.clock.pass(600);
    expect(await second.hold('a', nothing)).toBeNull();
    expect(await second.saveWhole(WHOLE)).toBe('elsewhere');
    expect(await second.changeRun('a', { status: 'stopped' })).toBe('elsewhere');
    expect(onLost).not.toHaveBeenCalled();
  });

  it('of a window that slept goes to another; the one that wakes is told, and writes nothing more, ever', async () => {
    const onLost = vi.fn();
    await first.hold('a', onLost);
    expect(await first.appendEvent(at(0), event, ADDS)).toBe('kept');
    all.clock.asleep.add('first');
    await all.clock.pass(3600);
    const release = await second.hold('a', nothing);
    expect(await second.appendEvent(at(1), event, ADDS)).toBe('kept');
    all.clock.asleep.clear();
    // Before its first beat: the write itself finds out.
    const refused = async () => [
      await first.appendEvent(at(1), event, ADDS),
      await first.appendEvent(at(2), event, ADDS),
      await first.changeRun('a', { status: 'done' }),
      await first.saveWhole(WHOLE),
    ];
    const elsewhere = ['elsewhere', 'elsewhere', 'elsewhere', 'elsewhere'];
    expect(await refused()).toEqual(elsewhere);
    await all.clock.pass(11);
    expect(onLost).toHaveBeenCalledOnce();
    release?.();
    await settled();
    expect(await refused()).toEqual(elsewhere);
    expect((await second.events('a')).get('soft/1')).toHaveLength(2);
    // It may ask for the run anew, like everybody.
    expect(await first.hold('a', nothing)).not.toBeNull();
    expect(await first.appendEvent(at(2), event, ADDS)).toBe('kept');
  });

  it('of a window that slept but was not overtaken is its own again', async () => {
    const onLost = vi.fn();
    await first.hold('a', onLost);
    all.clock.asleep.add('first');
    await all.clock.pass(3600);
    all.clock.asleep.clear();
    expect(await first.appendEvent(at(0), event, ADDS)).toBe('kept');
    await all.clock.pass(20);
    expect(await second.hold('a', nothing)).toBeNull();
    expect(onLost).not.toHaveBeenCalled();
  });

  it('survives a clock that is set: forward, one window goes on; back, a dead one blocks nobody', async () => {
    const onLost = vi.fn();
    await first.hold('a', onLost);
    all.clock.wall += 86_400_000;
    const release = await second.hold('a', nothing);
    expect(release).not.toBeNull();
    await all.clock.pass(11);
    expect(onLost).toHaveBeenCalledOnce();
    expect(await first.appendEvent(at(0), event, ADDS)).toBe('elsewhere');

    all.clock.wall -= 7 * 86_400_000;
    await all.clock.pass(11); // One that lives has renewed it by then.
    expect(await first.hold('a', nothing)).toBeNull();
    all.clock.asleep.add('second');
    all.clock.wall -= 86_400_000;
    expect(await first.hold('a', nothing)).not.toBeNull();
  });
});

describe('a record that is no lease', () => {
  it.each([
    { run: 'a', owner: 'third', until: 'soon' },
    { run: 'a', owner: 'third', until: NaN },
    { run: 'a', owner: 3, until: 1e15 },
    { run: 'a' },
  ])('holds nothing, and the run is free: %j', async (kept) => {
    open('no locks');
    await first.saveWhole(WHOLE);
    const database = await openDB('bootlace');
    await database.put('leases', kept);
    database.close();
    expect([...(await second.elsewhere())]).toEqual([]);
    expect(await second.appendEvent(at(0), event, ADDS)).toBe('kept');
    expect(await second.hold('a', nothing)).not.toBeNull();
    expect(await first.hold('a', nothing)).toBeNull();
  });
});
