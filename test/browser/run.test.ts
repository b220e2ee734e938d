/** A run on the page as it ships, from its first step to a replay elsewhere: paused, stepped, interrupted, exported. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunFile } from '../../src/store/runs/run-file.ts';
import { readRunFile } from '../../src/store/runs/run-file.ts';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import { SOFTWARE_WEBGPU } from './devices.ts';
import { runFile } from './imported-runs.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';
import { requestsOf, watchWorkers } from './watch-workers.ts';

declare global {
  interface Window {
    /** All that the status line said, as it changed. */
    sentences: string[];
  }
}

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
  // The small pictures below have one of their own.
  legend: await page.getByRole('list', { name: 'Arms' }).first().innerText(),
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

describe('a run that is stopped in the middle', () => {
  const IN_PARTS =
    'epochs=20&promptsPerRound=4&testItems=304&fewShotItems=0&validationItems=0&probeItems=0&constrained=false';
  let opened: OpenedPage;
  let page: Page;
  beforeAll(async () => {
    opened = await openPage({ file: `#/run?v=2&task=topic-4&arms=soft&rounds=1&${IN_PARTS}` });
    page = opened.page;
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
  });
  afterAll(() => opened.close());

  /** Presses it, and Stop as soon as the sentence says so, however fast the run is: nobody has to be quick. */
  const stoppedAt = async (press: Locator, words: RegExp): Promise<void> => {
    await page.evaluate((pattern) => {
      new MutationObserver((_, observer) => {
        const said = document.querySelector('.status-line p')?.textContent ?? '';
        if (!new RegExp(pattern).test(said)) return;
        observer.disconnect();
        document.querySelector<HTMLButtonElement>('[aria-label="Stop and keep"]')?.click();
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    }, words.source);
    await press.click();
    await page.getByText(/^Stopped\. What was measured until then is kept\./).waitFor({ timeout: PATIENCE });
  };
  /** What it told until now, and how much of each evaluation. */
  const told = ({ events }: RunFile) =>
    (events.get('soft/1') ?? []).map((event) =>
      event.type === 'answered'
        ? [event.type, event.predictions.length]
        : event.type === 'evaluated'
          ? [event.type, event.evaluation.predictions.length]
          : [event.type],
    );
  let kept: RunFile;

  it('keeps the part of a round that was scored, and goes on behind it after a reload', async () => {
    // Parts end at 48, 176 and 304 items.
    await stoppedAt(button(page, 'Run'), /test, zero-shot; (4[89]|[5-9]\d|[12]\d\d) of 304 done/);
    ({ file: kept } = await exported(page));
    expect(kept.status).toBe('stopped');
    const parts = told(kept);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts).toEqual([48, 128].slice(0, parts.length).map((items) => ['answered', items]));
    const items = parts.length * 128 - 80;
    await page.reload();
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    await go(page, 'Compare');
    await page.evaluate(() => {
      window.sentences = [];
      new MutationObserver(() => {
        window.sentences.push(document.querySelector('.status-line p')?.textContent ?? '');
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await stoppedAt(page.getByRole('button', { name: /^Go on with/ }), /, step ([1-9]|1\d) of 20\./);
    const asked = (await page.evaluate(() => window.sentences)).flatMap(
      (said) => /before round 1, scoring: .* of (\d+) done/.exec(said)?.[1] ?? [],
    );
    expect([...new Set(asked)]).toEqual([`${304 - items}`]);
  });

  it('keeps what was labelled when it is stopped in the middle of a training, and goes on to the same figures', async () => {
    await go(page, 'Run');
    const { file: before } = await exported(page);
    expect(told(before)).toEqual([['evaluated', 304], ['round-ended'], ['labelled']]);
    await button(page, 'Go on').click();
    await ended(page);
    const { file } = await exported(page);
    expect(file.status).toBe('done');
    expect(told(file)).toEqual([
      ...told(before),
      ...[['trained'], ['evaluated', 304], ['round-ended'], ['ended']],
    ]);
    const [stopped, gone] = [before, file].map((one) => one.events.get('soft/1'));
    expect(gone?.slice(0, 3)).toEqual(stopped);
    const [first] = kept.events.get('soft/1') ?? [];
    const [whole] = gone ?? [];
    if (first?.type !== 'answered' || whole?.type !== 'evaluated') expect.fail('It begins with its scores.');
    expect(whole.evaluation.predictions.slice(0, 48)).toEqual(first.predictions);
    // The same again in one go, in a page that remembers nothing.
    await page.reload();
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    await button(page, 'Run').click();
    await ended(page);
    expect(figures((await exported(page)).file)).toEqual(figures(file));
  });
});

describe('a past run', () => {
  it('of another setup than the one beside it is run again as it was, by its own setup', async () => {
    const opened = await openPage({ file: '#/run' });
    const { page } = opened;
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    const setup = {
      ...{ ...DEFAULT_SETUP, taskId: 'topic-4', seeds: [3] },
      arms: [{ name: 'frozen', method: 'frozen-teacher' as const, knobs: { epochs: 5 } }],
      shared: { rounds: 2, demonstrations: 4, validationItems: 0 },
    };
    const file = await runFile('of before', setup, 1e12);
    await go(page, 'Compare');
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await go(page, 'Compare');
    await button(page, 'Open of before').click();
    await expect.poll(() => sentence(page)).toMatch(/^A past run/);
    // What a press would run is the setup beside it.
    await button(page, 'Run').waitFor();
    expect(await button(page, 'Run again').count()).toBe(0);
    await button(page, 'Use this setup').click();
    await button(page, 'Run again').click();
    await button(page, 'Pause').waitFor({ timeout: PATIENCE });
    await page.getByRole('heading', { name: 'topic-4 on nano, seed 3: frozen' }).waitFor();
    await button(page, 'Stop and keep').click();
    await page.getByText(/^Stopped\./).waitFor({ timeout: PATIENCE });
    const { file: again } = await exported(page);
    expect(again.setup).toEqual(setup);
    expect(again.status).toBe('stopped');
    // It can be gone on with, or begun anew; or the setup beside it, once that is another.
    await button(page, 'Go on').waitFor();
    await button(page, 'Run again from the start').waitFor();
    await page.getByRole('textbox', { name: 'First seed' }).fill('4');
    await page.keyboard.press('Enter');
    await button(page, 'Run this setup').click();
    await page.getByRole('heading', { name: 'topic-4 on nano, seed 4: frozen' }).waitFor();
    await button(page, 'Stop and keep').click();
    await page.getByText(/^Stopped\./).waitFor({ timeout: PATIENCE });
    expect(opened.strayRequests).toEqual([]);
    await opened.close();
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
    await other.getByText(/^Set up: .* on nano, seed 7.* until Run is pressed/).waitFor();
    await button(other, 'What happens here, in plain words').click();
    await other.getByRole('heading', { name: 'Every term' }).waitFor();
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
