import type { Architecture } from '../../models/architecture.ts';

/** Narrower models lose by threads: their products are over before a second thread has woken up (docs/PERFORMANCE.md). */
const LEAST_WIDTH = 512;

/** Of so many threads, those that a model's training gains by. */
export const threadsThatPay = ({ hiddenSize }: Pick<Architecture, 'hiddenSize'>, threads: number): number =>
  hiddenSize < LEAST_WIDTH ? 1 : threads;
