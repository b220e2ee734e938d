/**
 * @file First visits, one description for all: three browsers, three hosts, each with a new profile. The model comes,
 * tasks are changed, a run is cut off by a reload and gone on with; then the host is gone, and all of it works again.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserName, DrivenPage } from '../../tools/drive/driven-page.ts';
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

/** Set where a browser that is not there is a failure: in continuous integration. */
const ALL_REQUIRED = process.env.REQUIRE_BROWSERS === '1';

/** Milliseconds; a safety net, wider than that of a single wait. */
const PATIENCE = 400_000;

/** The least that is labelled, trained on and scored in two rounds. */
const SIZES =
  'demonstrations=1&epochs=1&promptsPerRound=4&testItems=4&fewShotItems=0&validationItems=0&probeItems=0';
const ADDRESS = `#/run?arms=soft&rounds=2&constrained=false&${SIZES}`;

interface Visit {
  readonly browser: BrowserName;
  readonly host: HostName;
}

const VISITS: readonly Visit[] = [
  { browser: 'chromium', host: 'preview' },
  { browser: 'chromium', host: 'compressing' },
  { browser: 'chromium', host: 'plain' },
  { browser: 'firefox', host: 'compressing' },
  { browser: 'webkit', host: 'plain' },
];

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

for (const { browser, host } of VISITS) {
  const absent = missing(browser);
  if (absent !== null && !ALL_REQUIRED) console.log(`SKIPPED ${browser}: ${absent}`);

  describe.skipIf(absent !== null && !ALL_REQUIRED)(`a first visit with ${browser}, ${host} host`, () => {
    let site: Host;
    let page: DrivenPage;
    let found: Awaited<ReturnType<typeof results>>;
    beforeAll(async () => {
      site = await startHost(host, SITE);
      page = await openBrowser(browser);
      await page.open(`${site.url}${ADDRESS}`);
    }, PATIENCE);
    afterAll(async () => {
      await page.close();
      await site.close();
    });

    it(
      'loads the model and says on how many threads it computes',
      async () => {
        await untilReady(page);
        // The badge gets its device with the model.
        expect((await words(page, '.device-badge'))[0]).toMatch(await expectedThreads(page));
      },
      PATIENCE,
    );

    it(
      'reads three other tasks, before and after the service worker has kept the site',
      async () => {
        await chooseTask(page, 'topic-4');
        await untilKept(page);
        await chooseTask(page, 'sentiment');
        await chooseTask(page, 'two-cue-topic');
      },
      PATIENCE,
    );

    it(
      'goes on with a run that a reload cut off, to its end and its scores',
      async () => {
        await page.evaluate(RELOAD_IN_ROUND_1);
        await pressButton(page, 'Run');
        await pressButton(page, 'Continue');
        await untilShown(page, 'the run should end', hasEnded);
        found = await results(page);
        expect(found.headline.join()).not.toBe('');
        expect(found.arms.join()).toMatch(/SOFT.*\d\.\d\d/);
      },
      PATIENCE,
    );

    it(
      'loads and runs again without its host, to the same scores',
      async () => {
        await site.close();
        await page.reload();
        await untilReady(page);
        await pressButton(page, 'Run');
        await untilShown(page, 'the run should end', hasEnded);
        expect(await results(page)).toEqual(found);
      },
      PATIENCE,
    );
  });
}
