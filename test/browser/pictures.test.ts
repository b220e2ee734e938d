/** The pictures of a run beside its scores, on the page as it ships: of a run that is replayed, one that is opened, one
 * that goes on (gallery), one with thousands of items. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import { violationsOf } from './accessibility.ts';
import { bundledModel, bundledTask, runFile } from './imported-runs.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({ file: '#/run' });
  const { page } = opened;
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByRole('tab', { name: 'Compare' }).click();
  const file = await runFile('two seeds', { ...DEFAULT_SETUP, seeds: [1, 2] }, 1e12);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByRole('region', { name: 'Replay' }).waitFor();
});
afterAll(() => opened.close());

const go = (title: string) => opened.page.getByRole('tab', { name: title }).click();
const choosePicture = (title: string) => opened.page.getByRole('radio', { name: title, exact: true }).click();
const walls = () => opened.page.locator('.arm-wall');
const labels = () => walls().evaluateAll((all) => all.map((wall) => wall.getAttribute('aria-label') ?? ''));
/** "SOFT, round 3: 328 right, ..." -> 328 */
const right = (label: string | undefined) => Number(/: (\d+) right/.exec(label ?? '')?.[1]);

describe('the wall', () => {
  it('of a run that is played stands where the replay stands, and grows with it', async () => {
    const { page } = opened;
    await choosePicture('Wall');
    const position = page.getByRole('slider', { name: 'Position in the recorded run' });
    await page.getByRole('region', { name: 'Replay' }).getByRole('button', { name: 'Pause' }).click();
    await position.focus();
    await page.keyboard.press('Home');
    await page.getByText('Each test item will be a tile here').waitFor();
    await page.keyboard.press('End');
    await expect.poll(async () => (await labels())[0]).toMatch(/^SOFT, round 3: \d+ right/);
    expect(await violationsOf(page)).toEqual([]);
  });

  it('of a past run shows every arm of a seed in the round that the slider says', async () => {
    const { page } = opened;
    await go('Compare');
    await page.getByRole('button', { name: 'Open two seeds' }).click();
    // Opening and drawing are late scripts: three walls stand when they have come.
    const arms = async () => (await labels()).map((label) => label.split(',')[0]);
    await expect.poll(arms, { timeout: 20_000 }).toEqual(['SOFT', 'frozen teacher', 'single round']);
    const all = await labels();
    await page.getByRole('slider', { name: 'Round of the wall' }).focus();
    await page.keyboard.press('Home');
    await expect.poll(async () => (await labels())[0]).toMatch(/^SOFT, base: /);
    const base = await labels();
    expect(right(base[0])).toBeLessThan(right(all[0]));
    // It was trained once, in round 3: round 1 is none of its.
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(async () => (await labels())[2])
      .toContain('single round, round 1: no score in round 1');
    await page.keyboard.press('End');
    await expect.poll(labels).toEqual(all);
    await page.getByRole('button', { name: /Seed$/ }).click();
    await page.getByRole('option', { name: 'seed 2' }).click();
    await expect.poll(labels).not.toEqual(all);
  });

  it('puts together what became right, broke or never was, and counts it', async () => {
    const { page } = opened;
    const rightPath = () => walls().first().locator('.tile-right').getAttribute('d');
    const drawn = await rightPath();
    await page.getByRole('button', { name: /Order of the tiles$/ }).click();
    await page.getByRole('option', { name: 'by what SOFT did' }).click();
    await expect.poll(rightPath).not.toBe(drawn);
    const counts = await page.locator('.wall-column').first().locator('.wall-counts').last().innerText();
    const numbers = counts.match(/\d+/g)?.map(Number) ?? [];
    expect(counts).toMatch(/always right[^]*mended[^]*to and fro[^]*broken[^]*never right/);
    expect(numbers.reduce((sum, one) => sum + one, 0)).toBe(400);
    // In the last round the right ones are the first: always right, mended, and of those to and fro the right ones.
    const first = (kinds: number) => numbers.slice(0, kinds).reduce((sum, one) => sum + one, 0);
    expect(first(2)).toBeLessThanOrEqual(right((await labels())[0]));
    expect(first(3)).toBeGreaterThanOrEqual(right((await labels())[0]));
  });

  it('is read with the pointer and with keys, and Enter or a click follows the item', async () => {
    const { page } = opened;
    const tip = page.locator('.wall-tip');
    await walls()
      .nth(1)
      .hover({ position: { x: 15, y: 15 } });
    expect(await tip.innerText()).toMatch(/The key: \w+[^]*SOFT[^]*frozen teacher[^]*single round/);
    // The same item is marked in every arm.
    expect(await page.locator('.tile-read').count()).toBe(3);
    const box = await tip.boundingBox();
    expect((box?.y ?? NaN) + (box?.height ?? NaN)).toBeLessThanOrEqual(720);
    await page.mouse.move(5, 5);
    await tip.waitFor({ state: 'detached' });
    await page.getByRole('slider', { name: 'Round of the wall' }).focus();
    await page.keyboard.press('Tab');
    const first = await tip.innerText();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const second = await tip.innerText();
    expect(second).not.toBe(first);
    await page.keyboard.press('Enter');
    const followed = page.locator('.follow-input');
    await followed.waitFor();
    const text = await followed.innerText();
    expect(second).toContain(text);
    expect(await page.getByRole('radio', { name: 'zero-shot' }).getAttribute('aria-checked')).toBe('true');
    await go('Run');
    await walls()
      .nth(1)
      .click({ position: { x: 25, y: 25 } });
    await followed.waitFor();
    expect(await followed.innerText()).not.toBe(text);
    await page.getByRole('button', { name: /frozen teacher, seed 2/ }).waitFor();
    await go('Run');
  });

  it.each(['running', 'large'])('stands in a page that is %s, for everybody', async (state) => {
    const gallery = await opened.another(`test/browser/gallery.html?state=${state}`);
    await gallery.getByRole('radio', { name: 'Wall', exact: true }).click();
    await gallery.locator('.arm-wall').first().waitFor();
    const label = await gallery.locator('.arm-wall').first().getAttribute('aria-label');
    const counts = label?.match(/\d+(?= right| a label| no label)/g)?.map(Number) ?? [];
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(state === 'large' ? 4000 : 400);
    // Thousands of tiles are a few elements.
    expect(await gallery.locator('.arm-wall').first().locator('*').count()).toBeLessThan(10);
    expect(await violationsOf(gallery)).toEqual([]);
    await gallery.close();
  });
});

