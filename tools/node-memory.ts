/** @file What Node tells of array buffers: the process's, so of everything in it together, garbage included. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const arrayBytes = (): number => process.memoryUsage().arrayBuffers;

/** Frees what loading left behind, so that it does not count as held. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}
