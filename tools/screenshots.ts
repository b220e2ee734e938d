/**
 * @file npm run screenshots: the built page before, while and after a run, in both themes, at 1280 and 390 pixels, and
 * every other view after a first step, in both themes, into docs/. One run serves all pictures: the window is resized, the page is not opened again.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { launchBrowser } from './browser.ts';
import { serveFolder } from './static-server.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const VARIANTS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 720 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 720 },
  { name: 'light-small', colorScheme: 'light', width: 390, height: 844 },
  { name: 'dark-small', colorScheme: 'dark', width: 390, height: 844 },
] as const;

/** A run of two arms that ends within minutes on two cores. */
const SETUP = 'arms=soft,frozen-teacher&promptsPerRound=32&testItems=100&fewShotItems=32&probeItems=32';
const LONGEST_RUN_MS = 15 * 60_000;

async function shoot(page: Page, name: string): Promise<void> {
  for (const { name: variant, colorScheme, width, height } of VARIANTS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${ROOT}docs/${name}-${variant}.png` });
  }
  await page.setViewportSize(VARIANTS[0]);
}

await build({ root: ROOT, logLevel: 'warn' });
const site = await serveFolder(`${ROOT}dist`, { base: '/', isolated: true });
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: VARIANTS[0] });
await page.goto(`${site.url}#/run?${SETUP}`);
await page.getByText('nano ready').waitFor();
await page.locator('.score-chart .plot-host svg').waitFor();
await page.evaluate(() => document.fonts.ready);
await shoot(page, 'run-empty');

await page.getByRole('button', { name: 'Run', exact: true }).click();
// The second round's labelling: there is a first point, and a station at work.
await page.getByText(/round 2 of 3, (labelling|training)/).waitFor({ timeout: LONGEST_RUN_MS });
await shoot(page, 'run-running');
await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: LONGEST_RUN_MS });
await shoot(page, 'run-finished');

/** What a person would do there first, so that the picture shows the view at work. */
const FIRST_STEPS: Readonly<Record<string, () => Promise<void>>> = {
  // It opens on a sentence that training changed.
  follow: async () => {
    await page.locator('.follow-answer').nth(1).waitFor();
    await page.waitForTimeout(1000);
  },
  playground: async () => {
    await page.getByRole('button', { name: 'one with demonstrations' }).click();
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.waitForTimeout(4000);
  },
  compare: async () => {
    await page.getByRole('checkbox').first().click({ force: true });
  },
};

for (const tab of await page.getByRole('tab').all()) {
  const id = (await tab.getAttribute('data-key')) ?? '';
  if (id === 'run') continue;
  await tab.click();
  await page.getByRole('tabpanel').waitFor();
  await FIRST_STEPS[id]?.();
  for (const { name: variant, colorScheme } of VARIANTS.slice(0, 2)) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(1000);
    await page.screenshot({ path: `${ROOT}docs/${id}-${variant}.png` });
  }
}
await browser.close();
await site.close();
