/**
 * @file The step of a run that is under way, as it is counted: what it has done and how long it took, pauses left out. The
 * page counts one of each cell by the loop's own events, the experiment runner one by what its browser tells.
 */
import type { Phase } from '../words/events.ts';
import type { PhaseUnderWay } from './work.ts';

export interface Started {
  readonly round: number;
  readonly phase: Phase;
  /** E.g. "test, zero-shot". */
  readonly detail: string;
  /** That it will count up to. */
  readonly items: number;
}

export class UnderWay {
  #started: Started | null = null;
  #done = 0;
  /** Milliseconds. */
  #spent = 0;
  /** `#spent` when the last item came. */
  #lastAt = 0;

  get started(): Started | null {
    return this.#started;
  }

  get done(): number {
    return this.#done;
  }

  begin(started: Started): void {
    this.#started = started;
    this.#done = 0;
    this.#spent = 0;
    this.#lastAt = 0;
  }

  end(): void {
    this.#started = null;
  }

  spend(milliseconds: number): void {
    this.#spent += milliseconds;
  }

  /** @param done so many items until now */
  reach(done: number): void {
    if (done !== this.#done) this.#lastAt = this.#spent;
    this.#done = done;
  }

  /** As the time left is reckoned from it.
   * @param waiting milliseconds for which the next item has been waited for */
  at(waiting: number): PhaseUnderWay | null {
    if (this.#started === null) return null;
    const { phase, items } = this.#started;
    return { phase, items, done: this.#done, elapsed: this.#spent + waiting, lastAt: this.#lastAt };
  }
}
