/** The run that the page opens with: a quick look, its switch, its links, and its arms in turns. */
import type { Locator, Page } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceShape, evidenceWords } from '../../src/analysis/evidence.ts';
import { checked } from '../../src/core/shape.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import { QUICK } from '../../src/store/setup/size.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

/** Milliseconds: a run takes seconds on whatever else this machine does. */
const PATIENCE = 100_000;
const SIZES =
  'promptsPerRound=8&testItems=12&fewShotItems=8&validationItems=0&probeItems=0&constrained=false';

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const sentence = (page: Page): Promise<string> => page.locator('.status-line p').innerText();
const hashOf = (page: Page): string => new URL(page.url()).hash;
const chosen = (page: Page) =>
  page
    .getByRole('radiogroup', { name: 'Size of the run' })
    .getByRole('radio', { checked: true })
    .allInnerTexts();
const choose = (page: Page, size: string) =>
  page.getByRole('radiogroup', { name: 'Size of the run' }).getByRole('radio', { name: size }).click();
const arms = (page: Page) =>
  page.getByRole('group', { name: 'Arms that run' }).locator('.arm-name').allInnerTexts();

let opened: OpenedPage;
let page: Page;
beforeAll(async () => {
  opened = await openPage();
  page = opened.page;
}, PATIENCE);
afterAll(() => opened.close());

describe('the page as it opens', () => {
  it('has a quick look set up, and says so in words and in its address', async () => {
    await page.getByText('nano ready').waitFor();
    expect(await chosen(page)).toEqual(['Quick look']);
    expect(await arms(page)).toEqual(['SOFT', 'frozen teacher']);
    expect(await page.locator('.consequences').innerText()).toContain(
      `Quick look: ${QUICK.testItems} test items`,
    );
    for (const [knob, value] of Object.entries(QUICK)) expect(hashOf(page)).toContain(`${knob}=${value}`);
    // One word says what four chips would.
    expect(await page.getByRole('list', { name: 'Knobs that are not at their defaults' }).count()).toBe(0);
  });

  it('goes to full size by one switch, and back', async () => {
    const quick = hashOf(page);
    await choose(page, 'Full size');
    await expect.poll(() => hashOf(page)).toBe('#/run?v=2');
    expect(await arms(page)).toEqual(['SOFT', 'frozen teacher', 'single round']);
    expect(await page.locator('.consequences').innerText()).toContain('Full size: 400 test items');
    await choose(page, 'Quick look');
    await expect.poll(() => hashOf(page)).toBe(quick);
    expect(await chosen(page)).toEqual(['Quick look']);
  });

  it('is what a link says, whatever the page opens with', async () => {
    for (const [hash, size] of [
      [hashOf(page), ['Quick look']],
      ['#/run?v=2', ['Full size']],
      // Links of before there were sizes.
      ['#/run?task=topic-8', ['Full size']],
      ['#/run?v=2&testItems=100', []],
    ] as const) {
      const other = await opened.another(hash);
      await other.getByRole('radiogroup', { name: 'Size of the run' }).waitFor();
      expect(await chosen(other), hash).toEqual(size);
      await other.context().close();
    }
  });

  it('stays a quick look with another seed', async () => {
    await page.getByRole('textbox', { name: 'First seed' }).fill('5');
    await page.keyboard.press('Enter');
    await expect.poll(() => hashOf(page)).toContain('seeds=5');
    expect(await chosen(page)).toEqual(['Quick look']);
  });

  it('says of a knob that is set what it is set to, folded or not, and takes it back by one press', async () => {
    const before = hashOf(page);
    await button(page, 'More knobs').click();
    await button(page, 'Training').click();
    const epochs = page.getByRole('textbox', { name: 'Epochs' });
    await epochs.fill('5');
    await page.keyboard.press('Enter');
    await expect.poll(() => hashOf(page)).toContain('epochs=5');
    await page.getByRole('button', { name: /^Training\s*1 set$/ }).waitFor();
    await button(page, 'More knobs').click();
    await epochs.waitFor({ state: 'hidden' });
    const chips = page.getByRole('list', { name: 'Knobs that are not at their defaults' });
    expect(await chips.getByRole('listitem').allInnerTexts()).toEqual(['Epochs 5 ×']);
    // In one column all of the setup is folded, and says how many are set.
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: /^Setup: .*; 1 knob set$/ }).waitFor();
    expect(await chips.count()).toBe(0);
    await page.setViewportSize({ width: 1280, height: 720 });
    await chips.getByRole('button', { name: 'Epochs 5: back to the default' }).click();
    await expect.poll(() => chips.count()).toBe(0);
    expect(hashOf(page)).toBe(before);
    await button(page, 'More knobs').click();
    await button(page, 'Training').click();
    expect(await epochs.inputValue()).toBe('3');
    await button(page, 'More knobs').click();
  });
});

