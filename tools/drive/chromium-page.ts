/** @file A Chromium with a profile of its own on the disk (a context of a shared browser would cache in memory alone). */
import { launchFreshProfile } from '../browser.ts';
import type { DrivenPage } from './driven-page.ts';
import { PATIENCE_MS } from './driven-page.ts';

export async function chromiumPage(): Promise<DrivenPage> {
  const context = await launchFreshProfile();
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(PATIENCE_MS);
  return {
    browser: `Chromium ${context.browser()?.version() ?? ''}`.trim(),
    open: async (url) => {
      await page.goto(url, { waitUntil: 'commit' });
    },
    reload: async () => {
      await page.reload({ waitUntil: 'commit' });
    },
    evaluate: (expression) => page.evaluate(expression),
    press: (xpath) => page.locator(`xpath=${xpath}`).click(),
    close: () => context.close(),
  };
}
