/**
 * @file Finds a Chromium on this machine, or installs Debian's where it may: CHROME_PATH, an installed Chrome or
 * Chromium, Playwright's cache, apt as root. Never the headless shell: it has no WebGPU.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { chosenBy, inPath } from './in-path.ts';

const COMMANDS = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'chrome'];

const MAC_APPS = ['Google Chrome', 'Chromium'];

function usualPlaces(): string[] {
  if (process.platform === 'darwin') {
    return MAC_APPS.flatMap((app) =>
      ['/Applications', join(homedir(), 'Applications')].map((folder) =>
        join(folder, `${app}.app`, 'Contents', 'MacOS', app),
      ),
    );
  }
  if (process.platform === 'win32') {
    return ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
      .map((name) => process.env[name])
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(folder, 'Chromium', 'Application', 'chrome.exe'),
      ]);
  }
  return inPath(COMMANDS);
}

/** Browsers that Playwright downloaded for whatever project, newest first. */
function playwrightCache(): string[] {
  const caches: Partial<Record<NodeJS.Platform, string>> = {
    linux: join(homedir(), '.cache', 'ms-playwright'),
    darwin: join(homedir(), 'Library', 'Caches', 'ms-playwright'),
    win32: join(process.env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
  };
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH ?? caches[process.platform];
  if (cache === undefined || !existsSync(cache)) return [];
  const insides = [
    join('chrome-linux', 'chrome'),
    join('chrome-linux64', 'chrome'),
    join('chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'),
    join(
      'chrome-mac-arm64',
      'Google Chrome for Testing.app',
      'Contents',
      'MacOS',
      'Google Chrome for Testing',
    ),
    join('chrome-win', 'chrome.exe'),
    join('chrome-win64', 'chrome.exe'),
  ];
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort((a, b) => Number(b.split('-')[1]) - Number(a.split('-')[1]))
    .flatMap((name) => insides.map((inside) => join(cache, name, inside)));
}

/** Debian's package; false where this is no Debian, we are not root, or apt fails. */
function installByApt(): boolean {
  const isDebian =
    existsSync('/etc/debian_version') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  if (!isDebian || process.getuid?.() !== 0) return false;
  process.stderr.write('No Chromium found: installing Debian’s package "chromium" ...\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return [['update'], ['install', '-y', '--no-install-recommends', 'chromium']].every((args) => {
    const { status } = spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    return status === 0;
  });
}

/** Path of a Chromium's executable. @throws Error with one line that says what to install. */
export function findChromium(): string {
  const chosen = chosenBy('CHROME_PATH', 'a Chrome or Chromium');
  if (chosen !== undefined) return chosen;
  const find = () => [...usualPlaces(), ...playwrightCache()].find((path) => existsSync(path));
  const found = find() ?? (installByApt() ? find() : undefined);
  if (found !== undefined) return found;
  throw new Error(
    'No Chromium found: install Google Chrome or Chromium (Debian: apt-get install chromium), or set CHROME_PATH.',
  );
}
