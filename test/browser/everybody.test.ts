/** Whoever uses no pointer, and whoever wants nothing to move: a whole run by keyboard, and every state without motion. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';
import { STATES } from './synthetic-lab.ts';

const SIZES =
  'promptsPerRound=8&testItems=16&fewShotItems=4&validationItems=4&probeItems=4&constrained=false';
/** Milliseconds: a run takes seconds on whatever else this machine does. */
const PATIENCE = 100_000;
/** Stops of the Tab key from one end of a view to the other. */
const MOST_STOPS = 150;

const hasFocus = (locator: Locator): Promise<boolean> =>
  locator.evaluate((element) => element === document.activeElement);

/** Moves on by Tab alone until it is there; every stop on the way is seen in the window. */
async function tabTo(page: Page, locator: Locator): Promise<void> {
  await locator.waitFor({ state: 'attached' });
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await hasFocus(locator)) return;
    await page.keyboard.press('Tab');
    const unseen = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === null || at === document.body) return '';
      const { left, right, top, bottom } = at.getBoundingClientRect();
      const isSeen = right > 0 && bottom > 0 && left < window.innerWidth && top < window.innerHeight;
      return isSeen ? '' : at.outerHTML.slice(0, 120);
    });
    expect(unseen).toBe('');
  }
  expect.fail(`Tab does not reach ${String(locator)}`);
}

const press = (page: Page, key: string) => page.keyboard.press(key);

/** Along the views by arrows, from the one that is shown. */
async function goTo(page: Page, title: string): Promise<void> {
  await tabTo(page, page.getByRole('tab', { selected: true }));
  const tab = page.getByRole('tab', { name: title });
  for (let i = 0; i < 7 && !(await hasFocus(tab)); i++) await press(page, 'ArrowRight');
  await page.getByRole('tab', { name: title, selected: true }).waitFor();
}

