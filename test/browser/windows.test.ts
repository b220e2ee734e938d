/** What a run meets outside of itself: another window, a storage that is cleared, a worker that vanishes. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const SMALL =
  'arms=soft&rounds=1&demonstrations=1&epochs=1&promptsPerRound=4&fewShotItems=0&validationItems=0&probeItems=0&constrained=false';
/** Milliseconds: a run takes seconds on whatever else this machine does. */
const PATIENCE = 100_000;

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const sentence = (page: Page): Promise<string> => page.locator('.status-line p').innerText();
/** Whatever the setup beside it would run next. */
const ended = (page: Page) =>
  page
    .locator('.status-line p')
    .getByText(/^The run has ended/)
    .waitFor({ timeout: PATIENCE });
const ready = (page: Page) => page.getByText(/^Ready\. (A quick look: )?nano/).waitFor({ timeout: PATIENCE });
/** Begins a run and leaves it paused after its first phase. */
async function begin(page: Page): Promise<void> {
  await ready(page);
  await button(page, 'Step one phase').click();
  await button(page, 'Go on').waitFor({ timeout: PATIENCE });
}

/** In this window and in those that it opens. */
const withoutLocks = (page: Page) =>
  page.context().addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'locks');
  });

/** A second window of the same browser, with the same storage. */
async function secondWindow(page: Page, address: string): Promise<Page> {
  const opening = page.context().waitForEvent('page');
  await page.evaluate((to) => {
    window.open(to, '_blank', 'noopener');
  }, address);
  return opening;
}

describe.each([
  ['with Web Locks', undefined],
  ['where the browser has no locks', withoutLocks],
])('a run that one window computes, %s,', (_how, prepare) => {
  let opened: OpenedPage;
  let other: Page;
  let row: Locator;
  beforeAll(async () => {
    opened = await openPage({
      file: `#/run?${SMALL}&testItems=4`,
      ...(prepare !== undefined && { prepare }),
    });
    await begin(opened.page);
    other = await secondWindow(opened.page, new URL('#/compare', opened.site.url).href);
    await ready(other);
    row = other.getByRole('row').nth(1);
  }, PATIENCE);
  afterAll(() => opened.close());

  it('stands in another window as that, which can neither go on with it nor delete it', async () => {
    expect(await other.evaluate(() => 'locks' in navigator)).toBe(prepare === undefined);
    await row.getByText('running in another window').waitFor();
    expect(await row.getByRole('button', { name: /^Go on with/ }).count()).toBe(0);
    await row.getByRole('button', { name: /^More for/ }).click();
    const remove = other.getByRole('menuitem', { name: 'Delete' });
    expect(await remove.getAttribute('aria-disabled')).toBe('true');
    await other.keyboard.press('Escape');
    expect(await button(other, 'Not now').count()).toBe(0);
  });

  it('is offered there when its own window goes, and goes on to its end', async () => {
    await opened.page.goto('about:blank');
    await button(other, 'Not now').waitFor({ timeout: PATIENCE });
    await row.getByText('interrupted').waitFor();
    await row.getByRole('button', { name: /^Go on with/ }).click();
    await ended(other);
    expect(await sentence(other)).toMatch(/^The run has ended/);
    expect(await button(other, 'Not now').count()).toBe(0);
    expect(await other.getByRole('alert').count()).toBe(0);
  });
});

/** Of the runs in IndexedDB. */
const statusesOnDisk = (page: Page): Promise<unknown[]> =>
  page.evaluate(
    () =>
      new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open('bootlace');
        opening.onerror = () => {
          reject(new Error('it does not open'));
        };
        opening.onsuccess = () => {
          const database = opening.result;
          const reading = database.transaction('runs').objectStore('runs').getAll();
          reading.onsuccess = () => {
            const runs: unknown[] = reading.result;
            database.close();
            resolve(
              runs.map((run) =>
                typeof run === 'object' && run !== null && 'status' in run ? run.status : null,
              ),
            );
          };
        };
      }),
  );

describe('a run', () => {
  it('whose storage is cleared in its middle is written again, and opens after a reload', async () => {
    const opened = await openPage({ file: `#/run?${SMALL}&testItems=4` });
    const { page } = opened;
    await begin(page);
    await page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const cleared = indexedDB.deleteDatabase('bootlace');
          cleared.onsuccess = () => {
            resolve();
          };
          cleared.onerror = () => {
            reject(new Error('it was not cleared'));
          };
        }),
    );
    await button(page, 'Go on').click();
    await ended(page);
    await page.getByText('The run is written again from this page.').waitFor();
    // The page has its end a moment before the disk has it.
    await expect.poll(() => statusesOnDisk(page)).toEqual(['done']);
    await page.reload();
    await ready(page);
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page
      .getByRole('row')
      .nth(1)
      .getByRole('button', { name: /^Open / })
      .click();
    await expect.poll(() => sentence(page)).toMatch(/^A past run/);
    expect(await page.getByRole('alert').count()).toBe(0);
    await opened.close();
  });

  it('whose worker vanishes at work says so, and goes on with the next one', async () => {
    const opened = await openPage({ file: `#/run?${SMALL}&testItems=400` });
    const { page } = opened;
    await ready(page);
    await button(page, 'Run').click();
    await expect
      .poll(() => sentence(page), { timeout: PATIENCE, interval: 20 })
      .toMatch(/scoring: .* [1-9]\d* of/);
    const worker = page.workers().find((one) => one.url().includes('inference'));
    // No error event comes of it, as of a worker that the browser ends.
    await worker?.evaluate(() => {
      self.close();
    });
    const fault = page.getByRole('alert').filter({ hasText: 'The browser ended the worker' });
    await fault.waitFor({ timeout: PATIENCE });
    await fault.getByRole('button', { name: 'Go on' }).click();
    await ended(page);
    expect(await sentence(page)).toMatch(/^The run has ended/);
    expect(await page.getByRole('alert').count()).toBe(0);
    await opened.close();
  });
});
