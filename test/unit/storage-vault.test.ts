import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import type { VaultOptions } from '../../src/storage/browser-vault.ts';
import { BrowserVault } from '../../src/storage/browser-vault.ts';
import { storageError } from '../../src/storage/database.ts';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import type { StoredRun, WholeRun } from '../../src/store/runs/vault.ts';
import { fakeTask } from './fake-ports.ts';
import { FakeClock, settled } from './fake-windows.ts';

const run = (id: string, taskKey = 'colours-1'): StoredRun => ({
  ...{ id, name: id, createdAt: 1, status: 'running', setup: DEFAULT_SETUP, taskKey, changes: [] },
  ...{ model: { name: 'fake', sha256: 'aa', device: 'a fake' }, scores: {}, bytes: 0, isImported: false },
});
const whole = (id: string, taskKey?: string): WholeRun => ({
  ...{ record: run(id, taskKey), task: fakeTask(), events: new Map() },
});
const ADDS = { bytes: 7, score: null };
const ended = (round: number): LastingEvent => ({ type: 'round-ended', round, validation: null, falls: 0 });

let windows = 0;
/** A window of its own on the one storage; without locks and without others to tell. */
const vaultOf = (options: Partial<VaultOptions> = {}) =>
  new BrowserVault({
    ...{
      now: () => 0,
      delay: () => () => undefined,
      owner: `window ${++windows}`,
      locks: null,
      channel: null,
    },
    ...options,
  });

