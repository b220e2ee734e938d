/**
 * @file A Chromium with a profile of its own: on the disk, as most people have it, or in memory, as a private window has
 * it. Their caches are not the same: reading many ranges of one file broke with the second alone.
 */
import type { Page } from 'playwright-core';
import { launchBrowser, launchFreshProfile } from '../browser.ts';
import type { DrivenPage } from './driven-page.ts';
import { PATIENCE_MS } from './driven-page.ts';

function driven(page: Page, browser: string, close: () => Promise<void>): DrivenPage {
  page.setDefaultTimeout(PATIENCE_MS);
  return {
    browser,
    open: async (url) => {
      await page.goto(url, { waitUntil: 'commit' });
    },
    reload: async () => {
      await page.reload({ waitUntil: 'commit' });
    },
    evaluate: (expression) => page.evaluate(expression),
    press: (xpath) => page.locator(`xpath=${xpath}`).click(),
    close,
  };
}

export async function chromiumPage(): Promise<DrivenPage> {
  const context = await launchFreshProfile();
  const page = context.pages()[0] ?? (await context.newPage());
  return driven(page, `Chromium ${context.browser()?.version() ?? ''}`.trim(), () => context.close());
}

export async function privateChromiumPage(): Promise<DrivenPage> {
  const browser = await launchBrowser();
  const page = await browser.newPage();
  return driven(page, `Chromium ${browser.version()}, private`, () => browser.close());
}
