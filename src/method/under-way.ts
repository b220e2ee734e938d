/**
 * @file The step of a run that is under way, as it is counted: what it has done and how long it took, pauses left out. The
 * page counts one of each cell by the loop's own events, the experiment runner one by what its browser tells.
 */
import type { EvaluatedSplit, Mode, Phase } from '../words/events.ts';

export interface Started {
  readonly round: number;
  readonly phase: Phase;
  /** E.g. "test, zero-shot". */
  readonly detail: string;
  /** That it will count up to. */
  readonly items: number;
  /** Of an evaluation. */
  readonly evaluating?: { readonly split: EvaluatedSplit; readonly mode: Mode };
  /** Of a training: what it is on. */
  readonly examples?: number;
}

/** What an event tells of the step that begins. */
export const startedOf = ({ round, phase, detail, items, evaluating, examples }: Started): Started => ({
  ...{ round, phase, detail, items },
  ...(evaluating === undefined ? {} : { evaluating }),
  ...(examples === undefined ? {} : { examples }),
});

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

  /** Milliseconds since it began, and until its last item came.
   * @param waiting milliseconds for which the next item has been waited for */
  times(waiting: number): { readonly elapsed: number; readonly lastAt: number } {
    return { elapsed: this.#spent + waiting, lastAt: this.#lastAt };
  }
}
