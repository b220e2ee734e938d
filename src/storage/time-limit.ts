/**
 * @file A limit on how long the browser's storage may take. A database can be silent for ever: another window keeps it from
 * being upgraded, or the browser's own process for it is gone. No promise of it settles then, and no error comes.
 */
import { LabError } from '../core/errors.ts';
import type { Clock } from '../store/clock.ts';

/** The outcome of `work`, or the error that it took too long; what it then still does is ignored. */
export function within<T>(
  work: Promise<T>,
  ms: number,
  delay: Clock['delay'],
  late: () => LabError,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = delay(ms, () => {
      reject(late());
    });
    work.then(resolve, reject).finally(stop);
  });
}

export const silentStorage = (what: string, ms: number): LabError =>
  new LabError(
    'storage-unavailable',
    `The browser’s storage has not answered for ${ms / 1000} s: nothing was ${what}.`,
    {
      remedy:
        'A run goes on in this page: save it as a file before you close it. If it stays so, restart the browser.',
    },
  );
