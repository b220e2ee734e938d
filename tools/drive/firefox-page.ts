/** @file A headless Firefox, driven over WebDriver BiDi; puppeteer gives every launch a profile and removes it. */
import { launch } from 'puppeteer-core';
import type { DrivenPage } from './driven-page.ts';
import { PATIENCE_MS } from './driven-page.ts';
import { findFirefox } from './installed.ts';

export async function firefoxPage(): Promise<DrivenPage> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    // Both are safety nets: starting beside busy cores takes its time.
    timeout: PATIENCE_MS,
    protocolTimeout: PATIENCE_MS,
  });
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport({ width: 1280, height: 720 });
  return {
    browser: (await browser.version()).replace('firefox/', 'Firefox '),
    open: async (url) => {
      await page.goto(url, { waitUntil: 'domcontentloaded' });
    },
    reload: async () => {
      await page.reload({ waitUntil: 'domcontentloaded' });
    },
    evaluate: (expression) => page.evaluate(expression),
    press: (xpath) => page.locator(`::-p-xpath(${xpath})`).click(),
    close: () => browser.close(),
  };
}
