/** The view over a lab that computes nothing (gallery.ts): what it shows in each state, for everybody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';
import { STATES } from './synthetic-lab.ts';

const GALLERY = 'test/browser/gallery.html';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({ file: GALLERY });
});
afterAll(() => opened.close());

/** The page in a state, its plots drawn. */
async function show(state: (typeof STATES)[number], hash = ''): Promise<OpenedPage['page']> {
  const { page, site } = opened;
  await page.goto(`${site.url}${GALLERY}?state=${state}${hash}`);
  await page.locator('.score-chart .plot-host svg').first().waitFor();
  return page;
}

/** Of the chart: other pictures have their own. */
const downloads = (page: OpenedPage['page'], picture = 'Score by round') =>
  page.getByRole('group', { name: `Download: ${picture}` });

const asked = (): Promise<readonly string[] | undefined> => opened.page.evaluate(() => window.asked);

describe('the page in every state', () => {
  it.each(STATES)('has no accessibility violations in light and dark, wide and narrow: %s', async (state) => {
    const page = await show(state);
    expect(await violationsOf(page)).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});

describe('the first screen', () => {
  it('shows the reference lines before anything ran, and says that they were measured at build time', async () => {
    const page = await show('empty');
    const chart = page.locator('.score-chart');
    await chart.getByText('gold 0.88').waitFor();
    expect(await chart.innerText()).toContain('base few-shot 0.71');
    expect(await chart.innerText()).toContain('measured when the page was built (5 seeds)');
  });

  it('withdraws a reference line when a knob it depends on changes, and only those', async () => {
    const page = await show('empty');
    await page.getByText('gold 0.88').waitFor();
    await page.getByRole('button', { name: /Increase Demonstrations/ }).click();
    await page.getByText('base few-shot 0.71').waitFor({ state: 'detached' });
    const chart = await page.locator('.score-chart').innerText();
    expect(chart).toContain('gold 0.88');
    expect(chart).toContain('base zero-shot 0.15');
    await page.getByRole('button', { name: /Increase Rounds/ }).click();
    await page.getByText('gold 0.88').waitFor({ state: 'detached' });
  });

  it('takes a link’s setup and view, and keeps changes in the address', async () => {
    const page = await show('empty', '#/run');
    await page.evaluate(() => {
      window.location.hash = '#/run?task=sentiment&seeds=7';
    });
    await page.getByRole('button', { name: /sentiment/ }).waitFor();
    expect(await page.getByRole('textbox', { name: 'First seed' }).inputValue()).toBe('7');
    await page.getByRole('button', { name: /Increase Rounds/ }).click();
    await expect.poll(() => new URL(page.url()).hash).toContain('rounds=4');
    expect(new URL(page.url()).hash).toMatch(/^#\/run\?/);
  });

  it('keeps to its window with every knob shown', async () => {
    const page = await show('empty');
    await page.getByRole('button', { name: 'More knobs' }).click();
    const groups = page.locator('.run-knobs .fold .fold .fold-button');
    expect(await groups.count()).toBeGreaterThan(5);
    for (const group of await groups.all()) await group.click();
    const [height, room] = await page.evaluate(() => [
      document.documentElement.scrollHeight,
      window.innerHeight,
    ]);
    expect(height).toBe(room);
  });

  it('is worked by keyboard alone: run, a station, a knob', async () => {
    const page = await show('empty');
    await page.getByRole('button', { name: 'Run', exact: true }).focus();
    await page.keyboard.press('Enter');
    expect(await asked()).toContain('run');
    const train = page.getByRole('button', { name: /^train/ });
    await train.focus();
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'Inside: train' }).waitFor();
    await page.getByRole('textbox', { name: 'Prompts per round' }).focus();
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('textbox', { name: 'Prompts per round' }).inputValue()).toBe('65');
  });
});

