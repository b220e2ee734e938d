/**
 * @file The page's first minute, in headless Chromium on the built site: seconds until the Run button can be pressed, until
 * the bundled model is ready, from Run to the first answer and to the first round's point; and the long tasks of the
 * page's own thread during a whole run, of which none should pass 200 ms. And the quick look that the page opens with: seconds
 * from Run to the first comparison of student and teacher, and to the end of its two arms.
 */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { launchBrowser } from '../browser.ts';
import { serveFolder } from '../static-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LONGEST_RUN_MS = 10 * 60_000;
/** Of the quick looks, each in a page that remembers nothing. */
const LOOKS = 5;
/** One arm with the default sizes. */
const SETUP = 'arms=soft';
/** The probe begins a second after the model is ready and takes about as long. */
const PRESSED_AFTER_MS = [1100, 1400, 1700];

export interface QuickLookTimes {
  /** The student of round 1 is scored beside its few-shot teacher. */
  readonly firstComparisonSeconds: readonly number[];
  /** Both arms have come to their end. */
  readonly endSeconds: readonly number[];
}

export interface PageTimes {
  readonly interactiveSeconds: number;
  readonly modelReadySeconds: number;
  readonly firstAnswerSeconds: number;
  /** Pressed while the page measures its speed. */
  readonly firstAnswerInMidProbeSeconds: number;
  readonly firstRoundSeconds: number;
  readonly runSeconds: number;
  /** What the page said that the run would take, before any run. */
  readonly predicted: string;
  /** Milliseconds of tasks of 50 ms and more on the main thread while the run went on, longest first, at most five. */
  readonly longestTasksMs: readonly number[];
  /** Medians, and each. */
  readonly quickLook: {
    readonly firstComparisonSeconds: number;
    readonly endSeconds: number;
    readonly each: QuickLookTimes;
  };
}

const now = () => performance.now() / 1000;

/** Collects long tasks in the page; the second call reads them. */
const watchLongTasks = (page: Page) =>
  page.evaluate(() => {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) performance.mark('long task', { detail: duration });
    }).observe({ type: 'longtask' });
  });
const longTasks = (page: Page) =>
  page.evaluate(() =>
    performance.getEntriesByName('long task').flatMap((entry) => {
      const detail: unknown = 'detail' in entry ? entry.detail : null;
      return typeof detail === 'number' ? [detail] : [];
    }),
  );

/** A new page in storage of its own, the bundled model ready. */
async function readyPage(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(address, { waitUntil: 'commit' });
  await page.getByText('nano ready').waitFor();
  return page;
}

/** Seconds from pressing Run to the first answer. */
async function pressRun(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const pressed = now();
  await page.getByText('Answers as they come').waitFor();
  return now() - pressed;
}

/** A press while the idle page measures its speed, which begins a second after the model is ready: the median of a few. */
async function firstAnswerInMidProbe(browser: Browser, address: string): Promise<number> {
  const seconds: number[] = [];
  for (const wait of PRESSED_AFTER_MS) {
    const page = await readyPage(browser, address);
    await page.waitForTimeout(wait);
    seconds.push(await pressRun(page));
    await page.close();
  }
  return medianOf(seconds);
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** The page as it opens for a stranger, and Run. */
async function quickLooks(browser: Browser, url: string): Promise<QuickLookTimes> {
  const [comparisons, ends]: [number[], number[]] = [[], []];
  for (let i = 0; i < LOOKS; i++) {
    const page = await readyPage(browser, url);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const pressed = now();
    // The teacher's few-shot score is the base's, which is there before any round.
    await page
      .getByRole('img', { name: /^Chart of .*: round 0 [\d.]+, round 1 / })
      .waitFor({ timeout: LONGEST_RUN_MS });
    comparisons.push(now() - pressed);
    await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: LONGEST_RUN_MS });
    ends.push(now() - pressed);
    await page.close();
  }
  return { firstComparisonSeconds: comparisons, endSeconds: ends };
}

/** What the page says before a run, once it has measured. */
async function predicted(page: Page): Promise<string> {
  const words = page.locator('.before-run span');
  await page.waitForFunction(() => document.querySelector('.before-run span')?.textContent !== '');
  return words.innerText();
}

export async function benchPage(): Promise<PageTimes> {
  await build({ root: ROOT, logLevel: 'warn' });
  const site = await serveFolder(`${ROOT}dist`, { base: '/', isolated: true });
  const browser = await launchBrowser();
  const address = `${site.url}#/run?${SETUP}`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const opened = now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  const interactive = now();
  await page.getByText('nano ready').waitFor();
  const ready = now();
  await watchLongTasks(page);
  const pressed = now();
  const firstAnswerSeconds = await pressRun(page);
  await page.getByText(/round 2 of 3, labelling/).waitFor({ timeout: LONGEST_RUN_MS });
  const firstRound = now();
  await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: LONGEST_RUN_MS });
  const ended = now();
  const tasks = await longTasks(page);
  await page.close();
  const firstAnswerInMidProbeSeconds = await firstAnswerInMidProbe(browser, address);
  const idle = await readyPage(browser, address);
  const predictedWords = await predicted(idle);
  await idle.close();
  const each = await quickLooks(browser, site.url);
  await browser.close();
  await site.close();
  return {
    interactiveSeconds: interactive - opened,
    modelReadySeconds: ready - opened,
    firstAnswerSeconds,
    firstAnswerInMidProbeSeconds,
    firstRoundSeconds: firstRound - pressed,
    runSeconds: ended - pressed,
    predicted: predictedWords,
    longestTasksMs: tasks.sort((a, b) => b - a).slice(0, 5),
    quickLook: {
      firstComparisonSeconds: medianOf(each.firstComparisonSeconds),
      endSeconds: medianOf(each.endSeconds),
      each,
    },
  };
}
