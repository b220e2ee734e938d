/**
 * @file Which browsers this machine has beside Chromium (tools/chromium.ts finds that one, or installs it): Firefox by
 * FIREFOX_PATH, WebKit by WEBKIT_DRIVER_PATH, or where they usually are. Nothing is installed here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from '../chromium.ts';
import { chosenBy, inPath } from '../in-path.ts';
import type { BrowserName } from './driven-page.ts';

function firefoxPlaces(): string[] {
  const { ProgramFiles } = process.env;
  if (process.platform === 'darwin') return ['/Applications/Firefox.app/Contents/MacOS/firefox'];
  if (process.platform === 'win32')
    return ProgramFiles === undefined ? [] : [join(ProgramFiles, 'Mozilla Firefox', 'firefox.exe')];
  // Ubuntu's plain "firefox" starts a snap, which sees no profile in /tmp.
  return inPath(['firefox-esr', 'firefox']);
}

const present = (paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path));

const firefox = () => chosenBy('FIREFOX_PATH', 'a Firefox') ?? present(firefoxPlaces());
const webkitDriver = () =>
  chosenBy('WEBKIT_DRIVER_PATH', 'a WebKitWebDriver') ?? present(inPath(['WebKitWebDriver']));
const xvfb = () => present(inPath(['Xvfb']));
const hasDisplay = () => (process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY ?? '') !== '';

/** What would have to be installed to drive a browser, in words; null where it can be driven.
 * @throws Error where an environment variable names what is not there */
export function missing(browser: BrowserName): string | null {
  switch (browser) {
    case 'chromium':
    case 'chromium-private':
      findChromium();
      return null;
    case 'firefox':
      return firefox() === undefined ? 'not installed (Debian: apt-get install firefox-esr)' : null;
    case 'webkit':
      if (webkitDriver() === undefined)
        return 'not installed (Debian: apt-get install webkit2gtk-driver xvfb)';
      return xvfb() === undefined && !hasDisplay()
        ? 'no screen for its window (Debian: apt-get install xvfb)'
        : null;
  }
}

function found(browser: BrowserName, path: string | undefined): string {
  if (path !== undefined) return path;
  throw new Error(`${browser}: ${missing(browser) ?? 'not there any more'}`);
}

export const findFirefox = (): string => found('firefox', firefox());
export const findWebkitDriver = (): string => found('webkit', webkitDriver());
/** undefined: the window goes to the screen that is there. */
export const findXvfb = xvfb;
