/**
 * @file npm run screenshots: the page after its walk, in both themes, at 1280 and 390 pixels, into docs/. Builds the site
 * first, so that the pictures are of what ships.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { launchBrowser } from './browser.ts';
import { serveFolder } from './static-server.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const SHOTS = [
  { name: 'page-light', colorScheme: 'light', width: 1280, height: 720 },
  { name: 'page-dark', colorScheme: 'dark', width: 1280, height: 720 },
  { name: 'page-light-small', colorScheme: 'light', width: 390, height: 844 },
  { name: 'page-dark-small', colorScheme: 'dark', width: 390, height: 844 },
] as const;

await build({ root: ROOT, logLevel: 'warn' });
const site = await serveFolder(`${ROOT}dist`, { base: '/', isolated: true });
const browser = await launchBrowser();
for (const { name, colorScheme, width, height } of SHOTS) {
  const page = await browser.newPage({ colorScheme, viewport: { width, height } });
  await page.goto(site.url);
  await page.getByText(/at most, in any logit/).waitFor();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.locator('.measure').first().waitFor();
  await page.getByRole('button', { name: 'Teach', exact: true }).click();
  await page.locator('.proof').waitFor({ timeout: 120_000 });
  await page.locator('.measure').nth(1).waitFor();
  await page.screenshot({ path: `${ROOT}docs/${name}.png`, fullPage: true });
  await page.close();
}
await browser.close();
await site.close();