describe('by keyboard alone', () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openPage({ file: `#/run?arms=soft,frozen-teacher&rounds=1&${SIZES}` });
    await opened.page.setViewportSize({ width: 1280, height: 720 });
    await opened.page.getByText('nano ready').waitFor();
  });
  afterAll(() => opened.close());

  it('a run is set up, stepped and ended', async () => {
    const { page } = opened;
    const run = page.getByRole('button', { name: 'Run', exact: true });
    // The first stop leads past tabs and setup.
    await press(page, 'Tab');
    await press(page, 'Enter');
    expect(await hasFocus(run)).toBe(true);
    const prompts = page.getByRole('textbox', { name: 'Prompts per round' });
    await tabTo(page, prompts);
    await press(page, 'ArrowDown');
    expect(await prompts.inputValue()).toBe('7');
    await tabTo(page, page.getByRole('button', { name: 'Step one phase' }));
    await press(page, 'Enter');
    await page
      .getByText('Paused. SOFT, before round 1: the answers are scored.')
      .waitFor({ timeout: PATIENCE });
    // Arms take turns.
    await press(page, 'ArrowRight');
    await page.getByText(/Paused\. Frozen teacher, before round 1/i).waitFor({ timeout: PATIENCE });
    await press(page, 'ArrowRight');
    await page
      .getByText(/Paused\. SOFT, round 1 of 1: the prompts are labelled/)
      .waitFor({ timeout: PATIENCE });
    const filter = page.getByRole('button', { name: /^filter/ });
    await tabTo(page, filter);
    await press(page, 'Enter');
    await page.getByRole('heading', { name: 'Inside: filter' }).waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Go on' }));
    await press(page, 'Enter');
    await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE });
    const wall = page.getByRole('radio', { name: 'Wall', exact: true });
    await tabTo(page, page.getByRole('radio', { name: 'Scores', exact: true }));
    await press(page, 'ArrowRight');
    await press(page, 'Space');
    expect(await wall.getAttribute('aria-checked')).toBe('true');
  });

  it('Space begins a run, rests it and goes on; the right arrow steps by phases, with Shift by rounds', async () => {
    // Small steps, and so many that nobody has to be quick.
    const small =
      'demonstrations=1&epochs=1&promptsPerRound=16&testItems=48&fewShotItems=0&validationItems=0&probeItems=0&constrained=false';
    const page = await opened.another(`#/run?v=2&task=topic-4&arms=soft&rounds=20&${small}`);
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    const control = (name: string) => page.getByRole('button', { name, exact: true });
    const says = (words: RegExp) => page.getByText(words).waitFor({ timeout: PATIENCE });
    await press(page, 'Space');
    await control('Pause').waitFor({ timeout: PATIENCE });
    await press(page, 'Space');
    await control('Go on').waitFor({ timeout: PATIENCE });
    await control('Stop and keep').click();
    await says(/^Stopped\./);
    await control('Reset').click();
    await says(/^Ready\./);
    await press(page, 'Shift+ArrowRight');
    await says(/^Paused\. SOFT, before round 1: the answers are scored\./);
    await press(page, 'ArrowRight');
    await says(/^Paused\. SOFT, round 1 of 20: the prompts are labelled\./);
    // A field has its keys for itself.
    const seed = page.getByRole('textbox', { name: 'First seed' });
    await seed.focus();
    await press(page, 'ArrowRight');
    await press(page, 'Space');
    await seed.blur();
    await press(page, 'ArrowRight');
    await says(/^Paused\. SOFT, round 1 of 20: the filter has looked at the labels\./);
    await press(page, 'Shift+ArrowRight');
    await says(/^Paused\. SOFT, round 1 of 20: the answers are scored\./);
    await press(page, 'Space');
    await control('Pause').waitFor({ timeout: PATIENCE });
    await control('Stop and keep').click();
    await says(/^Stopped\. What was measured until then is kept\./);
    await page.context().close();
  });

  it('a sentence is followed', async () => {
    const { page } = opened;
    await goTo(page, 'Follow');
    await tabTo(page, page.getByRole('button', { name: 'Another prompt' }));
    await press(page, 'Enter');
    await tabTo(page, page.locator('.suggestions button').first());
    await press(page, 'Enter');
    await page.locator('.follow-answer').nth(1).waitFor({ timeout: PATIENCE });
  });

  it('the run is laid over others and exported', async () => {
    const { page } = opened;
    await goTo(page, 'Compare');
    await tabTo(page, page.getByRole('checkbox', { name: /^Lay / }).first());
    await press(page, 'Space');
    await page.locator('.overlay-chart svg').first().waitFor();
    await tabTo(page, page.getByRole('button', { name: /^More for/ }).first());
    await press(page, 'Enter');
    const item = page.getByRole('menuitem', { name: 'Export as a file' });
    for (let i = 0; i < 4 && !(await hasFocus(item)); i++) await press(page, 'ArrowDown');
    const download = page.waitForEvent('download');
    await press(page, 'Enter');
    expect((await download).suggestedFilename()).toMatch(/\.bootlace\.zip$/);
  });

  it.each(['Run', 'Samples', 'Follow', 'Playground', 'Compare', 'Data & models', 'Experiments'])(
    'after the run nothing is amiss for anybody in %s',
    async (title) => {
      const { page } = opened;
      await page.getByRole('tab', { name: title }).click();
      await page.getByRole('tabpanel').waitFor();
      expect(await violationsOf(page)).toEqual([]);
    },
  );
});

describe('where less motion is asked for', () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openPage({ file: 'test/browser/gallery.html' });
  });
  afterAll(() => opened.close());

  /** What moves, or would at the next change, with what it is of. */
  const moving = (page: Page): Promise<readonly string[]> =>
    page.evaluate(() => {
      const nameOf = (element: Element) => element.getAttribute('class') ?? element.tagName;
      const seconds = (times: string) => Math.max(...times.split(',').map((time) => parseFloat(time)));
      const animated = document.getAnimations().flatMap(({ effect }) => {
        const target = effect instanceof KeyframeEffect ? effect.target : null;
        return target === null ? [] : [`${nameOf(target)} is animated`];
      });
      const changing = [...document.querySelectorAll('*')].flatMap((element) =>
        [null, '::before', '::after'].flatMap((part) => {
          const { transitionDuration, scrollBehavior } = getComputedStyle(element, part);
          return [
            ...(seconds(transitionDuration) > 0.02 ? [`${nameOf(element)} changes slowly`] : []),
            ...(scrollBehavior === 'smooth' ? [`${nameOf(element)} scrolls slowly`] : []),
          ];
        }),
      );
      return [...animated, ...changing];
    });

  it.each(STATES)('nothing moves: %s', async (state) => {
    const { page, site } = opened;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(`${site.url}test/browser/gallery.html?state=${state}`);
    await page.locator('.score-chart .plot-host svg').first().waitFor();
    const more = page.getByRole('button', { name: 'More knobs' });
    await more.click();
    for (const group of await page.locator('.run-knobs .fold .fold .fold-button').all()) await group.click();
    expect(await moving(page)).toEqual([]);
    if (state !== 'running') return;
    // Where it is not asked for, the same measure finds what moves.
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect((await moving(page)).join()).toMatch(/is animated.*changes slowly/s);
  });
});
