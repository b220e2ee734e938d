/**
 * @file First visits, one description for all: three browsers, three hosts, each with a new profile. The model comes,
 * tasks are changed, a run is cut off by a reload and gone on with; then the host is gone, and all of it works again.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { BrowserName, DrivenPage } from '../../tools/drive/driven-page.ts';
import { BROWSERS, PATIENCE_MS } from '../../tools/drive/driven-page.ts';
import { missing } from '../../tools/drive/installed.ts';
import type { Shown } from '../../tools/drive/lab-page.ts';
import {
  chooseTask,
  pressButton,
  untilKept,
  untilReady,
  untilShown,
  words,
} from '../../tools/drive/lab-page.ts';
import { openBrowser } from '../../tools/drive/open.ts';
import type { Host, HostName } from '../../tools/hosts.ts';
import { startHost } from '../../tools/hosts.ts';
import { SITE } from './build.ts';

/** The least that is labelled, trained on and scored in two rounds. */
const SIZES =
  'demonstrations=1&epochs=1&promptsPerRound=4&testItems=4&fewShotItems=0&validationItems=0&probeItems=0';
const ADDRESS = `#/run?arms=soft&rounds=2&constrained=false&${SIZES}`;

/** Every browser at one host, every host at least once; the plain one, which sends no headers, so that the site has to
 * reload itself once, with two browsers. */
const VISITS: Readonly<Record<BrowserName, readonly HostName[]>> = {
  chromium: ['compressing'],
  'chromium-private': ['preview'],
  firefox: ['plain'],
  webkit: ['plain'],
};

const hasEnded = ({ sentence }: Shown): boolean => sentence.startsWith('The run has ended');

/** Reloads by itself as soon as the first round is under way, however fast that is: nobody has to be quick. */
const RELOAD_IN_ROUND_1 = `void new MutationObserver((_, observer) => {
  if (!/, round 1 of 2/.test(document.querySelector('.status-line p').innerText)) return;
  observer.disconnect();
  location.reload();
}).observe(document.body, { subtree: true, childList: true, characterData: true })`;

/** What a run says that it came to. */
const results = async (page: DrivenPage) => ({
  headline: await words(page, '.headline'),
  arms: await words(page, 'ul[aria-label="Arms"] li'),
});

/** Threads as the page may have them: shared memory is what they need. */
async function expectedThreads(page: DrivenPage): Promise<RegExp> {
  const may = await page.evaluate(
    'crossOriginIsolated && typeof SharedArrayBuffer === "function" && navigator.hardwareConcurrency > 1',
  );
  return may === true ? /wasm, \d+ threads/ : /wasm, 1 thread\b(?!s)/;
}

async function visit(page: DrivenPage, site: Host): Promise<void> {
  await page.open(`${site.url}${ADDRESS}`);
  await untilReady(page);
  expect((await words(page, '.device-badge'))[0]).toMatch(await expectedThreads(page));

  // Before and after the service worker has kept the site.
  await chooseTask(page, 'topic-4');
  await untilKept(page);
  await chooseTask(page, 'sentiment');
  await chooseTask(page, 'question-type');

  await page.evaluate(RELOAD_IN_ROUND_1);
  await pressButton(page, 'Run');
  await pressButton(page, 'Go on');
  await untilShown(page, 'the run that was cut off should end', hasEnded);
  const found = await results(page);
  expect(found.headline.join()).not.toBe('');
  expect(found.arms.join()).toMatch(/SOFT.*\d\.\d\d/);

  await site.close();
  await page.reload();
  await untilReady(page);
  await pressButton(page, 'Run');
  await untilShown(page, 'the run without a host should end', hasEnded);
  expect(await results(page)).toEqual(found);
}

for (const browser of BROWSERS) {
  const absent = missing(browser);
  const isSkipped = absent !== null && process.env.REQUIRE_BROWSERS !== '1';
  if (isSkipped) console.log(`SKIPPED ${browser}: ${absent}`);

  describe.skipIf(isSkipped)(`a first visit with ${browser}`, () => {
    let site: Host | undefined;
    let page: DrivenPage | undefined;
    afterEach(async () => {
      await page?.close();
      await site?.close();
      page = undefined;
      site = undefined;
    });

    it.each(VISITS[browser])(
      'loads, changes tasks, goes on with a run that was cut off, and does without its host: %s',
      async (host) => {
        site = await startHost(host, SITE);
        page = await openBrowser(browser);
        await visit(page, site);
      },
      PATIENCE_MS * 4,
    );
  });
}
