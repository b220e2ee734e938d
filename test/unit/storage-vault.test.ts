import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LastingEvent } from '../../src/core/events.ts';
import { browserVault } from '../../src/storage/browser-vault.ts';
import { storageError } from '../../src/storage/database.ts';
import { DEFAULT_SETUP } from '../../src/store/setup.ts';
import type { StoredRun } from '../../src/store/vault.ts';
import { fakeTask } from './fake-ports.ts';

const run = (id: string, taskKey = 'colours-1'): StoredRun => ({
  ...{ id, name: id, createdAt: 1, status: 'running', setup: DEFAULT_SETUP, taskKey, changes: [] },
  ...{ model: { name: 'fake', sha256: 'aa', device: 'a fake' }, scores: {}, bytes: 0, isImported: false },
});
const ended = (round: number): LastingEvent => ({ type: 'round-ended', round, validation: null, falls: 0 });

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
    const before = browserVault();
    await before.saveRun(run('a'));
    // More than nine, so that an order by text would show.
    for (let index = 0; index < 12; index++)
      await before.appendEvent({ run: 'a', cell: 'soft/1', index }, index === 3 ? trained : ended(index));
    await before.appendEvent({ run: 'a', cell: 'gold/1', index: 0 }, ended(0));
    await before.appendEvent({ run: 'ab', cell: 'soft/1', index: 0 }, ended(99));
    const after = browserVault();
    expect((await after.runs()).map(({ id }) => id)).toEqual(['a']);
    const events = await after.events('a');
    expect([...events.keys()].sort()).toEqual(['gold/1', 'soft/1']);
    const soft = events.get('soft/1') ?? [];
    expect(soft.map((event) => ('round' in event ? event.round : null))).toEqual([
      ...[0, 1, 2, 1, 4, 5, 6, 7, 8, 9, 10, 11],
    ]);
    expect(soft[3]).toEqual(trained);
  });

  it('deletes a run with its events, and tasks that neither a run nor the list names', async () => {
    const vault = browserVault();
    const task = fakeTask();
    await vault.saveTask({ key: 'colours-1', task, isListed: false });
    await vault.saveTask({ key: 'colours-2', task, isListed: true });
    await vault.saveRun(run('a'));
    await vault.saveRun(run('b', 'colours-2'));
    await vault.appendEvent({ run: 'a', cell: 'soft/1', index: 0 }, ended(0));
    await vault.deleteRun('a');
    expect((await vault.events('a')).size).toBe(0);
    expect(await vault.task('colours-1')).toBeNull();
    expect(await vault.task('colours-2')).toEqual(task);
  });

  it('takes a task off the list but keeps it for the runs that used it', async () => {
    const vault = browserVault();
    await vault.saveTask({ key: 'colours-1', task: fakeTask(), isListed: true });
    await vault.saveRun(run('a'));
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

  it('fails with a remedy where the browser refuses storage, and works once it allows it', async () => {
    const vault = browserVault();
    const refused = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    await expect(vault.runs()).rejects.toMatchObject({ code: 'storage-unavailable' });
    refused.mockRestore();
    expect(await vault.runs()).toEqual([]);
  });
});
