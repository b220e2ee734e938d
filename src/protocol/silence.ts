/**
 * @file How long a worker at work has given no sign. Kernels block its thread, so silence proves nothing by itself: it is
 * counted, for whoever is to judge. It is counted in ticks and not read off a clock, so that a laptop that slept for an hour
 * has been silent for one tick, and a clock that was set has changed nothing.
 */

export interface SilenceOptions {
  /** As the channel's. */
  readonly delay: (ms: number, then: () => void) => () => void;
  readonly tickMs: number;
  /** Asks for a sign; it comes between two steps. */
  readonly ping: () => void;
  /** Called at every tick without a sign. */
  readonly onSilent: (ms: number) => void;
  /** After that, a sign came, or nobody waits for one any more. */
  readonly onSign: () => void;
}

export class Silence {
  readonly #options: SilenceOptions;
  #silentMs = 0;
  #hasSign = false;
  #stop: (() => void) | null = null;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** Counts while the worker is at work. */
  watch(isAtWork: boolean): void {
    if (isAtWork && this.#stop === null) {
      this.#hasSign = true;
      this.#tick();
    }
    if (isAtWork || this.#stop === null) return;
    this.#stop();
    this.#stop = null;
    this.heard();
  }

  /** Any message is a sign. */
  heard(): void {
    this.#hasSign = true;
    const before = this.#silentMs;
    this.#silentMs = 0;
    if (before > 0) this.#options.onSign();
  }

  #tick(): void {
    const { delay, tickMs, ping } = this.#options;
    this.#hasSign = false;
    ping();
    this.#stop = delay(tickMs, () => {
      this.#end();
    });
  }

  #end(): void {
    const { tickMs, onSilent } = this.#options;
    if (!this.#hasSign) {
      this.#silentMs += tickMs;
      onSilent(this.#silentMs);
    }
    // It may have been given up meanwhile.
    if (this.#stop !== null) this.#tick();
  }
}
