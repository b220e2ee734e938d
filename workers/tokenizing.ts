/**
 * @file Tokenizing many texts in a worker that says what it is at. One text cannot be interrupted: the page, which hears
 * nothing more, replaces the worker and names what was said last.
 */
import type { Tokenizer } from '../src/formats/tokenizer.ts';

/** Patterns shown, and characters of each. */
const SHOWN_PATTERNS = 4;
const SHOWN_CHARACTERS = 200;
/** A quick tokenizer says it once a request. */
const TOLD_EVERY_MS = 1000;

/** What the tokenizer runs, in words. */
export function patternsIn({ patterns }: Pick<Tokenizer, 'patterns'>): string {
  if (patterns.length === 0) return 'tokenizer.json, which has no patterns';
  const shown = patterns.slice(0, SHOWN_PATTERNS).map((pattern) => `"${pattern.slice(0, SHOWN_CHARACTERS)}"`);
  const rest = patterns.length - shown.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `the pattern${patterns.length === 1 ? '' : 's'} ${shown.join(', ')}${more} of tokenizer.json`;
}

/** `items.map(work)`, telling `what` before it begins and then as long as it gets on. */
export function eachTold<T, R>(
  items: readonly T[],
  work: (item: T) => R,
  what: string,
  tell: ((what: string) => void) | undefined,
): R[] {
  let toldAt = -Infinity;
  return items.map((item) => {
    const now = performance.now();
    if (now - toldAt >= TOLD_EVERY_MS) {
      tell?.(what);
      toldAt = now;
    }
    return work(item);
  });
}
