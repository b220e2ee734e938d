/** @file Seconds that each run is expected to take: predicted from a probe, corrected by the runs that were made. */
import type { Rates } from '../../src/core/budget.ts';
import { predictCost } from '../../src/core/budget.ts';
import type { ExperimentRun } from '../../src/core/experiment.ts';
import { roundNumbers } from '../../src/core/plan.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Lengths } from '../../src/lab/lengths.ts';
import { planSizes } from '../../src/lab/lengths.ts';
import type { Architecture } from '../../src/models/architecture.ts';

export interface Measured {
  readonly rates: Rates;
  /** By task id. */
  readonly lengths: Readonly<Record<string, Lengths>>;
}

/** Seconds of a run; an arm whose base evaluation another arm made before needs none of its own. */
export function predictedSeconds(
  plan: Plan,
  { rates, lengths }: Measured,
  architecture: Architecture,
  isFirstArm: boolean,
): number {
  const own = lengths[plan.task.definition.id] ?? { prompt: 32, answer: 4, prefix: 0 };
  const { seconds } = predictCost(plan, planSizes(plan, own, architecture.linears), rates);
  const evaluations = roundNumbers(plan).length + 1;
  return seconds.total - (isFirstArm ? 0 : seconds.evaluate / evaluations);
}

/** Time left, by the predictions of what is left and how the predictions held so far. */
export class Forecast {
  readonly #predicted: ReadonlyMap<ExperimentRun, number>;
  readonly #left: Set<ExperimentRun>;
  #made = { predicted: 0, measured: 0 };

  constructor(predicted: ReadonlyMap<ExperimentRun, number>) {
    this.#predicted = predicted;
    this.#left = new Set(predicted.keys());
  }

  /** A run that was done before this command. */
  skip(run: ExperimentRun): void {
    this.#left.delete(run);
  }

  done(run: ExperimentRun, seconds: number): void {
    this.#left.delete(run);
    const { predicted, measured } = this.#made;
    this.#made = { predicted: predicted + (this.#predicted.get(run) ?? 0), measured: measured + seconds };
  }

  get runsLeft(): number {
    return this.#left.size;
  }

  /** @param secondsIn spent on the run that is under way */
  secondsLeft(secondsIn = 0): number {
    const { predicted, measured } = this.#made;
    const correction = predicted > 0 ? measured / predicted : 1;
    let total = 0;
    for (const run of this.#left) total += (this.#predicted.get(run) ?? 0) * correction;
    return Math.max(1, total - secondsIn);
  }
}