describe('the browser’s storage', () => {
  beforeEach(() => {
    vi.stubGlobal('indexedDB', new IDBFactory());
  });

  it('gives events back by cell and in order, adapters with their numbers, to a page that opens later', async () => {
    const trained: LastingEvent = {
      type: 'trained',
      round: 1,
      adapter: {
        config: { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
        pairs: new Map([['m', { a: Float32Array.of(0.1, NaN), b: Float32Array.of(-0) }]]),
      },
      ...{ curve: [], examples: 1, cost: { tokens: 1, milliseconds: 1 } },
    };
    const before = vaultOf();
    await before.saveWhole(whole('a'));
    // More than nine, so that an order by text would show.
    for (let index = 0; index < 12; index++)
      await before.appendEvent(
        { run: 'a', cell: 'soft/1', index },
        index === 3 ? trained : ended(index),
        ADDS,
      );
    await before.appendEvent({ run: 'a', cell: 'gold/1', index: 0 }, ended(0), ADDS);
    await before.saveWhole(whole('ab'));
    await before.appendEvent({ run: 'ab', cell: 'soft/1', index: 0 }, ended(99), ADDS);
    const after = vaultOf();
    expect((await after.runs()).map(({ id }) => id)).toEqual(['a', 'ab']);
    const events = await after.events('a');
    expect([...events.keys()].sort()).toEqual(['gold/1', 'soft/1']);
    const soft = events.get('soft/1') ?? [];
    expect(soft.map((event) => ('round' in event ? event.round : null))).toEqual([
      ...[0, 1, 2, 1, 4, 5, 6, 7, 8, 9, 10, 11],
    ]);
    expect(soft[3]).toEqual(trained);
  });

  it('deletes a run with its events, and tasks that neither a run nor the list names', async () => {
    const vault = vaultOf();
    const task = fakeTask();
    await vault.saveTask({ key: 'colours-1', task, isListed: false });
    await vault.saveTask({ key: 'colours-2', task, isListed: true });
    await vault.saveWhole(whole('a'));
    await vault.saveWhole(whole('b', 'colours-2'));
    await vault.appendEvent({ run: 'a', cell: 'soft/1', index: 0 }, ended(0), ADDS);
    await vault.deleteRun('a');
    expect((await vault.events('a')).size).toBe(0);
    expect(await vault.task('colours-1')).toBeNull();
    expect(await vault.task('colours-2')).toEqual(task);
  });

  it('takes a task off the list but keeps it for the runs that used it', async () => {
    const vault = vaultOf();
    await vault.saveTask({ key: 'colours-1', task: fakeTask(), isListed: true });
    await vault.saveWhole(whole('a'));
    await vault.unlistTask('colours-1');
    expect(await vault.listedTasks()).toEqual([]);
    expect(await vault.task('colours-1')).not.toBeNull();
    await vault.deleteRun('a');
    expect(await vault.task('colours-1')).toBeNull();
  });

  it('says that there is no room as storage-full, and everything else by what happened', () => {
    expect(storageError(new DOMException('full', 'QuotaExceededError'), 'kept').code).toBe('storage-full');
    const other = storageError(new DOMException('no', 'SecurityError'), 'opened');
    expect(other.code).toBe('storage-unavailable');
    expect(other.what).toContain('SecurityError');
  });

  it('takes an event only as the next one of its cell, and with it what it adds to the run', async () => {
    const vault = vaultOf();
    const at = (index: number) => ({ run: 'a', cell: 'soft/1', index });
    await vault.saveWhole(whole('a'));
    expect(await vault.appendEvent(at(1), ended(1), ADDS)).toBe('not-next');
    expect(await vault.appendEvent(at(0), ended(0), { bytes: 3, score: 0.25 })).toBe('kept');
    expect(await vault.appendEvent(at(0), ended(9), ADDS)).toBe('not-next');
    expect(await vault.appendEvent(at(2), ended(2), ADDS)).toBe('not-next');
    expect(await vault.appendEvent(at(1), ended(1), { bytes: 4, score: 0.5 })).toBe('kept');
    expect((await vault.events('a')).get('soft/1')).toEqual([ended(0), ended(1)]);
    expect(await vault.run('a')).toMatchObject({ bytes: 7, scores: { 'soft/1': 0.5 } });
    expect([...(await vault.lastEvents('a'))]).toEqual([['soft/1', ended(1)]]);
  });

  it('writes nothing of a run that has gone, and all of it when it is given whole', async () => {
    const vault = vaultOf();
    expect(await vault.appendEvent({ run: 'a', cell: 'soft/1', index: 0 }, ended(0), ADDS)).toBe('gone');
    expect(await vault.changeRun('a', { status: 'done' })).toBe('gone');
    expect([await vault.runs(), (await vault.events('a')).size]).toEqual([[], 0]);
    const events = new Map([['soft/1', [ended(0), ended(1)]]]);
    await vault.saveWhole({ ...whole('a'), events });
    await vault.saveWhole({ ...whole('a'), events: new Map([['soft/1', [ended(5)]]]) });
    expect((await vault.events('a')).get('soft/1')).toEqual([ended(5)]);
    expect(await vault.task('colours-1')).toEqual(fakeTask());
  });

  it('opens what version 1 of it wrote, and of cells with a hole what stands before it', async () => {
    const old = await openDB('bootlace', 1, {
      upgrade: (fresh) => {
        fresh.createObjectStore('runs', { keyPath: 'id' });
        for (const name of ['events', 'settings']) fresh.createObjectStore(name);
        fresh.createObjectStore('tasks', { keyPath: 'key' });
      },
    });
    await old.put('runs', run('a'));
    for (const index of [0, 1, 3]) await old.put('events', ended(index), ['a', 'soft/1', index]);
    old.close();
    const vault = vaultOf();
    expect((await vault.events('a')).get('soft/1')).toEqual([ended(0), ended(1)]);
    expect(await vault.hold('a', () => undefined)).not.toBeNull();
  });

  it('fails with a remedy where the browser refuses storage, and works once it allows it', async () => {
    const vault = vaultOf();
    const refused = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    await expect(vault.runs()).rejects.toMatchObject({ code: 'storage-unavailable' });
    refused.mockRestore();
    expect(await vault.runs()).toEqual([]);
  });
  describe('that does not answer', () => {
    const refusal = (promise: Promise<unknown>) =>
      promise.then(
        () => null,
        (thrown: unknown) => thrown,
      );
    let clock: FakeClock;
    let vault: BrowserVault;
    beforeEach(() => {
      clock = new FakeClock();
      vault = vaultOf({ delay: clock.delayOf('window') });
    });

    it('is said to be silent, with what to do, and used as soon as it answers', async () => {
      const blocker = await openDB('bootlace', 2, {
        upgrade: (fresh) => {
          for (const [name, keyPath] of [
            ['runs', 'id'],
            ['tasks', 'key'],
            ['leases', 'run'],
          ] as const)
            fresh.createObjectStore(name, { keyPath });
          for (const name of ['events', 'settings']) fresh.createObjectStore(name);
        },
      });
      // Another transaction that does not end, as of a backend that hangs.
      const backend = { isHanging: true };
      const hanging = blocker.transaction('runs', 'readwrite');
      const hung = (async () => {
        while (backend.isHanging) await hanging.store.get('a');
        await hanging.done;
      })();
      const late = refusal(vault.changeRun('a', { name: 'b' }));
      await settled();
      await clock.pass(31);
      expect(await late).toMatchObject({
        code: 'storage-unavailable',
        what: 'The browser’s storage has not answered for 30 s: nothing was kept.',
      });
      backend.isHanging = false;
      await hung;
      expect(await vault.saveWhole(whole('a'))).toBe('kept');
      blocker.close();
    });

    it('because another window keeps an older version of it open: that is said, and it opens when that one closes', async () => {
      const old = await openDB('bootlace', 1, {
        upgrade: (fresh) => {
          for (const [name, keyPath] of [
            ['runs', 'id'],
            ['tasks', 'key'],
          ] as const)
            fresh.createObjectStore(name, { keyPath });
          for (const name of ['events', 'settings']) fresh.createObjectStore(name);
        },
      });
      const late = refusal(vault.runs());
      await settled();
      await clock.pass(21);
      expect(await late).toMatchObject({
        code: 'storage-unavailable',
        remedy: 'Close or reload the other windows of this page.',
      });
      old.close();
      expect(await vault.runs()).toEqual([]);
    });
  });
});
