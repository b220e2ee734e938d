/** Every view at every width from a phone to a wall: nothing over anything, nothing cut, no text beside the window. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import { misplaced } from './boxes.ts';
import { runFile } from './imported-runs.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

/** By width, heights of windows that are: phones, tablets, projectors, screens. */
const WINDOWS: readonly (readonly [number, number])[] = [
  ...([
    [360, 740],
    [390, 844],
    [480, 800],
    [600, 960],
    [640, 900],
    [768, 1024],
    [900, 600],
    [999, 700],
  ] as const),
  ...([
    [1000, 700],
    [1024, 768],
    [1159, 700],
    [1280, 720],
    [1440, 900],
    [1920, 1080],
    [2560, 1440],
  ] as const),
];

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({ file: '#/run' });
  await opened.page.getByText('nano ready').waitFor();
});
afterAll(() => opened.close());

const go = (title: string) => opened.page.getByRole('tab', { name: title }).click();

/** A window of 1280 x 720, or 1280 x 1024, at 200% and at 400%: fewer CSS pixels, each of several of the screen's. */
const ZOOMED = [
  { width: 640, height: 360, deviceScaleFactor: 2 },
  { width: 320, height: 256, deviceScaleFactor: 4 },
] as const;

/** Waits for what is redrawn to a new width. */
async function expectInPlace(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  for (const zoomed of ZOOMED) {
    await session.send('Emulation.setDeviceMetricsOverride', { ...zoomed, mobile: false });
    const at = `at ${100 * zoomed.deviceScaleFactor}%`;
    expect(await page.evaluate(() => [window.innerWidth, window.devicePixelRatio]), at).toEqual([
      zoomed.width,
      zoomed.deviceScaleFactor,
    ]);
    await expect.poll(() => misplaced(page), { message: at, timeout: 10_000 }).toEqual([]);
  }
  await session.send('Emulation.clearDeviceMetricsOverride');
  await session.detach();
  for (const [width, height] of WINDOWS) {
    await page.setViewportSize({ width, height });
    await expect
      .poll(() => misplaced(page), { message: `at ${width} x ${height}`, timeout: 10_000 })
      .toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

describe('what is measured', () => {
  it('is found: a text that is cut, one over another, one beside the window', async () => {
    const page = await opened.another('test/browser/gallery.html?state=finished');
    await page.locator('.score-chart .plot-host svg').first().waitFor();
    await page.evaluate(() => {
      const put = (css: string, text: string) => {
        const element = document.createElement('p');
        element.style.cssText = css;
        element.textContent = text;
        document.querySelector('.headline')?.append(element);
      };
      put('width: 20px; overflow: hidden; white-space: nowrap', 'shorter than it is');
      const over = document.createElement('span');
      over.style.position = 'absolute';
      over.textContent = 'over the others';
      document.querySelector('.headline p')?.prepend(over);
      put('position: absolute; left: 1270px; top: 300px; white-space: nowrap', 'beside the window');
    });
    await page.setViewportSize({ width: 1280, height: 720 });
    const found = (await misplaced(page)).join('\n');
    expect(found).toContain('"shorter than it is" is cut');
    expect(found).toMatch(/"over the others".* stand over each other/);
    expect(found).toMatch(/run-middle goes on \d+ pixels to the side/);
    await page.close();
  });
});

describe('before any run', () => {
  it.each(['Run', 'Samples', 'Follow', 'Playground', 'Compare', 'Data & models', 'Experiments'])(
    '%s',
    async (title) => {
      await go(title);
      await expectInPlace(opened.page);
    },
  );

  it('a phone has most of its window for the view, and the setup comes first, by eye and by keyboard', async () => {
    const { page } = opened;
    await go('Run');
    for (const width of [360, 390, 430]) {
      await page.setViewportSize({ width, height: 844 });
      const header = await page.locator('.masthead').boundingBox();
      expect(header?.height).toBeLessThanOrEqual(90);
      const top = async (selector: string) => (await page.locator(selector).boundingBox())?.y ?? NaN;
      expect(await top('.run-knobs')).toBeLessThan(await top('.controls'));
    }
    await page.getByRole('tab', { name: 'Run' }).focus();
    const met: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      met.push(await page.evaluate(() => document.activeElement?.textContent ?? ''));
    }
    const at = (pattern: RegExp) => met.findIndex((text) => pattern.test(text));
    expect(at(/^Setup/)).toBeGreaterThan(-1);
    expect(at(/^Setup/)).toBeLessThan(at(/^Run/));
    await page.setViewportSize({ width: 1280, height: 720 });
  });
});

describe('with a run', () => {
  beforeAll(async () => {
    const { page } = opened;
    await go('Compare');
    const file = await runFile('two seeds', { ...DEFAULT_SETUP, seeds: [1, 2] }, 1e12);
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByRole('region', { name: 'Replay' }).getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('slider', { name: 'Position in the recorded run' }).focus();
    await page.keyboard.press('End');
  });

  it.each(['Scores', 'Wall', 'Staircase', 'Map'])('Run, %s', async (picture) => {
    await go('Run');
    await opened.page.getByRole('radio', { name: picture, exact: true }).click();
    await expectInPlace(opened.page);
  });

  it.each(['Samples', 'Playground', 'Compare'])('%s', async (title) => {
    await go(title);
    await expectInPlace(opened.page);
  });

  it('Follow', async () => {
    const { page } = opened;
    await go('Follow');
    await page.locator('.follow-answer').first().waitFor();
    await expectInPlace(page);
  });

  it.each(['running', 'training', 'failed', 'early', 'seeds', 'broken-model'])('Run, %s', async (state) => {
    const page = await opened.another(`test/browser/gallery.html?state=${state}`);
    await page.locator('.score-chart .plot-host svg').first().waitFor();
    await expectInPlace(page);
    await page.close();
  });
});
