/** Runs' files that mean harm, or are as odd as a file may be, and a disk that gives back what is no run: the page goes on. */
import type { Page } from 'playwright-core';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTask } from '../../src/formats/task-folder.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { changed, putTogether, takeApart } from '../unit/run-files.ts';
import { oddRuns } from './odd-runs.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const VIEWS = ['Run', 'Samples', 'Follow', 'Playground', 'Compare', 'Data & models', 'Experiments'];
const STATIONS = ['pool', 'label', 'filter', 'order', 'train', 'score'];

declare global {
  interface Window {
    /** Set by a script that came in with a run. */
    hacked?: number;
  }
}

let opened: OpenedPage;
let page: Page;
let odd: ReturnType<typeof oddRuns>;
beforeAll(async () => {
  odd = oddRuns(await readTask(nodeSource('public/icl-pool/topic-4')));
  opened = await openPage();
  ({ page } = opened);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByText(/^Ready\. (A quick look: )?nano/).waitFor();
});
afterAll(() => opened.close());

const go = (title: string) => page.getByRole('tab', { name: title, exact: true }).click();
const file = (name: string, bytes: Uint8Array) => ({
  ...{ name, mimeType: 'application/zip', buffer: Buffer.from(bytes) },
});
const pick = async (name: string, bytes: Uint8Array) => {
  await go('Compare');
  await page.locator('input[type=file]').first().setInputFiles(file(name, bytes));
};
const openButtons = () => page.locator('.runs-table').getByRole('button', { name: /^Open / });

/** Every view answers: it says something of its own, nothing is broken, no plot gave up, no script ran. */
async function expectViews(of: string): Promise<void> {
  for (const view of VIEWS) {
    await go(view);
    const panel = page.getByRole('tabpanel');
    await expect
      .poll(async () => (await panel.innerText()).length, { message: `${of}: ${view}` })
      .toBeGreaterThan(40);
    if (view === 'Run') {
      for (const station of STATIONS) {
        await page.getByRole('button', { name: new RegExp(`^${station}`) }).click();
        await page.getByRole('heading', { name: `Inside: ${station}` }).waitFor();
      }
    }
    if (view === 'Samples') {
      const row = page.getByRole('grid', { name: 'Samples' }).getByRole('row').first();
      if ((await row.count()) > 0) await row.click();
    }
    // Plots are drawn after their view, in turn.
    await page.waitForFunction(() => document.querySelector('.plot-host:empty') === null);
    const text = await page.locator('body').innerText();
    expect(text, `${of}: ${view}`).not.toMatch(/cannot be shown|cannot be drawn/);
    expect(await page.evaluate(() => window.hacked), `${of}: ${view}`).toBeUndefined();
  }
}

async function reopened(): Promise<void> {
  await page.reload();
  await page.getByText(/^Ready\. (A quick look: )?nano/).waitFor();
}

