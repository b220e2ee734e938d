/** @file Opens a browser by its name. */
import { chromiumPage, privateChromiumPage } from './chromium-page.ts';
import type { BrowserName, DrivenPage } from './driven-page.ts';
import { firefoxPage } from './firefox-page.ts';
import { webkitPage } from './webkit-page.ts';

const OPENERS: Readonly<Record<BrowserName, () => Promise<DrivenPage>>> = {
  chromium: chromiumPage,
  'chromium-private': privateChromiumPage,
  firefox: firefoxPage,
  webkit: webkitPage,
};

export const openBrowser = (name: BrowserName): Promise<DrivenPage> => OPENERS[name]();
