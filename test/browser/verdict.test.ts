/** The verdict after a run, on the page as it ships: three parts, each with its picture, and a remedy that runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const PATIENCE = 100_000;
const ADDRESS =
  '#/run?arms=soft&rounds=1&promptsPerRound=16&testItems=16&fewShotItems=16&validationItems=4&probeItems=4';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({ file: ADDRESS });
  const { page } = opened;
  await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE });
}, 2 * PATIENCE);
afterAll(() => opened.close());

describe('the verdict', () => {
  it('has three sentences, each of which leads to its picture, by keyboard too', async () => {
    const verdict = opened.page.getByRole('region', { name: 'Verdict: SOFT' });
    // It comes as a late script.
    await expect.poll(() => verdict.locator('.verdict-part').count(), { timeout: PATIENCE }).toBe(3);
    const parts = await verdict.locator('.verdict-part').allInnerTexts();
    expect(parts[0]).toMatch(
      /Did the student beat its teacher\?[^]*scores \d\.\d\d; its teacher, with them, \d\.\d\d/,
    );
    expect(parts[1]).toMatch(/Did the teacher get better\?[^]*the last trained model \d\.\d\d/);
    expect(parts[2]).toMatch(/Format or meaning\?[^]*Zero-shot went from \d\.\d\d to \d\.\d\d/);
    const checked = (name: string) =>
      opened.page.getByRole('radio', { name, exact: true }).getAttribute('aria-checked');
    await verdict.getByRole('button', { name: /^Show the wall/ }).click();
    await opened.page.locator('.arm-wall').first().waitFor();
    expect(await checked('Wall')).toBe('true');
    await verdict
      .getByRole('button', { name: 'Show the staircase: Did the student beat its teacher?' })
      .focus();
    await opened.page.keyboard.press('Enter');
    await expect.poll(() => checked('Staircase')).toBe('true');
    expect(await violationsOf(opened.page)).toEqual([]);
  });

  it('says what stands in the way, with a remedy that runs and its price', async () => {
    const { page } = opened;
    const verdict = page.getByRole('region', { name: 'Verdict: SOFT' });
    const failures = verdict.locator('.verdict-failures');
    expect(await failures.innerText()).toMatch(/Too few test items to tell: 16\.[^]*About .* here\./);
    await failures.getByRole('button', { name: 'Score 100 test items and run' }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE });
    expect(new URL(page.url()).hash).toContain('testItems=100');
    expect(await page.getByText('Too few test items').count()).toBe(0);
  });
});
