/** @file The status line of the run under way: told as it gets on, and, since time goes on, while nothing comes too. */
import type { LastingEvent } from '../../src/words/events.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import type { Forecast, RunClock } from './budget.ts';
import type { Progress } from './lab-page.ts';
import type { Reporter } from './report.ts';
import { progressLine } from './report.ts';

const TICK_MS = 1000;

export interface Told {
  readonly run: ExperimentRun;
  readonly where: { readonly run: number; readonly runs: number; readonly name: string };
  readonly clock: RunClock;
  readonly forecast: Forecast;
  readonly report: Reporter;
  /** Milliseconds from the clock's own start. */
  readonly now: () => number;
}

export class RunProgress {
  readonly #told: Told;
  readonly #timer: NodeJS.Timeout;
  #last: Progress | null = null;

  constructor(told: Told) {
    this.#told = told;
    this.#timer = setInterval(() => {
      this.#tell();
    }, TICK_MS);
  }

  take(event: LastingEvent, wasComputed: boolean): void {
    this.#told.clock.take(event, wasComputed);
  }

  see(progress: Progress): void {
    this.#last = progress;
    this.#told.clock.see(progress, this.#told.now());
    this.#tell();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const { run, where, clock, forecast, report, now } = this.#told;
    if (this.#last === null) return;
    const left = forecast.secondsLeft({ run, clock, now: now() });
    report.status(progressLine(where, this.#last, left));
  }
}
