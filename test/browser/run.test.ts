/** A run on the page as it ships, from its first step to a replay elsewhere: paused, stepped, interrupted, exported. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunFile } from '../../src/store/runs/run-file.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import { SOFTWARE_WEBGPU } from './devices.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';
import { requestsOf, watchWorkers } from './watch-workers.ts';

const TINY = fileURLToPath(new URL('../fixtures/models/tiny', import.meta.url));
const SIZES = 'promptsPerRound=8&testItems=8&fewShotItems=4&validationItems=4&probeItems=4&constrained=false';
const SMALLEST =
  'demonstrations=1&epochs=1&promptsPerRound=4&testItems=4&fewShotItems=0&validationItems=0&probeItems=0&constrained=false';
const ADDRESS = `#/run?arms=soft,frozen-teacher&rounds=2&${SIZES}`;
/** Milliseconds: a run takes seconds on whatever else this machine does. */
const PATIENCE = 100_000;
/** Nothing has moved for so long: it stands still. */
const STILL = 800;

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const sentence = (page: Page): Promise<string> => page.locator('.status-line p').innerText();
/** All that a run changes: the whole view, the sentence beneath, what the workers were asked. */
const look = async (page: Page) => [
  await page.locator('main').innerText(),
  await sentence(page),
  (await requestsOf(page)).length,
];

/** Waits until a paused run stands still: what was under way ends by itself. The sentence then. */
async function atRest(page: Page): Promise<string> {
  await button(page, 'Go on').waitFor({ timeout: PATIENCE });
  await expect
    .poll(
      async () => {
        const before = await look(page);
        await page.waitForTimeout(STILL);
        return JSON.stringify(before) === JSON.stringify(await look(page));
      },
      { timeout: PATIENCE },
    )
    .toBe(true);
  return sentence(page);
}

const step = async (page: Page, what: 'phase' | 'round'): Promise<string> => {
  await button(page, `Step one ${what}`).click();
  return atRest(page);
};

const ended = (page: Page) => button(page, 'Run again').waitFor({ timeout: PATIENCE });
const go = (page: Page, title: string) => page.getByRole('tab', { name: title }).click();

/** The newest run, as Compare exports it. */
async function exported(page: Page): Promise<{ readonly path: string; readonly file: RunFile }> {
  await go(page, 'Compare');
  await page
    .getByRole('button', { name: /^More for/ })
    .first()
    .click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Export as a file' }).click();
  const path = await (await download).path();
  await go(page, 'Run');
  return { path, file: readRunFile(new Uint8Array(await readFile(path)), 'the exported run') };
}

/** Everything that the run measured, without what it took. */
const figures = ({ events }: RunFile) =>
  [...events].map(([cell, told]) => ({ cell, told: told.map((event) => ({ ...event, cost: null })) }));

/** What stands above the chart, and every arm's last score. */
const shown = async (page: Page) => ({
  headline: await page.locator('.headline').innerText(),
  legend: await page.getByRole('list', { name: 'Arms' }).innerText(),
});