describe('a picture that is chosen', () => {
  const toTop = () =>
    opened.page.locator('.run-middle').evaluate((middle) => {
      middle.scrollTop = 0;
    });
  const isWhole = () =>
    opened.page.evaluate(() => {
      const inner = document.querySelector('.score-figure')?.getBoundingClientRect();
      const outer = document.querySelector('.run-middle')?.getBoundingClientRect();
      return (
        inner !== undefined &&
        outer !== undefined &&
        inner.top >= outer.top - 1 &&
        inner.bottom <= outer.bottom + 1
      );
    });
  /** What stands in each when all of it has come. */
  const CONTENT = {
    Wall: '.arm-wall .tile-right',
    Staircase: '.stair-table',
    Map: '.error-map .plot-host svg',
    Scores: '.score-chart .plot-host svg',
  } as const;

  it('comes whole into a projector’s window, under the bar of a run that is played', async () => {
    const { page } = opened;
    await page.setViewportSize({ width: 1280, height: 720 });
    for (const [title, content] of Object.entries(CONTENT)) {
      await toTop();
      await choosePicture(title);
      await page.locator(content).first().waitFor();
      await expect.poll(isWhole).toBe(true);
    }
  });

  it('stays where the person has it when it is made anew', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Reset' }).click();
    // Too low for the chart: bringing it in would move the page.
    await page.setViewportSize({ width: 1280, height: 560 });
    await choosePicture('Map');
    await choosePicture('Scores');
    await page.locator(CONTENT.Scores).waitFor();
    await toTop();
    await page.getByRole('button', { name: /Task$/ }).click();
    await page.getByRole('option', { name: 'topic-4' }).click();
    await page.getByRole('heading', { name: /^topic-4 on nano/ }).waitFor();
    await page.locator(CONTENT.Scores).waitFor();
    await page.waitForTimeout(500);
    expect(await page.locator('.run-middle').evaluate(({ scrollTop }) => scrollTop)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 720 });
    await go('Compare');
    await page.getByRole('button', { name: 'Open two seeds' }).click();
    await page.locator(CONTENT.Scores).waitFor();
  });
});

