/** @file One first visit: until the model is ready, or the page says what failed, or nothing comes any more. */
import type { BrowserName } from '../drive/driven-page.ts';
import { isReady, look } from '../drive/lab-page.ts';
import { openBrowser } from '../drive/open.ts';
import type { Host } from '../hosts.ts';

/** Requests told of a load that failed. */
const LAST_REQUESTS = 6;

export interface Load {
  readonly browser: string;
  /** From the address to a model that is ready; null where that never came. */
  readonly seconds: number | null;
  /** Threads, as the page says them, or what it said instead of being ready. */
  readonly said: string;
  /** What the page told beside that: a start that hung and was made in another way, say. */
  readonly told: readonly string[];
  /** For a load that failed: the requests without an answer and the last ones, as the host saw them. */
  readonly requests: readonly string[];
}

function lastRequests({ requests }: Host, from: number): readonly string[] {
  const own = requests.slice(from);
  const open = own.filter(({ answer }) => answer === null);
  const last = own.filter(({ answer }) => answer !== null).slice(-LAST_REQUESTS);
  return [
    ...open.map(({ what }) => `without an answer: ${what}`),
    ...last.map(({ what, answer }) => `${what}: ${answer ?? ''}`),
  ];
}

/** "wasm, 4 threads" of the whole badge. */
const devicesOf = (badge: string): string => badge.replace(/^Device: ?/, '').replace(/ ?!.*$/, '');

export async function firstVisit(browser: BrowserName, host: Host, patienceSeconds: number): Promise<Load> {
  const from = host.requests.length;
  const page = await openBrowser(browser);
  const opened = performance.now();
  const seconds = () => (performance.now() - opened) / 1000;
  const failed = (said: string, told: readonly string[] = []): Load => ({
    browser: page.browser,
    seconds: null,
    ...{ said, told },
    requests: lastRequests(host, from),
  });
  try {
    await page.open(host.url);
    const { sentence, device, alerts, notices } = await look(page, isReady, patienceSeconds * 1000);
    if (alerts.length > 0) return failed(alerts.join(' | '), notices);
    if (!isReady({ sentence })) return failed(`hangs: ${sentence}`, notices);
    const said = devicesOf(device);
    return { browser: page.browser, seconds: seconds(), said, told: notices, requests: [] };
  } catch (thrown) {
    return failed(`the browser failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  } finally {
    await page.close();
  }
}
