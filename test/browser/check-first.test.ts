/** A file of one's own to a finished run, with the word said before it: a table of two columns, 300 rows, nano, wasm. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import { ownTable } from './own-table.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const SMALL =
  'arms=soft&epochs=1&testItems=16&fewShotItems=4&validationItems=0&probeItems=0&constrained=false&promptsPerRound=64';
/** Milliseconds: looks and runs take seconds on whatever else this machine does. */
const PATIENCE = 100_000;

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({ file: `#/data?${SMALL}` });
});
afterAll(() => opened.close());

async function imported(name: string, buffer: Buffer): Promise<Page> {
  const { page } = opened;
  await page.getByRole('tab', { name: 'Data & models' }).click();
  await page.getByRole('option', { name: 'Import a task' }).first().click();
  await page.locator('input[type=file]').first().setInputFiles({ name, mimeType: 'text/csv', buffer });
  await page.getByText(/^Rows that fit the 256 tokens of nano: /).waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Import and use' }).click();
  await page.getByRole('button', { name: 'In use', exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Run' }).click();
  return page;
}

/** The word, once nothing is asked any more. */
async function word(page: Page): Promise<string> {
  const title = page.locator('#check-title');
  await expect
    .poll(() => title.innerText(), { timeout: PATIENCE })
    .toMatch(/^A run (can|may not|cannot) work$/);
  return title.innerText();
}

describe('from a file to a run', () => {
  it('says before that the sizes do not fit, sets those that do by one press, and the run ends as was said', async () => {
    const page = await imported('notes.csv', await ownTable());
    await page.getByRole('button', { name: 'Check first' }).click();
    await expect.poll(() => word(page), { timeout: PATIENCE }).toBe('A run cannot work');
    const panel = page.locator('.check');
    expect(await panel.innerText()).toMatch(/3 rounds of 64 need 192 prompts; the task has \d+\./);
    expect(await violationsOf(page)).toEqual([]);
    await panel.getByRole('button', { name: '1 round of 64', exact: true }).click();
    await expect.poll(() => page.url()).toContain('rounds=1');
    await expect
      .poll(() => panel.innerText(), { timeout: PATIENCE })
      .toMatch(/The 64 prompts that it needs fit/);
    const before = await word(page);
    expect(before).not.toBe('A run cannot work');
    const figures = await panel.innerText();
    expect(figures).toMatch(/Right\s+[01]\.\d\d \([01]\.\d\d to [01]\.\d\d\)/);
    // Before a run the map knows as much as the look: a line of places, then, when it is asked for, the place.
    await page.getByRole('radio', { name: 'Map', exact: true }).click();
    const bound = page.getByText(
      /^Dotted: where the base may stand, by .* on the rows of the look beforehand, /,
    );
    await bound.waitFor();
    await panel.getByRole('button', { name: 'Its place on the map' }).click();
    await panel.getByRole('button', { name: /^Find this setup/ }).click();
    await panel.getByText(/^Of \d+ rows, the base gets \d+% wrong/).waitFor({ timeout: PATIENCE });
    expect(await bound.count()).toBe(0);
    await page.locator('.error-map').getByText('yours', { exact: true }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('radio', { name: 'Scores', exact: true }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE });
    // What happened stands beside what was said: the setup is the same, so the word still holds.
    expect(await page.locator('.headline').innerText()).toMatch(/SOFT/);
    expect(await page.locator('#check-title').innerText()).toBe(before);
    // The look has given way to the run, in one line that opens again.
    expect(await panel.getByRole('table').count()).toBe(0);
    expect((await panel.boundingBox())?.height).toBeLessThan(60);
    await panel.getByRole('button', { name: 'Open the look beforehand' }).press('Enter');
    await panel.getByRole('table').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.getByText('Changed since').count()).toBe(0);
  });

  it('of labels that the model never says: names that it does say make a task of their own', async () => {
    const codes = await ownTable((label, all) => `K${all.indexOf(label)}-x`);
    const page = await imported('codes.csv', codes);
    await page.getByText('Changed since: the task. What').waitFor();
    await page.getByRole('button', { name: 'Check again' }).click();
    await expect.poll(() => word(page), { timeout: PATIENCE }).toBe('A run cannot work');
    expect(await page.locator('.check').innerText()).toMatch(/answers are labels at all/);
    await page.getByRole('button', { name: 'Give the labels other names' }).click();
    const lines = (await ownTable()).toString().split('\n').slice(1);
    const labels = [...new Set(lines.map((line) => line.slice(line.lastIndexOf(',') + 1)))].sort();
    for (const [i, label] of labels.entries()) await page.getByLabel(`K${i}-x`).fill(label);
    await page.getByRole('button', { name: 'Make a task with these' }).click();
    await expect.poll(() => page.url()).toContain('task=codes-renamed');
    await expect
      .poll(() => page.locator('.check').innerText(), { timeout: PATIENCE })
      .toContain('codes-renamed');
    expect(await word(page)).not.toBe('A run cannot work');
  });

  it('and the guide to it stands in the page', async () => {
    const { page } = opened;
    await page.getByRole('tab', { name: 'Data & models' }).click();
    await page.getByRole('option', { name: 'Your own data' }).click();
    await page.getByRole('heading', { name: 'Ask whether a run can work' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    // A model folder need not have every file: those that are not there are told as 404.
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    expect(opened.strayRequests).toEqual([]);
  });
});