describe('the staircase', () => {
  const numbers = () => opened.page.locator('.stair-table').innerText();

  it('of a past run stands with a path for each seed, their mean, and its numbers', async () => {
    const { page } = opened;
    await choosePicture('Staircase');
    const plot = page.getByRole('img', {
      name: /^Staircase of exact match: .*SOFT: round 1 from 0\.\d\d to/,
    });
    await plot.locator('svg').first().waitFor();
    // Two seeds and their mean, of three arms, and the diagonal.
    expect(await plot.locator('[aria-label="line"] path').count()).toBe(3 * 3 + 1);
    expect(await numbers()).toMatch(/labels right, on\s+prompts[^]*SOFT[^]*frozen teacher[^]*single round/);
    await page.getByText(/on the same 128 test items/).waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('of a run that is played grows with it', async () => {
    const { page } = opened;
    await go('Compare');
    await page.getByRole('button', { name: 'More for two seeds' }).click();
    await page.getByRole('menuitem', { name: 'Play as a replay' }).click();
    await page.getByRole('region', { name: 'Replay' }).getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('slider', { name: 'Position in the recorded run' }).focus();
    await page.keyboard.press('Home');
    await page.getByText('The first step stands here when round 1 has been scored.').waitFor();
    await page.keyboard.press('End');
    await expect.poll(numbers).toMatch(/SOFT\s+1\s+0\.\d\d\s+0\.\d\d/);
  });

  it('of a run that goes on shows the steps that are there', async () => {
    const gallery = await opened.another('test/browser/gallery.html?state=running');
    await gallery.getByRole('radio', { name: 'Staircase', exact: true }).click();
    await gallery.getByRole('img', { name: /SOFT: round 1 from 0\.\d\d to 0\.\d\d\.$/ }).waitFor();
    expect(await gallery.locator('.stair-table').innerText()).toMatch(/frozen teacher\s+not yet/);
    expect(await violationsOf(gallery)).toEqual([]);
    await gallery.close();
  });

  it('is not drawn where no demonstration had room, and says so', async () => {
    const gallery = await opened.another('test/browser/gallery.html?state=early');
    await gallery.getByRole('radio', { name: 'Staircase', exact: true }).click();
    await gallery.getByText(/SOFT: no demonstration had room before a test item/).waitFor();
    await gallery.close();
  });

  it.each([
    ['multiple choice', 'fact-choice', /^Multiple choice has no one ruler for both: its score is MC1/],
    ['a task without a key', 'topic-4', /^This task has no test items with a known answer/],
  ])('is not drawn for %s, and says why', async (_what, taskId, why) => {
    const { definition, splits } = await bundledTask(taskId);
    const test = definition.kind === 'multiple-choice' ? splits.test.slice(0, 40) : [];
    const arms = DEFAULT_SETUP.arms.slice(0, 1);
    const file = await runFile('no ruler', { ...DEFAULT_SETUP, taskId, arms }, 1e12, {
      task: { definition, splits: { ...splits, test } },
    });
    const page = await opened.another('#/compare');
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await page.getByRole('radio', { name: 'Staircase', exact: true }).click();
    const staircase = page.getByRole('region', { name: 'The staircase' });
    // As soon as the run begins, and at its end.
    for (const key of ['Home', 'End']) {
      await page.getByRole('slider', { name: 'Position in the recorded run' }).focus();
      await page.keyboard.press(key);
      await staircase.getByText(why).waitFor();
      expect(await staircase.locator('.plot-host, .stair-table').count()).toBe(0);
      expect(await staircase.getByRole('button', { name: 'CSV' }).isDisabled()).toBe(true);
    }
    // What is known without a ruler stands in its place.
    await staircase.getByText('No prompt was labelled in two rounds either').waitFor();
    await page.context().close();
  });
});

describe('the map', () => {
  it('has a past run’s base on it, what the run came to, and the place that is asked for', async () => {
    const { page } = opened;
    // Of a base that is not the one that is loaded no place is asked for.
    const own = await runFile('of this model', { ...DEFAULT_SETUP, seeds: [1, 2] }, 1e12 + 2, {
      model: await bundledModel(),
    });
    await go('Compare');
    await page.locator('input[type=file]').first().setInputFiles(own);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await go('Compare');
    await page.getByRole('button', { name: 'Open of this model' }).click();
    await choosePicture('Map');
    const map = page.getByRole('region', { name: 'The map' });
    await map.getByRole('img', { name: /^Map of \d+ tasks with settings: / }).waitFor();
    await map.getByText(/Dotted: where this run’s base may stand/).waitFor();
    await map.getByText(/This run: few-shot, the last model of SOFT scores 0\.\d\d .* \(2 seeds\)/).waitFor();
    await map.getByRole('button', { name: 'How it is judged' }).click();
    await map.getByText(/Told of \d tasks, each left out in turn, it was off by 0\.\d+/).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await map.getByRole('button', { name: /^Find this setup/ }).click();
    const found = map.getByText(/^Of 32 rows, the base gets \d+% wrong under most draws of demonstrations/);
    await found.waitFor({ timeout: 120_000 });
    await map.getByText(/^yours: [+−]\d\.\d{3}$/).waitFor();
    expect(await map.getByText(/^Dotted/).count()).toBe(0);
    await map.getByText('Every run', { exact: true }).click();
    await map.getByRole('img', { name: /^Map of \d+ runs, each beside its frozen counterpart: / }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await go('Compare');
    await page.getByRole('button', { name: 'Open two seeds' }).click();
  });

  it('of a run of another model has that run’s base on it, and asks for no other setup’s place', async () => {
    const page = await opened.another('#/run?play=gemma-3-270m-sst2');
    await page.getByRole('slider', { name: 'Position in the recorded run' }).focus();
    await page.keyboard.press('End');
    await page.getByText('nano ready').waitFor();
    await page.getByRole('radio', { name: 'Map', exact: true }).click();
    const map = page.getByRole('region', { name: 'The map' });
    await map.getByText(/^Dotted: where this run’s base may stand/).waitFor();
    await map.getByText(/^The setup has another model and another task than this run/).waitFor();
    expect(await map.getByRole('button', { name: /^Find this setup/ }).isDisabled()).toBe(true);
    expect(await violationsOf(page)).toEqual([]);
    // Without that run, the setup's own is asked for.
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => map.getByRole('button', { name: /^Find this setup/ }).isDisabled()).toBe(false);
    expect(await map.getByText(/^Dotted/).count()).toBe(0);
    await page.context().close();
  });

  it.each([1280, 390])('tells each of its marks whole, in a window %i wide', async (width) => {
    const { page } = opened;
    await page.setViewportSize({ width, height: 844 });
    const plot = page.locator('.error-map .plot-host svg').first();
    await expect
      .poll(() => plot.evaluate((svg) => svg.getBoundingClientRect().width <= window.innerWidth))
      .toBe(true);
    const cut = await plot.evaluate(async (svg) => {
      const host = svg.parentElement?.getBoundingClientRect() ?? new DOMRect();
      const found: string[] = [];
      for (const mark of svg.querySelectorAll('[aria-label="dot"] > *')) {
        const { x, y, width: across, height } = mark.getBoundingClientRect();
        const [clientX, clientY] = [x + across / 2, y + height / 2];
        svg.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, pointerType: 'mouse' }));
        await new Promise((resolve) => {
          setTimeout(resolve);
        });
        const tip = svg.querySelector('[aria-label="tip"]');
        const box = tip?.getBoundingClientRect() ?? new DOMRect();
        const isWhole =
          box.width > 0 &&
          box.left >= host.left - 1 &&
          box.right <= host.right + 1 &&
          box.top >= host.top - 1 &&
          box.bottom <= host.bottom + 1;
        if (!isWhole) found.push(tip?.textContent ?? 'nothing said');
      }
      return found;
    });
    expect(cut).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('is shaded where it tells more than it is off by', async () => {
    const gallery = await opened.another('test/browser/gallery.html?state=finished');
    await gallery.getByRole('radio', { name: 'Map', exact: true }).click();
    const map = gallery.getByRole('region', { name: 'The map' });
    await map.getByText(/Shaded is where the map tells more than it is off by/).waitFor();
    await expect.poll(() => map.locator('svg [aria-label="rect"] rect').count()).toBeGreaterThan(50);
    expect(await violationsOf(gallery)).toEqual([]);
    await gallery.close();
  });
});

describe('a picture that goes out', () => {
  const saved = async (page: Page, title: string, kind: 'SVG' | 'PNG' | 'CSV') => {
    const downloads = page.getByRole('group', { name: `Download: ${title}` });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      downloads.getByRole('button', { name: kind, exact: true }).click(),
    ]);
    const parts: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) parts.push(Buffer.from(chunk as Uint8Array));
    return { name: download.suggestedFilename(), bytes: Buffer.concat(parts) };
  };
  /** An SVG, which has to be a picture by itself. */
  const drawing = async (page: Page, title: string) => {
    const { bytes } = await saved(page, title, 'SVG');
    const text = bytes.toString('utf8');
    // Nothing of the page's own style sheets is needed to see it, and no function of colours that only browsers know.
    expect(text).not.toMatch(/var\(|light-dark\(|class=|color\(|oklab\(/);
    // Another page draws it.
    const size = await page.evaluate(async (svg) => {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, text);
    expect(Math.min(...size)).toBeGreaterThan(200);
    return text;
  };
  /** The ground that it is drawn on. */
  const ground = (svg: string) => /<rect width="100%"[^>]* fill="([^"]+)"/.exec(svg)?.[1];
  const inBoth = async (page: Page, title: string): Promise<string> => {
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await drawing(page, title);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await drawing(page, title);
    expect(ground(light)).toBeDefined();
    expect(ground(dark)).not.toBe(ground(light));
    await page.emulateMedia({ colorScheme: null });
    return light;
  };
  /** The words of each text of it, however their lines fell. */
  const wordsOf = (svg: string): string =>
    [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, words = '']) => words).join(' ');

  const choose = async (picture: string) => {
    await go('Run');
    await choosePicture(picture);
    await opened.page.locator('.score-figure svg').first().waitFor();
  };

  it.each([
    ['Scores', 'Score by round: exact match, zero-shot', ['base', 'chance 0.'], ['SOFT', 'single round']],
    ['Wall', 'The wall: a tile for each test item, zero-shot, round ', [], ['SOFT', 'a label, but wrong']],
    ['Staircase', 'The staircase: teacher and student, exact match', ['teacher, few-shot'], ['SOFT']],
    ['Map', 'The map: what a teacher gains, by its base’s errors', ['wrong under most draws'], ['lost more']],
  ])('%s has its title, axes and legend, and says of what it is', async (picture, title, axes, legend) => {
    await choose(picture);
    const text = await drawing(opened.page, title.slice(0, title.indexOf(':')));
    for (const words of [title, 'Task topic-4, model nano, seeds 1 and 2', ...axes, ...legend])
      expect(text).toContain(words);
  });

  it.each([
    ['Wall', 'The wall', 'One tile is one test item', /Press a tile/],
    ['Map', 'The map', 'To the right: errors that', /Find this setup|How it is judged|Told of/],
  ])('%s has nothing in it that only a page can do', async (picture, title, said, pressed) => {
    await choose(picture);
    const words = wordsOf(await drawing(opened.page, title));
    expect(words).toContain(said);
    expect(words).not.toMatch(pressed);
  });

  it('names no run where none is drawn', async () => {
    const page = await opened.another('#/run');
    await page.getByRole('radio', { name: 'Map', exact: true }).click();
    await page.locator('.error-map .plot-host svg').waitFor();
    const words = wordsOf(await drawing(page, 'The map'));
    expect(words).toContain('The map: what a teacher gains');
    expect(words).not.toMatch(/Task |seed \d/);
    await page.context().close();
  });

  it.each([
    ['train', 'Training', 'loss and learning rate by step', ['loss, nats a token', 'step'], 'training'],
    ['order', 'Prompts from easy to hard', 'by the', ['prompts, easy to hard', 'perplexity'], 'order'],
    ['score', 'Key and answer', 'test items, zero-shot', ['(rows)', 'Framed: '], 'answers-zero-shot'],
  ])('Inside %s has its own, for its arm, seed and round', async (station, title, subject, said, file) => {
    const { page } = opened;
    await page.getByRole('button', { name: new RegExp(`^${station}`) }).click();
    await page.getByRole('heading', { name: `Inside: ${station}` }).waitFor();
    await page.locator('.inside .picture :is(.plot-host svg, table)').first().waitFor();
    const words = wordsOf(await inBoth(page, title));
    for (const wanted of [`${title}: ${subject}`, 'Task topic-4, model nano, seed 1, SOFT, round 3', ...said])
      expect(words).toContain(wanted);
    const { name, bytes } = await saved(page, title, 'CSV');
    expect(name).toBe(`bootlace-topic-4-soft-seed-1-round-3-${file}.csv`);
    expect(bytes.toString().split('\r\n').length).toBeGreaterThan(5);
  });

  it('a matrix goes out with its cells', async () => {
    const text = await drawing(opened.page, 'Key and answer');
    // Four labels, and whatever is none of them; the diagonal is framed in ink.
    expect(text.match(/<rect[^>]*stroke-width="\d/g)).toHaveLength(4 * 5);
    expect(text.match(/<rect[^>]*stroke-width="2"/g)).toHaveLength(4);
    expect(text).toMatch(/rotate\(-90/);
  });

  it('what is watched every round is one picture, with its arms', async () => {
    const { page } = opened;
    await page.locator('.small-multiple .plot-host svg').nth(6).waitFor();
    const words = wordsOf(await inBoth(page, 'Watched every round'));
    for (const wanted of [
      'Watched every round: rounds across, means over seeds',
      'Task topic-4, model nano, seeds 1 and 2',
      ...['Valid labels', 'Entropy of answers', 'Perplexity of self-labels by round, SOFT, seed 1'],
      ...['base 1 2 3', 'SOFT', 'frozen teacher', 'single round'],
    ])
      expect(words).toContain(wanted);
    // A mark to press is none of it.
    expect(words).not.toContain('?');
  });

  it('the paired difference says which runs it is of, and what its bars are', async () => {
    const { page } = opened;
    await go('Compare');
    const tick = page.getByRole('checkbox', { name: 'Lay two seeds over the others' });
    await tick.press('Space');
    const difference = page.getByRole('region', { name: 'The difference' });
    await difference.locator('.plot-host svg').waitFor();
    const words = wordsOf(await inBoth(page, 'The difference'));
    for (const wanted of [
      'The difference: A SOFT minus A frozen teacher, exact match, zero-shot',
      'A: topic-4 on nano, seeds 1 and 2: SOFT, frozen teacher and single round',
      ...['round', '+0.', 'the difference', '95% interval over seeds'],
    ])
      expect(words).toContain(wanted);
    expect((await saved(page, 'The difference', 'PNG')).name).toBe(
      'bootlace-compare-difference-exact_match-zero-shot.png',
    );
    expect(await violationsOf(page)).toEqual([]);
  });

  it('what is known before any run says of which models and seeds it is', async () => {
    const page = await opened.another('test/browser/gallery.html?state=empty');
    await page.locator('.opening .plot-host svg').waitFor();
    const words = wordsOf(await inBoth(page, 'SOFT minus its frozen teacher'));
    for (const wanted of [
      'SOFT minus its frozen teacher: what the last student scores zero-shot',
      'Model nano where a row names no other; behind each task its seeds',
      ...['two-cue-topic (1–10)', 'SOFT minus frozen teacher', 'A small dot is a seed'],
    ])
      expect(words).toContain(wanted);
    const { name, bytes } = await saved(page, 'SOFT minus its frozen teacher', 'CSV');
    expect(name).toBe('bootlace-evidence.csv');
    expect(bytes.toString()).toContain('two-cue-topic (1–10),1,');
    await page.close();
  });

  it('is in the colours of the page', async () => {
    await choose('Scores');
    await inBoth(opened.page, 'Score by round');
  });

  it('is a PNG of twice its size', async () => {
    await choose('Staircase');
    const { bytes } = await saved(opened.page, 'The staircase', 'PNG');
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    // Its header's width.
    expect(bytes.readUInt32BE(16)).toBeGreaterThan(1200);
  });

  it('is Compare’s too, and says which letter is which run', async () => {
    const { page } = opened;
    await go('Compare');
    const other = await runFile('three seeds', { ...DEFAULT_SETUP, seeds: [1, 2, 3] }, 1e12 + 1);
    await page.locator('input[type=file]').first().setInputFiles(other);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await go('Compare');
    for (const name of ['two seeds', 'three seeds']) {
      const tick = page.getByRole('checkbox', { name: `Lay ${name} over the others` });
      await tick.waitFor();
      // It may lie there already.
      if (!(await tick.isChecked())) await tick.press('Space');
      await expect.poll(() => tick.isChecked()).toBe(true);
    }
    const figure = page.locator('.overlay-chart');
    await figure
      .getByRole('img', { name: /^Chart of exact match, zero-shot, by round\. A SOFT: [^]* B SOFT: / })
      .locator('svg')
      .first()
      .waitFor();
    const svg = await saved(page, 'Score by round, on test', 'SVG');
    expect(svg.name).toBe('bootlace-compare-exact_match-zero-shot.svg');
    const text = svg.bytes.toString('utf8');
    const said = wordsOf(text);
    const arms = 'SOFT, frozen teacher and single round';
    for (const words of [
      'Score by round, on test: exact match, zero-shot',
      `A: topic-4 on nano, seeds 1 and 2: ${arms}; B: topic-4 on nano, seeds 1 to 3: ${arms}`,
      ...['A SOFT', 'B SOFT'],
    ])
      expect(said).toContain(words);
    expect(text).not.toMatch(/var\(|light-dark\(|class=/);
    const png = await saved(page, 'Score by round, on test', 'PNG');
    expect(png.name).toBe('bootlace-compare-exact_match-zero-shot.png');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(1200);
    // Of the first arms, two and three seeds in four rounds.
    const rows = (await saved(page, 'Score by round, on test', 'CSV')).bytes
      .toString('utf8')
      .trimEnd()
      .split('\r\n')
      .slice(1);
    expect(rows.map((row) => row[0]).join('')).toBe('A'.repeat(8) + 'B'.repeat(12));
  });
});

describe('the page by keyboard', () => {
  it('reaches the Run button by the second key', async () => {
    const page = await opened.another('test/browser/gallery.html?state=empty');
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Run');
    await page.close();
  });
});