describe('a run of two arms', () => {
  let run: Page;
  beforeAll(async () => {
    run = await opened.another(`#/run?arms=soft,frozen-teacher&rounds=2&${SIZES}`);
    await run.getByText('nano ready').waitFor();
  }, PATIENCE);

  const step = async (words: RegExp) => {
    await button(run, 'Step one round').click();
    await expect.poll(() => sentence(run), { timeout: PATIENCE }).toMatch(words);
  };

  it('gives each a round before either has the next', async () => {
    await step(/^Paused\. SOFT, before round 1/);
    await step(/^Paused\. Frozen teacher, before round 1/i);
    await step(/^Paused\. SOFT, round 1 of 2/);
    await step(/^Paused\. Frozen teacher, round 1 of 2/i);
    const chart = run.getByRole('img', { name: /^Chart of/ });
    const words = await chart.getAttribute('aria-label');
    const [, soft, frozen] =
      /SOFT: round 0 \S+ round 1 (\S+)\. frozen teacher: round 0 \S+ round 1 (\S+)\./i.exec(words ?? '') ??
      [];
    expect(soft).toBeDefined();
    // The base teaches both, so that the first round is the same.
    expect(frozen).toBe(soft);
    await step(/^Paused\. SOFT, round 2 of 2/);
  });

  it('says on the way what the student’s last round says, of as many items as both were scored on', async () => {
    const headline = run.getByRole('region', { name: 'What happened' });
    expect(await headline.innerText()).toMatch(
      /^So far\. On the 8 test items that both were asked, the last student[^]*; one seed\)/,
    );
  });

  it('comes to its end, and its scores carry the number of their items', async () => {
    await button(run, 'Go on').click();
    await button(run, 'Run again').waitFor({ timeout: PATIENCE });
    const download = run.waitForEvent('download');
    await run
      .getByRole('group', { name: 'Download: Score by round' })
      .getByRole('button', { name: /CSV/ })
      .click();
    const [head = '', ...rows] = (await readFile(await (await download).path(), 'utf8')).trim().split('\r\n');
    const n = head.split(',').indexOf('n');
    expect(rows).toHaveLength(6);
    for (const row of rows) expect(row.split(',')[n]).toBe('12');
  });

  it('is kept with its sizes', async () => {
    await run.getByRole('tab', { name: 'Compare' }).click();
    await run
      .getByRole('button', { name: /^More for/ })
      .first()
      .click();
    const download = run.waitForEvent('download');
    await run.getByRole('menuitem', { name: 'Export as a file' }).click();
    const file = readRunFile(new Uint8Array(await readFile(await (await download).path())), 'the run');
    expect(file.setup.shared).toMatchObject({ testItems: 12, validationItems: 0 });
    expect([...file.events.keys()]).toEqual(['soft/1', 'frozen-teacher/1']);
  });

  it('asked nothing of any other host, and complained of nothing', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });
});

describe('what is known before any run', () => {
  it('stands above the chart in its own verdicts, a sentence for the toy and one for real models, and begins a run with a seed of one’s own', async () => {
    const other = await opened.another(`#/run?v=2&task=topic-4&arms=soft&rounds=1&${SIZES}`);
    await other.getByText('nano ready').waitFor();
    const opening = other.getByRole('region', { name: /What is known so far/ });
    const evidence: unknown = JSON.parse(await readFile('src/ui/run/opening/evidence.json', 'utf8'));
    const { found } = evidenceWords(checked(evidenceShape, evidence, 'evidence.json', 'internal'));
    await expect.poll(() => opening.locator('p').allInnerTexts()).toEqual(expect.arrayContaining([...found]));
    expect(found).toEqual([
      expect.stringMatching(/^On nano[^.]* claimed before the runs on 5 tasks/),
      expect.stringMatching(/^On real models/),
    ]);
    await expect.poll(() => opening.locator('svg circle').count()).toBeGreaterThan(50);
    await opening.getByRole('textbox', { name: 'Your seed' }).fill('77');
    await other.keyboard.press('Enter');
    await expect.poll(() => hashOf(other)).toContain('seeds=77');
    await opening.getByRole('button', { name: 'Begin with this seed' }).click();
    // Its place is the run's now.
    await expect.poll(() => opening.count()).toBe(0);
    await other.locator('.picture-title').getByText('seed 77').waitFor();
    await other.context().close();
  });
});
