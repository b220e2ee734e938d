/**
 * @file How long something may go on without a sign of progress. Counted in ticks of a second, not by the clock: a
 * machine that slept, or a page whose timers were held back, has given nobody the time to progress.
 */

/** Runs `then` after `ms`; the function it returns calls it off. Injected: this room knows no timers. */
export type Delay = (ms: number, then: () => void) => () => void;

const TICK_MS = 1000;

export class Patience {
  readonly #delay: Delay;
  readonly #onStall: (waitedMs: number) => void;
  #limitMs = 0;
  #leftMs = 0;
  #stop: (() => void) | null = null;

  /** @param onStall called once, with the limit that passed without a sign */
  constructor(delay: Delay, onStall: (waitedMs: number) => void) {
    this.#delay = delay;
    this.#onStall = onStall;
  }

  /** A step begins that may be silent for so long; it takes the place of the one before. */
  begin(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    if (this.#stop === null) this.#tick();
  }

  /** A sign of progress: the limit counts from here again. */
  sign(): void {
    this.#leftMs = this.#limitMs;
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #tick(): void {
    this.#stop = this.#delay(TICK_MS, () => {
      this.#leftMs -= TICK_MS;
      if (this.#leftMs > 0) {
        this.#tick();
        return;
      }
      this.#stop = null;
      this.#onStall(this.#limitMs);
    });
  }
}
