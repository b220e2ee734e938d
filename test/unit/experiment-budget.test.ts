/** @file The runner's time left: corrected by what is measured, and never a second that stands for minutes. */
import { describe, expect, it } from 'vitest';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import { armOf } from '../../src/words/plan.ts';
import { Account } from '../../src/method/account.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { PHASES } from '../../src/words/events.ts';
import type { Weigh } from '../../src/method/work.ts';
import { Forecast, RunClock } from '../../tools/experiment/budget.ts';
import { progressLine } from '../../tools/experiment/report.ts';
import { secondsTold, wholeRatios } from '../../tools/bench/estimates.ts';
import { fakeTask } from './fake-ports.ts';

const arm = armOf('soft', 'soft', { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1 });
const task = fakeTask();
const [run, next] = [1, 2].map((seed): ExperimentRun => ({ task: 'colours', arm, seed }));
/** A tenth of a second an answer, a second a step. */
const weigh: Weigh = ({ kind }) => ({
  each: kind === 'train' ? 1000 : 100,
  together: kind === 'train' ? 1 : 8,
});
const label = { round: 1, phase: 'label', detail: '', items: 8, done: 0 } as const;
const cost = (milliseconds: number) => ({ tokens: 1, milliseconds });

describe('the time left of an experiment', () => {
  if (run === undefined || next === undefined) throw new Error('There are two runs.');
  const begun = () => {
    const accounts = new Map([run, next].map((one) => [one, new Account(arm, shapeOf(task), weigh)]));
    const own = accounts.get(run) ?? expect.fail('The run has an account.');
    const whole = PHASES.reduce((sum, phase) => sum + own.expected[phase], 0) / 1000;
    return { forecast: new Forecast(accounts), clock: new RunClock(own), whole };
  };

  it('is what was predicted, then what the run under way shows', () => {
    const { forecast, clock, whole } = begun();
    expect(forecast.secondsLeft().seconds).toBeCloseTo(2 * whole);
    clock.see(label, 0);
    expect(forecast.secondsLeft({ run, clock, now: 0 }).seconds).toBeCloseTo(2 * whole);
    // Half a second is over, all of it in the step.
    expect(forecast.secondsLeft({ run, clock, now: 500 }).seconds).toBeCloseTo(2 * whole - 0.5);
  });

  it('grows while nothing finishes, for the other runs too, and says that the prediction was wrong', () => {
    const { forecast, clock } = begun();
    clock.see(label, 0);
    const at = (seconds: number) => forecast.secondsLeft({ run, clock, now: 1000 * seconds });
    const told = [60, 120, 240, 480].map((seconds) => at(seconds).seconds);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    // The labels that are still to come, of this run and the other, are taken to need as long as these have.
    expect(at(240).seconds).toBeGreaterThan(240);
    expect(at(240).isLate).toBe(true);
    const where = { run: 1, runs: 2, name: 'colours, soft, seed 1' };
    expect(progressLine(where, label, at(240))).toMatch(/about \d+ min left, this step takes longer/);
  });

  it('learns from a step that is over, for the runs to come too', () => {
    const { forecast, clock } = begun();
    const before = forecast.secondsLeft({ run, clock, now: 0 }).seconds;
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
    const after = forecast.secondsLeft({ run, clock, now: 0 }).seconds;
    // Two of its four steps are done; the others of both runs take 10 s each in place of one.
    expect(after - before).toBeCloseTo(-2 + 6 * 9);
  });

  it('counts an item once that is asked twice for its label', () => {
    for (const [decoding, each] of [
      ['greedy', 100],
      ['constrained', 100],
      ['calibrated', 200],
    ] as const) {
      const icl = armOf('icl', 'icl', { constrained: false, decoding, fewShotItems: 8, testItems: 8 });
      const account = new Account(icl, shapeOf(task), weigh);
      const clock = new RunClock(account);
      const evaluating = { split: 'test', mode: 'few-shot' } as const;
      clock.see({ round: 0, phase: 'evaluate', detail: '', items: 8, done: 0, evaluating }, 0);
      expect(clock.step(0), decoding).toMatchObject({ each, total: 8 * each });
    }
  });

  it('does not count what is computed already', () => {
    const account = new Account(arm, shapeOf(task), weigh, []);
    const clock = new RunClock(account);
    clock.see(label, 0);
    expect(account.left(clock.step(60_000), { rank: 1, label: 1, train: 1, evaluate: 1 }).milliseconds).toBe(
      0,
    );
  });
});

describe('the bench of what was told', () => {
  it('reads the words that the runner tells', () => {
    for (const [seconds, words] of [
      [7, 7],
      [89, 89],
      [400, 420],
      [5500, 5520],
    ] as const) {
      const line = progressLine({ run: 1, runs: 1, name: 'one' }, label, { seconds, isLate: seconds > 60 });
      expect(secondsTold(line)).toBe(words);
    }
    expect(secondsTold('Model nano on wasm.')).toBeNull();
  });

  it('holds them against what the whole took', () => {
    const told = [
      { at: 0, left: 20 },
      { at: 5, left: 5 },
    ];
    expect(wholeRatios(told, 10)).toEqual([
      { share: 0, ratio: 2 },
      { share: 0.5, ratio: 1 },
    ]);
  });
});
