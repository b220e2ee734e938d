/** @file The time left: it may be wrong, but it never stands still at a small number while nothing finishes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepUnderWay } from '../../src/method/time-left.ts';
import { rateShown, stepLeft } from '../../src/method/time-left.ts';
import { NO_RATES, NO_WORK, millisecondsOf, shareDone, timeLeft } from '../../src/method/work.ts';

const step = (more: Partial<StepUnderWay>): StepUnderWay => ({
  ...{ items: 64, done: 0, elapsed: 0, lastAt: 0, rate: 10 },
  ...more,
});

describe('a step under way', () => {
  it('takes what was predicted until it shows something, then what it shows', () => {
    expect(stepLeft(step({}))).toEqual({ milliseconds: 640, isLate: false });
    expect(stepLeft(step({ elapsed: 240 })).milliseconds).toBe(400);
    // Half of it took twice as long as predicted.
    expect(stepLeft(step({ done: 32, elapsed: 640, lastAt: 640 })).milliseconds).toBe(640);
    // The batch under way is reckoned with.
    expect(stepLeft(step({ done: 32, elapsed: 700, lastAt: 640 })).milliseconds).toBe(580);
  });

  it('says nothing where nothing is known', () => {
    expect(stepLeft(step({ rate: null, elapsed: 1e6 }))).toEqual({ milliseconds: null, isLate: false });
    expect(stepLeft(step({ rate: null, done: 1, elapsed: 100, lastAt: 100 })).milliseconds).toBe(6300);
  });

  it('grows with the time that passes while nothing finishes, whatever was predicted and is done', () => {
    const steps = fc.record({
      items: fc.integer({ min: 1, max: 5000 }),
      done: fc.integer({ min: 0, max: 6000 }),
      lastAt: fc.integer({ min: 0, max: 1e6 }),
      rate: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 1e7 }), (given, silent) => {
        const lastAt = given.done === 0 ? 0 : given.lastAt;
        const left = (ms: number) => stepLeft({ ...given, lastAt, elapsed: lastAt + ms }).milliseconds ?? NaN;
        expect(left(silent)).toBeGreaterThanOrEqual(silent / 4);
        expect(left(1e13)).toBeGreaterThan(left(1e11));
      }),
    );
  });

  it('is said to be late only once it has overrun all that was predicted', () => {
    expect(stepLeft(step({ elapsed: 700 })).isLate).toBe(false);
    expect(stepLeft(step({ elapsed: 800 })).isLate).toBe(true);
    expect(stepLeft(step({ elapsed: 800, done: 63, lastAt: 800 })).isLate).toBe(true);
  });

  it('shows a rate for the rest of its kind, at least the time that it has taken', () => {
    expect(rateShown(step({ elapsed: 6400 }))).toBe(100);
    expect(rateShown(step({ done: 32, elapsed: 640, lastAt: 640 }))).toBe(20);
    expect(rateShown(step({ elapsed: 6400, rate: null }))).toBeNull();
  });
});

describe('the time of some work', () => {
  const rates = { ...NO_RATES, evaluate: 10, label: 20 };

  it('is unknown where a phase of it was never measured, and not that of another phase', () => {
    expect(millisecondsOf({ ...NO_WORK, evaluate: 5 }, rates)).toBe(50);
    expect(millisecondsOf({ ...NO_WORK, evaluate: 5, train: 1 }, rates)).toBeNull();
    // A prompt is ranked as it is labelled.
    expect(millisecondsOf({ ...NO_WORK, rank: 2 }, rates)).toBe(40);
    expect(millisecondsOf(NO_WORK, NO_RATES)).toBe(0);
  });

  it('takes a slow step for a sign of what comes: minutes are not told as a second', () => {
    const rest = { ...NO_WORK, label: 192, evaluate: 100 };
    const slow = { phase: 'label', items: 64, done: 0, elapsed: 60_000, lastAt: 0 } as const;
    const { milliseconds, isLate } = timeLeft(rest, rates, slow);
    // 60 s for 64 at the least, of which nothing has come: a quarter more, the other 128, and the scoring.
    expect(milliseconds).toBeCloseTo(15_000 + 120_000 + 1000);
    expect(isLate).toBe(true);
    expect(timeLeft(rest, rates, null)).toEqual({ milliseconds: 192 * 20 + 1000, isLate: false });
  });
});

describe('the share that is done', () => {
  const work = { ...NO_WORK, evaluate: 60, label: 30, train: 10 };

  it('goes by time where all rates are known, and by items where one is not, also before that phase has begun', () => {
    const done = { ...NO_WORK, evaluate: 60 };
    expect(shareDone(done, work, { ...NO_RATES, evaluate: 10, label: 20, train: 80 })).toBeCloseTo(
      600 / 2000,
    );
    expect(shareDone(done, work, { ...NO_RATES, evaluate: 4000 })).toBeCloseTo(0.6);
    expect(shareDone(NO_WORK, work, NO_RATES)).toBe(0);
    expect(shareDone(work, work, NO_RATES)).toBe(1);
  });
});
