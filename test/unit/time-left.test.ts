/** @file The time left: it may be wrong, but it never stands still at a small number while nothing finishes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepUnderWay } from '../../src/method/time-left.ts';
import { rateShown, stepLeft } from '../../src/method/time-left.ts';
import { NO_RATES, NO_WORK, millisecondsOf, shareDone, timeLeft } from '../../src/method/work.ts';

/** 64 items of one unit each, answered one by one, predicted to take 10 ms each. */
const step = (more: Partial<StepUnderWay>): StepUnderWay => ({
  ...{ total: 64, each: 1, items: 64, together: 1, done: 0, elapsed: 0, lastAt: 0, rate: 10, restsOn: 0 },
  ...more,
});
const left = (more: Partial<StepUnderWay>): number => stepLeft(step(more)).milliseconds ?? NaN;

describe('a step under way', () => {
  it('takes what was predicted until it shows something, then what it shows', () => {
    expect(stepLeft(step({}))).toEqual({ milliseconds: 640, isLate: false });
    // Two batches of half the items: before the first has come, the time is what was predicted.
    expect(left({ together: 32, elapsed: 240 })).toBeCloseTo(400);
    // The first took twice as long as predicted, which itself counts as one batch.
    expect(left({ together: 32, done: 32, elapsed: 640, lastAt: 640 })).toBeCloseTo(480);
    // What it knew rests on much: less is learnt.
    expect(left({ together: 32, restsOn: 320, done: 32, elapsed: 640, lastAt: 640 })).toBeLessThan(352);
    // The batch under way is reckoned with.
    expect(left({ together: 32, done: 32, elapsed: 700, lastAt: 640 })).toBeCloseTo(420);
  });

  it('does not take the first of answers that come together for the pace of them all', () => {
    const first = left({ items: 32, total: 32, together: 32, done: 1, elapsed: 300, lastAt: 300 });
    expect(first).toBeLessThan(20);
    // Where they come one by one, it is.
    expect(left({ items: 32, total: 32, done: 1, elapsed: 300, lastAt: 300 })).toBeGreaterThan(4000);
  });

  it('reckons with what is scored behind its answers', () => {
    const answered = { done: 64, elapsed: 640, lastAt: 640 };
    expect(left({ total: 100, ...answered })).toBeCloseTo(360);
    expect(left({ total: 64, ...answered })).toBe(0);
  });

  it('says nothing where nothing is known', () => {
    expect(stepLeft(step({ rate: null, elapsed: 1e6 }))).toEqual({ milliseconds: null, isLate: false });
    expect(left({ rate: null, done: 1, elapsed: 100, lastAt: 100 })).toBe(6300);
  });

  it('grows with the time that passes while nothing finishes, whatever was predicted and is done', () => {
    const steps = fc.record({
      items: fc.integer({ min: 1, max: 5000 }),
      together: fc.integer({ min: 1, max: 64 }),
      done: fc.integer({ min: 0, max: 6000 }),
      lastAt: fc.integer({ min: 0, max: 1e6 }),
      rate: fc.double({ min: 0, max: 1e4, noNaN: true }),
      restsOn: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 1e7 }), (given, silent) => {
        const lastAt = given.done === 0 ? 0 : given.lastAt;
        const at = (ms: number) => left({ ...given, total: given.items, lastAt, elapsed: lastAt + ms });
        expect(at(silent)).toBeGreaterThanOrEqual(silent / 4);
        expect(at(1e13)).toBeGreaterThan(at(1e11));
      }),
    );
  });

  it('is said to be late only once it has overrun all that was predicted', () => {
    expect(stepLeft(step({ elapsed: 700 })).isLate).toBe(false);
    expect(stepLeft(step({ elapsed: 800 })).isLate).toBe(true);
    expect(stepLeft(step({ elapsed: 800, done: 63, lastAt: 800 })).isLate).toBe(true);
  });

  it('shows a rate for the rest of its kind: a stop in the middle changes little where much is known', () => {
    const stopped = { together: 64, elapsed: 6400 };
    // It took the place of a prediction, which counts as much as the batch that is waited for.
    expect(rateShown(step(stopped))).toBeCloseTo((640 + 6400) / 128);
    expect(rateShown(step({ ...stopped, restsOn: 6400 }))).toBeCloseTo((64_000 + 6400) / 6464);
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
    const slow = { ...step({ together: 64, elapsed: 60_000 }), phase: 'label' } as const;
    const { milliseconds, isLate } = timeLeft(rest, rates, slow);
    // 60 s for 64, of which nothing has come: a quarter more. The other 128 by what is known now, and the scoring.
    expect(milliseconds).toBeCloseTo(15_000 + 128 * ((64 * 20 + 60_000) / 128) + 1000);
    expect(isLate).toBe(true);
    expect(timeLeft(rest, rates, null)).toEqual({ milliseconds: 192 * 20 + 1000, isLate: false });
  });
});

describe('the share that is done', () => {
  const work = { ...NO_WORK, evaluate: 60, label: 30, train: 10 };

  it('goes by time where all rates are known, and by units where one is not, also before that phase has begun', () => {
    const done = { ...NO_WORK, evaluate: 60 };
    expect(shareDone(done, work, { ...NO_RATES, evaluate: 10, label: 20, train: 80 })).toBeCloseTo(
      600 / 2000,
    );
    expect(shareDone(done, work, { ...NO_RATES, evaluate: 4000 })).toBeCloseTo(0.6);
    expect(shareDone(NO_WORK, work, NO_RATES)).toBe(0);
    expect(shareDone(work, work, NO_RATES)).toBe(1);
  });
});
