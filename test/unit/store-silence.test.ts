/** @file A run that goes on while nothing comes: the page is told anew, and the time left grows. */
import { describe, expect, it } from 'vitest';
import { armOf } from '../../src/words/plan.ts';
import type { Ports } from '../../src/method/ports.ts';
import type { SessionView } from '../../src/store/live/session.ts';
import { Session } from '../../src/store/live/session.ts';
import type { Rates } from '../../src/method/work.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';
import { COUNTED } from './method-toy.ts';

/** Time that passes only where a test says so. */
function handClock() {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly then: () => void }>();
  return {
    now: () => now,
    date: () => now,
    delay: (ms: number, then: () => void) => {
      const entry = { at: now + ms, then };
      waiting.add(entry);
      return () => {
        waiting.delete(entry);
      };
    },
    breathe: () => Promise.resolve(),
    pass: (ms: number) => {
      const until = now + ms;
      for (; now < until; now += 100) {
        for (const entry of [...waiting]) {
          if (entry.at > now) continue;
          waiting.delete(entry);
          entry.then();
        }
      }
    },
  };
}

const RATES: Rates = { rank: 1, label: 1, train: 1, evaluate: 1 };
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A run whose engine answers nothing. */
async function silent(rates: Rates) {
  const clock = handClock();
  const { ports } = fakePorts();
  const stuck: Ports = {
    ...ports,
    // eslint-disable-next-line require-yield -- it never answers
    async *generate() {
      await new Promise(() => undefined);
    },
  };
  const views: SessionView[] = [];
  const arm = armOf('soft', 'soft', { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1 });
  const session = new Session({
    ...{ task: fakeTask(), arms: [arm], seeds: [1], past: new Map(), rates, clock },
    ...{ basis: 'probe' as const, weigh: () => COUNTED },
    newAbort: () => new AbortController(),
    ports: () => stuck,
    spared: () => 0,
    onView: (view) => views.push(view),
    onLasting: () => undefined,
  });
  session.go();
  // The session loads it when it first runs.
  await import('../../src/method/loop.ts');
  await settle();
  const after = (seconds: number): SessionView => {
    const told = views.length;
    clock.pass(1000 * seconds);
    expect(views.length).toBeGreaterThan(told);
    const last = views.at(-1);
    if (last === undefined) throw new Error('The page was told nothing.');
    return last;
  };
  return { session, views, after };
}

describe('while nothing comes', () => {
  it('the time left is told every second or so, and grows past the prediction', async () => {
    const { views, after } = await silent(RATES);
    const first = views.at(-1)?.secondsLeft ?? NaN;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(1);
    const told = [10, 60, 300].map(after);
    const seconds = told.map(({ secondsLeft }) => secondsLeft ?? NaN);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    // 370 s are gone with a step that was to take some milliseconds.
    expect(seconds.at(-1)).toBeGreaterThan(370 / 4);
    expect(told.every(({ isLate }) => isLate === true)).toBe(true);
    expect(told.at(-1)?.cells[0]?.activity?.done).toBe(0);
  });

  it('nothing is said of the time where nothing was measured', async () => {
    const { after } = await silent({ rank: null, label: null, train: null, evaluate: null });
    expect(after(60)).toMatchObject({ secondsLeft: null, isLate: false });
  });

  it('a run that is paused is told nothing more, and its time stands', async () => {
    const { session, views, after } = await silent(RATES);
    after(10);
    session.pause();
    const told = views.length;
    expect(() => after(60)).toThrow();
    expect(views.length).toBe(told);
  });
});