it('refuses what is no run by its place, and nothing of it stays', async () => {
  const parts = takeApart(odd[2]?.bytes ?? new Uint8Array());
  const withChange = (name: string, path: readonly (string | number)[], to: unknown) =>
    putTogether({ ...parts, json: { ...parts.json, [name]: changed(parts.json[name], path, to) } });
  const refused: readonly (readonly [Uint8Array, RegExp])[] = [
    [withChange('run.json', ['createdAt'], 1e308), /createdAt: expected a number from/],
    [withChange('run.json', ['name'], 'x'.repeat(2e6)), /name: expected text of 1 to 200 characters/],
    [withChange('run.json', ['constructor'], null), /constructor: no such field/],
    [withChange('task.json', ['splits', 'test'], []), /no row of the task's test/],
    [withChange('events/0.jsonl', [0, 'round'], 100_000_000), /round: expected a whole number from 0 to 20/],
    [zipSync({ 'run.json': new Uint8Array(64 * 1024 ** 2) }, { level: 9 }), /more than 200 times its size/],
    [zipSync({ '../run.json': new Uint8Array(1) }), /has an entry named/],
    [(odd[0]?.bytes ?? new Uint8Array()).slice(0, 4000), /no zip file/],
  ];
  for (const [bytes, words] of refused) {
    await pick('hostile.zip', bytes);
    const alert = page.getByRole('alert');
    await alert.getByText(/hostile\.zip is no run of this lab/).waitFor();
    expect(await alert.innerText()).toMatch(words);
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('heading', { name: 'Your runs will stand here' }).waitFor();
  }
});

it('shows eight odd runs in every view, one after the other, and again after a reload', async () => {
  expect(odd).toHaveLength(8);
  for (const [i, { name, bytes }] of odd.entries()) {
    await pick(`${i}.bootlace.zip`, bytes);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    // To the end of the replay.
    await page.getByRole('slider', { name: 'Position in the recorded run' }).press('End');
    await expectViews(name);
    await go('Compare');
    await expect.poll(() => openButtons().count()).toBe(i + 1);
  }
  await reopened();
  await go('Compare');
  await expect.poll(() => openButtons().count()).toBe(odd.length);
  for (let i = 0; i < odd.length; i++) {
    await go('Compare');
    const tick = page.getByRole('checkbox').nth(i);
    await tick.press('Space');
    await expect.poll(() => tick.isChecked()).toBe(true);
    await openButtons().nth(i).click();
    await page.getByRole('button', { name: /^Run again|^Run$/ }).waitFor();
    await expectViews(`${i} after a reload`);
    await go('Compare');
    await tick.press('Space');
  }
}, 600_000);

it('removes each of them', async () => {
  await go('Compare');
  for (let left = odd.length; left > 0; left--) {
    await page
      .getByRole('button', { name: /^More for/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => openButtons().count()).toBe(left - 1);
  }
  await reopened();
  await go('Compare');
  await page.getByRole('heading', { name: 'Your runs will stand here' }).waitFor();
});

it('lists what is damaged on the disk, saves what is there of it, and removes it', async () => {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('bootlace');
        opening.onsuccess = () => {
          const change = opening.result.transaction(['runs', 'tasks', 'events'], 'readwrite');
          const runs = change.objectStore('runs');
          runs.put({ id: 'no-date', name: 'planted, without a date', createdAt: 1e308, scores: null });
          runs.put({ id: 7, name: { constructor: null }, createdAt: 'yesterday' });
          change.objectStore('events').put({ type: 'constructor' }, ['no-date', 'soft/1', 0]);
          change.objectStore('tasks').put({ key: 'planted', task: { definition: null }, isListed: true });
          change.oncomplete = () => {
            opening.result.close();
            resolve();
          };
          change.onerror = () => {
            reject(new Error('not planted'));
          };
        };
      }),
  );
  await reopened();
  await page.getByText('Of the past runs some are damaged').waitFor();
  await page.getByText('A kept task (planted) is damaged and is not listed').waitFor();
  await expectViews('planted');
  await go('Compare');
  const damaged = page.getByRole('region', { name: 'Damaged runs' });
  const items = damaged.getByRole('listitem');
  expect(await items.count()).toBe(2);
  expect(await items.filter({ hasText: 'without a date' }).innerText()).toMatch(/Its record is damaged: /);
  for (const left of [1, 0]) {
    const item = items.first();
    const coming = page.waitForEvent('download');
    await item.getByRole('button', { name: /^Save what is there/ }).click();
    expect((await coming).suggestedFilename()).toMatch(/\.raw\.zip$/);
    await item.getByRole('button', { name: /^Remove this run/ }).click();
    await item.getByRole('button', { name: /for good$/ }).click();
    await expect.poll(() => items.count()).toBe(left);
  }
  await reopened();
  await go('Compare');
  await page.getByRole('heading', { name: 'Your runs will stand here' }).waitFor();
  expect(await page.getByText('Damaged runs').count()).toBe(0);
});

it('a view that throws says so in its place, and the others go on; without the run it is itself again', async () => {
  expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  await pick('odd.bootlace.zip', odd[2]?.bytes ?? new Uint8Array());
  await page.getByRole('region', { name: 'Replay' }).waitFor();
  // Every run's shape is checked, so a view is made to throw by what it stands on: dates have no words any more.
  await page.evaluate(() => {
    Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
      configurable: true,
      get: () => () => {
        throw new RangeError('Invalid time value');
      },
    });
  });
  await go('Compare');
  const broken = page.getByRole('alert', { name: 'Compare cannot be shown' });
  await broken.getByText('Invalid time value').waitFor();
  for (const view of VIEWS.filter((name) => name !== 'Compare')) {
    await go(view);
    expect(await page.locator('main').innerText(), view).not.toContain('cannot be shown');
  }
  await go('Compare');
  await broken.getByRole('button', { name: 'Try again' }).click();
  await broken.getByText('Invalid time value').waitFor();
  const coming = page.waitForEvent('download');
  await broken.getByRole('button', { name: /^Save what is there/ }).click();
  expect((await coming).suggestedFilename()).toBe('numbers.raw.zip');
  await broken.getByRole('button', { name: /^Remove this run/ }).click();
  await broken.getByRole('button', { name: /for good$/ }).click();
  await page.getByRole('heading', { name: 'Your runs will stand here' }).waitFor();
});
