/** @file Time as the store needs it, handed in (the store knows no timers), and a bound on how often the page redraws. */
import type { Delay } from '../core/patience.ts';

export interface Clock {
  /** Milliseconds from any fixed start. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  readonly delay: Delay;
  /** Resolves when the page has had a chance to draw and to react. */
  breathe(): Promise<void>;
}

/** Milliseconds between two updates of the page. */
const INTERVAL = 100;

/** Calls `work` at most ten times a second, and once more after the last request. */
export class Throttle {
  readonly #clock: Clock;
  readonly #work: () => void;
  #last = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  soon(): void {
    if (this.#cancel !== null) return;
    const wait = this.#last + INTERVAL - this.#clock.now();
    if (wait <= 0) this.now();
    else
      this.#cancel = this.#clock.delay(wait, () => {
        this.now();
      });
  }

  now(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#last = this.#clock.now();
    this.#work();
  }
}
