/** @file What a person does and reads on the lab's page, in any browser. Waits are for what the page says. */
import type { DrivenPage } from './driven-page.ts';
import { poll } from './poll.ts';

export interface Shown {
  /** The line at the bottom: what the lab does, or waits for. */
  readonly sentence: string;
  /** E.g. "Device: wasm, 4 threads !, could be faster". */
  readonly device: string;
  /** The page may use threads; where there is one core, that changes nothing. */
  readonly isSettled: boolean;
  /** What went wrong, in the page's words. */
  readonly alerts: readonly string[];
  /** What else it tells. */
  readonly notices: readonly string[];
}

const textsOf = (selector: string): string =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.innerText)`;

/** Their blanks made even: browsers differ in line ends. */
const wordsIn = (texts: unknown): readonly string[] =>
  Array.isArray(texts) ? texts.map((text) => String(text).replace(/\s+/g, ' ').trim()) : [];

/** The words of all elements that a CSS selector names. */
export const words = async (page: DrivenPage, selector: string): Promise<readonly string[]> =>
  wordsIn(await page.evaluate(textsOf(selector)));

/** One question, so that the answers are of one moment. */
const SHOWN = `[
  ${['.status-line p', '.device-badge', '[role=alert]', '.message[role=status]'].map(textsOf).join()},
  crossOriginIsolated || navigator.hardwareConcurrency === 1,
]`;

async function shown(page: DrivenPage): Promise<Shown> {
  const answer = await page.evaluate(SHOWN);
  const parts: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const [sentences, devices, alerts, notices, isSettled] = parts;
  return {
    sentence: wordsIn(sentences)[0] ?? '',
    device: wordsIn(devices)[0] ?? '',
    alerts: wordsIn(alerts),
    notices: wordsIn(notices),
    isSettled: isSettled === true,
  };
}

/** While the page goes elsewhere: the site reloads itself once where its host sends no headers. */
const NOTHING: Shown = { sentence: 'nothing', device: '', isSettled: false, alerts: [], notices: [] };

/** Waits until the page shows what `isSo` wants, or that something went wrong. What it shows then, or in the end. */
export const look = (page: DrivenPage, isSo: (now: Shown) => boolean, patienceMs?: number): Promise<Shown> =>
  poll(
    () => shown(page).catch(() => NOTHING),
    (now) => now.alerts.length > 0 || isSo(now),
    patienceMs,
  );

/** @throws Error with `what` and what the page shows instead, at once where it says that something went wrong */
export async function untilShown(
  page: DrivenPage,
  what: string,
  isSo: (now: Shown) => boolean,
): Promise<void> {
  const now = await look(page, isSo);
  if (now.alerts.length === 0 && isSo(now)) return;
  throw new Error(
    `${page.browser}: ${what}, but the page shows: ${[now.sentence, ...now.alerts].join(' | ')}`,
  );
}

export const isReady = ({ sentence }: Pick<Shown, 'sentence'>): boolean => sentence.startsWith('Ready.');

const asksForReload = ({ notices }: Shown): boolean =>
  notices.some((text) => text.startsWith('Reload the page when it suits you'));

/** Waits for the model and the task on a page that may use threads. A site whose host sends no headers comes to that by a
 * reload: its own, behind which alone it is safe to press anything, or the one that it asks for. */
export async function untilReady(page: DrivenPage): Promise<void> {
  const isThere = (now: Shown) => now.isSettled && isReady(now);
  const now = await look(page, (now) => isThere(now) || asksForReload(now));
  if (!now.isSettled && asksForReload(now)) await page.reload();
  await untilShown(page, 'the model should be ready on a page that is isolated', isThere);
}

/** Waits until the service worker has kept the whole site. */
export async function untilKept(page: DrivenPage): Promise<void> {
  const kept = await poll(
    () => page.evaluate('navigator.serviceWorker.getRegistration().then((found) => found?.active != null)'),
    (isKept) => isKept === true,
  );
  if (kept !== true) throw new Error(`${page.browser}: the service worker never kept the site.`);
}

const BUTTON = (name: string) => `//button[normalize-space()="${name}"]`;
export const pressButton = (page: DrivenPage, name: string): Promise<void> => page.press(BUTTON(name));

export async function chooseTask(page: DrivenPage, id: string): Promise<void> {
  await page.press('//*[contains(@class, "is-choice")][.//*[normalize-space()="Task"]]//button');
  await page.press(`//*[@role="option" and @data-key="${id}"]`);
  await untilShown(
    page,
    `${id} should be read`,
    (now) => isReady(now) && now.sentence.includes(` of ${id},`),
  );
}
