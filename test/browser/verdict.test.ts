/** The verdict after a run, on the page as it ships: three parts, each with its picture, and a remedy that runs. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import type { Task } from '../../src/words/task.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import { violationsOf } from './accessibility.ts';
import type { Otherwise } from './imported-runs.ts';
import { bundledModel, runFile } from './imported-runs.ts';
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
    // What they leave open, if anything, is a matter of these hundred.
    expect(await page.getByText(/Too few test items[^.]*: 16\./).count()).toBe(0);
  });
});

/** Large enough that nobody has to be quick to see it at work. */
const SETUP: Setup = {
  ...DEFAULT_SETUP,
  taskId: 'topic-4',
  arms: [{ name: 'soft', method: 'soft', knobs: {} }],
  shared: { rounds: 2, testItems: 200, fewShotItems: 40, validationItems: 0, probeItems: 0 },
};

/** A past run that is opened, and what its verdict says stood in the way. */
async function opens(page: Page, name: string, otherwise: Otherwise) {
  await page.getByRole('tab', { name: 'Compare' }).click();
  const file = await runFile(name, SETUP, 1e12, otherwise);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByRole('region', { name: 'Replay' }).waitFor();
  await page.getByRole('tab', { name: 'Compare' }).click();
  await page.getByRole('button', { name: `Open ${name}` }).click();
  return page.getByRole('region', { name: 'Verdict: SOFT' }).locator('.verdict-failures');
}

/** The remedy's run begins with all that the run had, and with that beside it; it is stopped again. */
async function runsWith(page: Page, remedy: string, set: Readonly<Record<string, string>>) {
  await page.getByRole('button', { name: `${remedy} and run`, exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor({ timeout: PATIENCE });
  const knobs = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
  expect(Object.fromEntries(knobs)).toMatchObject({
    ...{ task: 'topic-4', arms: 'soft', rounds: '2', testItems: '200', fewShotItems: '40' },
    ...set,
  });
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await page.getByText(/^Stopped\./).waitFor({ timeout: PATIENCE });
}

/** Whatever the teacher said, it said this. */
const labelled =
  (said: (task: Task) => string) =>
  (event: LastingEvent, task: Task): LastingEvent =>
    event.type === 'labelled'
      ? { ...event, samples: event.samples.map((sample) => ({ ...sample, answer: said(task) })) }
      : event;

/** Asked few-shot, the base is always right, and the trained models never. */
function wearingOut(event: LastingEvent, task: Task): LastingEvent {
  if (event.type !== 'evaluated' || event.evaluation.mode !== 'few-shot') return event;
  const rows = new Map(task.splits[event.evaluation.split].map((row) => [row.id, row]));
  const predictions = event.evaluation.predictions.map((prediction) => {
    const { output = '' } = rows.get(prediction.id) ?? {};
    const isExact = event.round === 0;
    const answer = isExact ? output : (task.definition.labels.find((label) => label !== output) ?? '');
    return { ...prediction, answer, isExact };
  });
  return { ...event, evaluation: { ...event.evaluation, predictions } };
}

describe('what stands in the way of a past run', () => {
  it.each([
    {
      what: 'a teacher that never says a label',
      change: labelled(() => 'a cake'),
      sentence: 'The teacher never says a label: 0 of 64 answers are one.',
      remedy: 'Take the likeliest label',
      set: { decoding: 'constrained' },
    },
    {
      what: 'one label for all',
      change: labelled(({ definition }) => definition.labels[0] ?? ''),
      sentence: 'All the same label: 64 of 64 answers are “food”.',
      remedy: 'Show 12 demonstrations',
      set: { demonstrations: '12' },
    },
    {
      what: 'a worn-out teacher',
      change: wearingOut,
      sentence: 'With demonstrations, as a teacher is asked, the model fell from 1.00 to 0.00',
      remedy: 'Practise with demonstrations too',
      set: { template: 'mixed', demonstrationsKept: '3' },
    },
  ])('is said of $what, and what it names runs by one press', async ({ what, change, ...expected }) => {
    const { page } = opened;
    const failures = await opens(page, what, { change });
    await failures.getByText(expected.sentence).waitFor({ timeout: PATIENCE });
    // Beside it none but that one seed may be too few items.
    const said = await failures.getByRole('listitem').allInnerTexts();
    expect(said[0]).toContain(expected.sentence);
    expect(said.slice(1).filter((one) => !one.startsWith('Too few test items to tell'))).toEqual([]);
    expect(await violationsOf(page)).toEqual([]);
    await runsWith(page, expected.remedy, expected.set);
  });

  it('is said of a place where the map tells a loss, once it is found', async () => {
    /** Made up: a loss everywhere, by a map that is worth it. */
    const map = {
      ...{ caption: 'Made up.', fit: [-0.2, 0, 0], byModel: null, spread: 0.03 },
      byTask: {
        errors: { map: 0.02, accuracy: 0.04, constant: 0.05 },
        ...{ slope: 1, intercept: 0, groups: 3 },
      },
      cells: [0.1, 0.2, 0.4].map((systematic, i) => ({
        ...{ model: 'nano', task: 'topic-4', setting: `soft-${i}`, gains: [-0.2, -0.2] },
        ...{ systematic, varying: 0.1, accuracy: 0.9 * (1 - systematic) },
      })),
    };
    const page = await opened.another('#/run?v=2&task=topic-4&arms=soft', (fresh) =>
      fresh.route('**/map.json', (route) => route.fulfill({ json: map })),
    );
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    // Of the base that is loaded: of another the map is not asked.
    const failures = await opens(page, 'a loss', { model: await bundledModel() });
    await page.getByRole('region', { name: 'Verdict: SOFT' }).waitFor();
    expect(await page.getByText('The map tells a loss').count()).toBe(0);
    await page.getByRole('radio', { name: 'Map', exact: true }).click();
    await page.getByRole('button', { name: /^Find this setup/ }).click();
    await failures
      .getByText('The map tells a loss for this kind of errors: −0.200 ± 0.020.')
      .waitFor({ timeout: 2 * PATIENCE });
    await runsWith(page, 'Practise with demonstrations too', { template: 'mixed' });
    await page.context().close();
  });

  it('asked nothing of any other host, and complained of nothing', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });
});