describe('a run', () => {
  let opened: OpenedPage;
  let page: Page;
  let whole: Awaited<ReturnType<typeof exported>>;
  let wholeShown: Awaited<ReturnType<typeof shown>>;
  beforeAll(async () => {
    opened = await openPage({ file: ADDRESS, prepare: watchWorkers });
    page = opened.page;
    await page.getByText('nano ready').waitFor();
    await button(page, 'Run').click();
    await ended(page);
    wholeShown = await shown(page);
    whole = await exported(page);
    // The same again in a page that remembers nothing.
    await page.reload();
    await page.getByText('nano ready').waitFor();
  }, PATIENCE);
  afterAll(() => opened.close());

  it('begins with a step, moves by phases and rounds, stands still while paused, and ends with the same figures', async () => {
    expect(await sentence(page)).toMatch(/^Ready\./);
    expect(await step(page, 'phase')).toMatch(/^Paused\. SOFT, before round 1: the answers are scored\./);
    // The arms take turns, round by round.
    expect(await step(page, 'phase')).toMatch(
      /^Paused\. frozen teacher, before round 1: the answers are scored\./,
    );
    expect(await step(page, 'phase')).toMatch(/^Paused\. SOFT, round 1 of 2: the prompts are labelled\./);
    await page.getByRole('heading', { name: 'Inside: label' }).waitFor();
    // The filter and the order tell of the same event: nothing is computed for them.
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Inside: filter' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Inside: order' }).waitFor();
    expect(await sentence(page)).toMatch(/^Paused\. SOFT, round 1 of 2: the rows are in order\./);

    const chart = page.getByRole('img', { name: /^Chart of .* by round/ });
    expect(await chart.getAttribute('aria-label')).toMatch(/SOFT: round 0 \d\.\d+\./);
    await step(page, 'round');
    expect(await chart.getAttribute('aria-label')).toMatch(/SOFT: round 0 \d\.\d+, round 1 \d\.\d+\./);

    await button(page, 'Go on').click();
    await button(page, 'Pause').click();
    expect(await atRest(page)).toMatch(/^Paused\. (SOFT|frozen teacher), round [12]/);
    await button(page, 'Go on').click();
    await ended(page);
    expect(await shown(page)).toEqual(wholeShown);
    expect(figures((await exported(page)).file)).toEqual(figures(whole.file));
    await button(page, 'Reset').click();
    await expect.poll(() => sentence(page)).toMatch(/^Ready\./);
  });

  it('says what it is, and a setup that is another beside it is said and can be left for the run’s', async () => {
    await button(page, 'Run').click();
    const title = page.getByRole('heading', { name: /^\S+ on nano, seed \d+: SOFT/ });
    const told = await title.innerText();
    const setup = page.getByRole('region', { name: 'Setup of the run that is shown' });
    await ended(page);
    expect(await setup.getByRole('button', { name: 'Use this setup' }).count()).toBe(0);
    const before = new URL(page.url()).hash;
    await page.getByRole('textbox', { name: 'First seed' }).fill('77');
    await page.keyboard.press('Enter');
    // The picture is the run's as before.
    expect(await title.innerText()).toBe(told);
    await setup.getByRole('button', { name: 'Use this setup' }).click();
    await ended(page);
    expect(new URL(page.url()).hash).toBe(before);
    await button(page, 'Reset').click();
    await expect.poll(() => sentence(page)).toMatch(/^Ready\./);
  });

  it('goes on after a reload in its middle, to the same figures', async () => {
    // In a page that has computed none of it.
    await page.reload();
    await page.getByText('nano ready').waitFor();
    await button(page, 'Run').click();
    await expect
      .poll(() => sentence(page), { timeout: PATIENCE, interval: 20 })
      .toMatch(/^SOFT, round 2 of 2/);
    await page.reload();
    await page.getByText('was under way when the page was closed').waitFor();
    await button(page, 'Go on').click();
    await ended(page);
    const { file } = await exported(page);
    expect(file.status).toBe('done');
    expect(figures(file)).toEqual(figures(whole.file));
  });

  it('that is not gone on with after a reload stays among the past runs as interrupted, is not offered again, and goes on from there', async () => {
    await page.reload();
    await step(page, 'phase');
    await page.reload();
    await button(page, 'Not now').click();
    await go(page, 'Compare');
    const newest = page.getByRole('row').nth(1);
    await newest.getByText('interrupted').waitFor();
    await page.reload();
    // What is kept has been read by then.
    await expect.poll(() => sentence(page), { timeout: PATIENCE }).toMatch(/^Ready\./);
    expect(await newest.innerText()).toMatch(/interrupted/);
    expect(await button(page, 'Not now').count()).toBe(0);
    await newest.getByRole('button', { name: /^Go on with/ }).click();
    await ended(page);
    expect(figures((await exported(page)).file)).toEqual(figures(whole.file));
  });

  it('plays to its end in another browser from its file alone, where there is no model and no worker computes', async () => {
    const other = await opened.another('#/compare', async (fresh) => {
      await watchWorkers(fresh);
      await fresh.route('**/models/**', (route) => route.abort());
    });
    const told = other.getByRole('alert').filter({ hasText: 'The model could not be loaded' });
    await told.waitFor();
    expect(await other.getByRole('alert').count()).toBe(1);
    await other.locator('input[type=file]').first().setInputFiles(whole.path);
    const replay = other.getByRole('region', { name: 'Replay' });
    await replay.getByRole('radio', { name: '16×' }).click();
    await other.getByText(/A recorded run, at rest/).waitFor({ timeout: PATIENCE });
    expect(await sentence(other)).toMatch(/event (\d+) of \1\./);
    expect(await shown(other)).toEqual(wholeShown);
    expect(figures((await exported(other)).file)).toEqual(figures(whole.file));
    expect(await requestsOf(other)).toEqual([]);
    await other.context().close();
  });

  it('asked nothing of any other host, and complained of nothing', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints.filter((text) => !/404|ERR_FAILED/.test(text))).toEqual([]);
  });
});

