/**
 * @file Which sentences belong to the tasks and which to the corpus. A sentence's own hash decides, so the two can
 * never meet, whichever of them is made first and whatever is drawn later.
 */
import { deriveKey } from '../../src/core/random.ts';

/** One sentence in eight is held out of the corpus. */
const SHARE = 8;

export const isHeldOut = (text: string): boolean => deriveKey('held out', text) % SHARE === 0;

/** Draws until the sentence may stand in the corpus. */
export function forCorpus(make: () => string): string {
  for (;;) {
    const text = make();
    if (!isHeldOut(text)) return text;
  }
}