describe('a run on the page', () => {
  it('says at the bottom what goes on, for which arm and round', async () => {
    const page = await show('running');
    const sentence = await page.locator('.status-line').innerText();
    expect(sentence).toContain(
      'SOFT, round 2 of 3, labelling: the model from round 1 answers 64 new prompts',
    );
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await asked()).toContain('pause');
  });

  it('shows the prompt with its demonstrations as the model sees it, and the key only when asked', async () => {
    const page = await show('finished');
    await page.getByRole('button', { name: /^label/ }).click();
    const prompt = await page.locator('.prompt-view').innerText();
    expect(prompt.match(/^Story: /gm)).toHaveLength(7);
    expect(prompt.trimEnd().endsWith('Group:')).toBe(true);
    expect(await page.locator('.key-line b').count()).toBe(0);
    await page.getByRole('button', { name: 'Show the key' }).click();
    expect(await page.locator('.key-line b').count()).toBe(1);
  });

  it('shows a scored item with the prompt that the model was given, with its demonstrations in few-shot', async () => {
    const page = await show('finished');
    await page.getByRole('button', { name: /^score/ }).click();
    const stories = async () => (await page.locator('.prompt-view').innerText()).match(/^Story: /gm)?.length;
    expect(await stories()).toBe(1);
    const inside = page.getByRole('region', { name: 'Inside: score' });
    await inside.getByRole('radio', { name: 'few-shot' }).click();
    await expect.poll(stories).toBe(5);
    const before = await page.locator('.the-prompt').innerText();
    await page.getByRole('button', { name: 'Next item' }).click();
    expect(await page.locator('.the-prompt').innerText()).not.toBe(before);
    await page.getByRole('button', { name: 'Show the key' }).click();
    expect(await page.locator('.key-line').innerText()).toMatch(/✓ right|✗ wrong/);
  });

  it('tells a token’s probability and perplexity on focus', async () => {
    const page = await show('finished');
    await page.getByRole('button', { name: /^label/ }).click();
    await page.locator('.prompt-view').focus();
    await page.keyboard.press('Tab');
    const tip = await page.getByRole('tooltip').innerText();
    expect(tip).toMatch(/p [<>]?[\d.]+%, perplexity/);
  });

  it('calls a difference within the noise of one seed no difference', async () => {
    const page = await show('finished');
    const headline = await page.locator('.headline').innerText();
    expect(headline).toMatch(/SOFT: zero-shot 0\.\d\d → 0\.\d\d in 3 rounds/);
    expect(headline).toMatch(
      /Labelled by the base all along: 0\.\d\d, too few to tell these two adapters apart/,
    );
  });

  it('says why a run ended before its last round and what had no room, above the chart and clear of it', async () => {
    const page = await show('early');
    const headline = page.locator('.headline');
    const said = await headline.innerText();
    expect(said).toContain('SOFT: ended in round 2: nothing was kept by the filters (64 of 64: no stop');
    expect(said).toContain('12 of 812 test items');
    expect(said).not.toMatch(/untrained few-shot/);
    const [above, below] = await Promise.all([
      headline.locator('> p').boundingBox(),
      page.locator('.score-chart').boundingBox(),
    ]);
    expect((above?.y ?? NaN) + (above?.height ?? NaN)).toBeLessThan(below?.y ?? NaN);
    await page.getByText('SOFT: labelling, rounds 1 and 2: zero-shot, no demonstration fitted.').waitFor();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.getByText('done, ended early').waitFor();
    await page.locator('.overlay-chart').getByText('ended in round 2').waitFor();
  });

  it('says of a step that takes longer than predicted that it does', async () => {
    const page = await show('late');
    await page.getByText('About 31 s left; this step takes longer than predicted.').waitFor();
  });

  it('offers three next things, which change the setup', async () => {
    const page = await show('finished');
    await page.getByRole('button', { name: '5 seeds', exact: true }).click();
    const seeds = page.getByRole('textbox', { name: 'Seeds', exact: true });
    await expect.poll(() => seeds.inputValue()).toBe('5');
    expect(await page.locator('.next-things li').count()).toBe(3);
  });

  it('joins the scores of a seed from arm to arm, where bands would hide that they are paired', async () => {
    const page = await show('seeds');
    const chart = page.locator('.score-chart');
    const pathsOf = async (mark: string) => chart.locator(`g[aria-label="${mark}"] path`).count();
    expect(await pathsOf('area')).toBe(0);
    const { seeds, arms, rounds } = await page.evaluate(() => ({
      ...{ seeds: 5, arms: document.querySelectorAll('.score-chart .legend li').length, rounds: 3 },
    }));
    // And of each arm the way of its means, in two parts where it was trained once.
    const isOnce = await chart.getByText('single round').count();
    expect(await pathsOf('line')).toBe(seeds * rounds + arms + isOnce);
    await chart.getByText('A thin line joins the scores of one seed').waitFor();
  });

  it('draws the method over its controls, and what lies under it looks out around it', async () => {
    const page = await show('finished');
    const chart = page.locator('.score-chart');
    const dots = chart.locator('g[aria-label="dot"]');
    expect(await dots.last().getAttribute('fill')).toBe('var(--arm-soft)');
    // The base is the same in all arms: of each control a larger outline stands around its mark.
    const arms = await chart.locator('.legend li').count();
    const outlines = chart.locator('g[aria-label="dot"][stroke-width="1.75"]');
    const colours = await outlines.evaluateAll((all) =>
      all.filter((one) => one.childElementCount > 0).map((one) => one.getAttribute('stroke')),
    );
    expect(new Set(colours).size).toBe(arms - 1);
    await chart.getByText('Where arms score alike, the first lies on top').waitFor();
  });

  const csvOf = async (page: OpenedPage['page'], picture: string): Promise<readonly string[]> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      downloads(page, picture).getByRole('button', { name: 'CSV' }).click(),
    ]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text.trimEnd().split('\r\n');
  };

  it('gives what is watched as CSV, the buckets of the histograms too', async () => {
    const [header, ...rows] = await csvOf(await show('finished'), 'Watched every round');
    expect(header).toBe('arm,method,seed,round,metric,mode,split,value,n,from,to');
    const buckets = rows
      .map((row) => row.split(','))
      .filter(([, , , , metric]) => metric === 'self_label_perplexity_share');
    const rounds = [...new Set(buckets.map(([, , , round]) => round))];
    expect(rounds.length).toBeGreaterThan(0);
    for (const round of rounds) {
      const own = buckets.filter((bucket) => bucket[3] === round);
      expect(own.reduce((sum, bucket) => sum + Number(bucket[7]), 0)).toBeCloseTo(1, 9);
      // The last of them has no end.
      expect(own.map((bucket) => bucket[10] === '')).toEqual(own.map((_, i) => i === own.length - 1));
    }
  });

  it('says which number a field did not take', async () => {
    const page = await show('empty');
    const seeds = page.getByRole('textbox', { name: 'Seeds', exact: true });
    await seeds.fill('5000');
    await seeds.press('Enter');
    await page
      .getByRole('alert')
      .filter({ hasText: /^\d+ is the most: 5000 was not taken\.$/ })
      .waitFor();
    await seeds.fill('0');
    await seeds.blur();
    await page.getByRole('alert').filter({ hasText: '1 is the least: 0 was not taken.' }).waitFor();
    expect(await seeds.inputValue()).toBe('1');
    expect(await violationsOf(page)).toEqual([]);
    await seeds.fill('3');
    await seeds.blur();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('gives the chart’s figures as CSV', async () => {
    const [header, ...rows] = await csvOf(await show('finished'), 'Score by round');
    expect(header).toBe('arm,method,seed,round,metric,mode,split,value,n');
    expect(rows).toHaveLength(4 + 4 + 2);
  });

  it.each(['SVG', 'PNG'])('gives the chart as %s', async (kind) => {
    const page = await show('finished');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      downloads(page).getByRole('button', { name: kind }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(
      `bootlace-two-cue-topic-exact_match-zero-shot.${kind.toLowerCase()}`,
    );
  });

  it('says of a failed run what failed, what is kept and what to press', async () => {
    const page = await show('failed');
    const alert = page.getByRole('alert');
    expect(await alert.innerText()).toContain('Kept: the base’s scores and 1 round');
    await alert.getByRole('button', { name: 'Go on' }).click();
    expect(await asked()).toContain('resume');
  });

  it('moves nothing between its beginning and its end on a projector', async () => {
    const tops = async (
      state: (typeof STATES)[number],
      of: readonly string[],
    ): Promise<readonly number[]> => {
      const page = await show(state);
      const boxes = of.map((selector) => page.locator(selector).boundingBox());
      return (await Promise.all(boxes)).map((box) => Math.round(box?.y ?? NaN));
    };
    const always = ['.stations', '.headline', '.controls'];
    const before = await tops('empty', always);
    expect(await tops('running', always)).toEqual(before);
    // The chart comes where what is known stood before any run.
    const charted = [...always, '.picture-title', '.score-chart', '.score-chart .legend'];
    expect(await tops('finished', charted)).toEqual(await tops('running', charted));
    const [title] = await tops('running', ['.picture-title']);
    const [opening = NaN] = await tops('empty', ['.opening']);
    expect(Math.abs(opening - (title ?? NaN))).toBeLessThan(12);
  });
});