describe('the address', () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openPage({ file: `${ADDRESS}&arm.soft.learningRate=0.002` });
  });
  afterAll(() => opened.close());

  const setupOn = async (page: Page) => ({
    address: new URL(page.url()).hash,
    fields: await page
      .locator('.run-knobs input')
      .evaluateAll((all) => all.map((one) => 'value' in one && one.value)),
    choices: await page.locator('.run-knobs .knob-choice').allInnerTexts(),
  });

  it('copied from a page gives the same setup in another', async () => {
    const { page } = opened;
    await page.getByRole('textbox', { name: 'First seed' }).fill('7');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('seeds=7');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await button(page, 'Copy link').click();
    await button(page, 'Link copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await opened.another(link);
    await other.getByRole('textbox', { name: 'First seed' }).waitFor();
    const setup = await setupOn(page);
    expect(setup.address).toContain('arm.soft.learningRate=0.002');
    expect(setup.fields).toContain('7');
    expect(await setupOn(other)).toEqual(setup);
  });

  it('holds, where it is changed while the page begins', async () => {
    const other = await opened.another('#/run?rounds=2', (fresh) =>
      fresh.addInitScript(() => {
        document.addEventListener('DOMContentLoaded', () => {
          window.location.hash = '#/run?rounds=5';
        });
      }),
    );
    const rounds = other.getByRole('textbox', { name: 'Rounds' });
    await expect.poll(() => rounds.inputValue()).toBe('5');
    // All that the page reads at its start is there.
    await other.getByText(/^(Ready|Loading nano)/).waitFor();
    expect(new URL(other.url()).hash).toBe('#/run?v=2&rounds=5&learningRate=0.004');
    expect(opened.strayRequests).toEqual([]);
  });
});

describe('a run on WebGPU', () => {
  it('of a model from a folder comes to its end with both workers on the device', async () => {
    const opened = await openPage({
      ...SOFTWARE_WEBGPU.open,
      file: `#/data?arms=soft&rounds=1&${SMALLEST}`,
      prepare: async (fresh) => {
        await watchWorkers(fresh, SOFTWARE_WEBGPU.backend);
        // No bundled model: a software GPU would take its time with it.
        await fresh.route('**/models/**', (route) => route.abort());
      },
    });
    const { page } = opened;
    await page.getByRole('option', { name: 'Load a model' }).click();
    await page.locator('input[type=file]').first().setInputFiles(TINY);
    await page.getByRole('button', { name: /^Device: webgpu, software$/ }).waitFor({ timeout: PATIENCE });
    expect(await page.getByRole('alert').count()).toBe(0);
    await go(page, 'Run');
    await button(page, 'Run').click();
    await ended(page);
    expect(await sentence(page)).toMatch(/^The run has ended/);
    expect(await page.getByRole('alert').count()).toBe(0);
    const { file } = await exported(page);
    expect(file.status).toBe('done');
    expect(file.model.name).toBe('tiny');
    expect(file.events.get('soft/1')?.map(({ type }) => type)).toContain('trained');
    expect(opened.strayRequests).toEqual([]);
    await opened.close();
  });
});
