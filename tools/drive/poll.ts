/** @file Looks again and again at what is awaited. */
import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS } from './driven-page.ts';

/** Between two looks, in milliseconds. */
const LOOK_MS = 100;

/** What `look` saw last: what is enough, or whatever there is when patience is at its end. */
export async function poll<T>(
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (isEnough(seen) || performance.now() > end) return seen;
    await delay(LOOK_MS);
  }
}
