/** @file The runner's time left: corrected by what is measured, and never a second that stands for minutes. */
import { describe, expect, it } from 'vitest';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import { armOf } from '../../src/words/plan.ts';
import { Forecast, RunClock } from '../../tools/experiment/budget.ts';
import { progressLine } from '../../tools/experiment/report.ts';
import { fakeTask } from './fake-ports.ts';

const arm = armOf('soft', 'soft', { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1 });
const plan = { task: fakeTask(), arm, seed: 1 };
const [run, next] = [1, 2].map((seed): ExperimentRun => ({ task: 'colours', arm, seed }));
const predicted = { rank: 0, label: 2, train: 4, evaluate: 6 };
const label = { round: 1, phase: 'label', detail: '', items: 8, done: 0 } as const;
const cost = (milliseconds: number) => ({ tokens: 1, milliseconds });

describe('the time left of an experiment', () => {
  if (run === undefined || next === undefined) throw new Error('There are two runs.');
  const forecast = () => new Forecast(new Map([run, next].map((one) => [one, predicted])));

  it('is what was predicted, then what the run under way shows', () => {
    const clock = new RunClock(plan, predicted, true, 0);
    expect(forecast().secondsLeft({ run, clock, now: 0 })).toEqual({ seconds: 24, isLate: false });
    clock.see(label, 0);
    // A second of 12 is over, all of it in the step.
    expect(forecast().secondsLeft({ run, clock, now: 500 }).seconds).toBeCloseTo(23.5);
  });

  it('grows while nothing finishes, for the other runs too, and says that the prediction was wrong', () => {
    const clock = new RunClock(plan, predicted, true, 0);
    clock.see(label, 0);
    const at = (seconds: number) => forecast().secondsLeft({ run, clock, now: 1000 * seconds });
    const told = [60, 120, 240, 480].map((seconds) => at(seconds).seconds);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    // The other run is taken to need at least as long as this one has taken.
    expect(at(240).seconds).toBeGreaterThan(240);
    expect(at(240).isLate).toBe(true);
    const where = { run: 1, runs: 2, name: 'colours, soft, seed 1' };
    expect(progressLine(where, label, at(240))).toMatch(/about \d+ min left, this step takes longer/);
  });

  it('learns from a step that is over', () => {
    const clock = new RunClock(plan, predicted, true, 0);
    clock.take({ type: 'labelled', round: 1, samples: [], cost: cost(1) });
    const before = clock.left(0, 1).milliseconds ?? NaN;
    const curve = [1, 2].map((step) => ({
      ...{ type: 'step' as const, step, maxSteps: 2, loss: 1, gradNorm: 1, learningRate: 1, tokens: 1 },
    }));
    const adapter = {
      config: {
        ...{ r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0 },
        targetModules: 'all-linear' as const,
      },
      pairs: new Map(),
    };
    clock.take({ type: 'trained', round: 1, adapter, curve, examples: 8, cost: cost(20_000) });
    // 10 s a step, of which two are left, in place of one second each.
    expect((clock.left(0, 1).milliseconds ?? NaN) - before).toBeCloseTo(20_000 - 4000);
  });
});
