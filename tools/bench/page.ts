/**
 * @file The page's first minute, in headless Chromium on the built site: seconds until the Run button can be pressed, until
 * the bundled model is ready, from Run to the first answer and to the first round's point; and the long tasks of the
 * page's own thread during a whole run, of which none should pass 200 ms.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { launchBrowser } from '../browser.ts';
import { serveFolder } from '../static-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LONGEST_RUN_MS = 10 * 60_000;
/** One arm with the default sizes. */
const SETUP = 'arms=soft';

export interface PageTimes {
  readonly interactiveSeconds: number;
  readonly modelReadySeconds: number;
  readonly firstAnswerSeconds: number;
  readonly firstRoundSeconds: number;
  readonly runSeconds: number;
  /** Milliseconds of tasks of 50 ms and more on the main thread while the run went on, longest first, at most five. */
  readonly longestTasksMs: readonly number[];
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

export async function benchPage(): Promise<PageTimes> {
  await build({ root: ROOT, logLevel: 'warn' });
  const site = await serveFolder(`${ROOT}dist`, { base: '/', isolated: true });
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const opened = now();
  await page.goto(`${site.url}#/run?${SETUP}`, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  const interactive = now();
  await page.getByText('nano ready').waitFor();
  const ready = now();
  await watchLongTasks(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const pressed = now();
  await page.getByText('Answers as they come').waitFor();
  const answered = now();
  await page.getByText(/round 2 of 3, labelling/).waitFor({ timeout: LONGEST_RUN_MS });
  const firstRound = now();
  await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: LONGEST_RUN_MS });
  const ended = now();
  const tasks = await longTasks(page);
  await browser.close();
  await site.close();
  return {
    interactiveSeconds: interactive - opened,
    modelReadySeconds: ready - opened,
    firstAnswerSeconds: answered - pressed,
    firstRoundSeconds: firstRound - pressed,
    runSeconds: ended - pressed,
    longestTasksMs: tasks.sort((a, b) => b - a).slice(0, 5),
  };
}
