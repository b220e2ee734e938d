import { describe, expect, it } from 'vitest';
import { inStretches } from '../../src/ui/charts/figures.ts';
import type { ArmSeries } from '../../src/ui/charts/figures.ts';
import { besideMarks } from '../../src/ui/charts/numbers-beside.ts';
import { pairedWords, placesOf, seedPairs } from '../../src/ui/charts/seed-pairs.ts';
import { armTitle } from '../../src/ui/words/arms.ts';
import { fullOf, perplexityTint } from '../../src/ui/words/perplexity.ts';
import { pictureFacts } from '../../src/ui/words/picture-facts.ts';

describe('a line over rounds', () => {
  const stretches = (rounds: readonly number[], seed = 1) =>
    inStretches(rounds.map((round) => ({ round, seed }))).map(({ stretch }) => stretch);

  it('goes through successive rounds, and breaks where there were none', () => {
    expect(stretches([0, 1, 2, 3])).toEqual([0, 0, 0, 0]);
    // Trained once, in round 3.
    expect(stretches([0, 3])).toEqual([0, 1]);
    expect(stretches([0, 1, 3, 4])).toEqual([0, 0, 1, 1]);
    expect(stretches([])).toEqual([]);
  });

  it('never leads from one seed to another', () => {
    const points = [
      { round: 0, seed: 1 },
      { round: 1, seed: 2 },
    ];
    expect(inStretches(points).map(({ stretch }) => stretch)).toEqual([0, 1]);
  });
});

describe('numbers beside marks', () => {
  const at = (x: number, y: number, isLeft = true) => ({ x, y, isLeft });

  it('stand left and right where there is room', () => {
    expect(besideMarks([at(50, 50), at(90, 90, false)])).toEqual([at(38, 44), at(102, 96, false)]);
  });

  it.each([
    [at(50, 50), at(50, 50), at(50, 50)],
    [at(50, 50), at(53, 52), at(49, 60), at(55, 47)],
    [at(0, 0), at(3, 0), at(20, 3, false), at(24, 5, false)],
    Array.from({ length: 20 }, () => at(50, 50)),
  ])('never stand over each other: %o', (...marks) => {
    const placed = besideMarks(marks);
    // Of many in one place some are left out, and only then.
    expect(placed.length).toBeGreaterThanOrEqual(Math.min(marks.length, 4));
    placed.forEach((one, i) => {
      for (const other of placed.slice(i + 1))
        expect(Math.abs(one.x - other.x) >= 15 || Math.abs(one.y - other.y) >= 14).toBe(true);
    });
  });
});

describe('arms that share seeds', () => {
  /** Scores by seed, the base's and of rounds 1 and 2. */
  const arm = (method: 'soft' | 'gold', scores: Readonly<Record<number, readonly number[]>>): ArmSeries => {
    const points = Object.entries(scores).flatMap(([seed, values]) =>
      values.map((value, round) => ({
        ...{ arm: method, method, seed: Number(seed) },
        ...{ round, value, n: 9 },
      })),
    );
    const means = [0, 1, 2].map((round) => ({
      ...{ arm: method, method, round },
      mean: 0.5,
      halfWidth: 0.1,
      seeds: 2,
    }));
    return { ...{ arm: method, method, points }, means, best: [] };
  };
  const SOFT = arm('soft', { 1: [0.1, 0.5, 0.7], 2: [0.2, 0.6, 0.9] });
  const GOLD = arm('gold', { 1: [0.1, 0.4, 0.6], 2: [0.2, 0.5, 0.8], 3: [0.2, 0.9, 0.9] });

  it('are joined within each seed and round, and never from one seed to another', () => {
    const pairs = seedPairs([SOFT, GOLD]);
    const lines = new Map<string, string[]>();
    for (const { pair, arm: own } of pairs) lines.set(pair, [...(lines.get(pair) ?? []), own]);
    // Seed 3 has one arm alone, the base is nobody's.
    expect([...lines.keys()].sort()).toEqual(['1/1', '1/2', '2/1', '2/2']);
    for (const arms of lines.values()) expect(arms).toEqual(['soft', 'gold']);
    expect(seedPairs([SOFT])).toEqual([]);
    expect(seedPairs([arm('soft', { 1: [0, 1, 1] }), arm('gold', { 1: [0, 1, 1] })])).toEqual([]);
    expect(seedPairs([arm('soft', { 1: [0, 1, 1] }), arm('gold', { 2: [0, 1, 1] })])).toEqual([]);
  });

  it('stand beside each other where they are joined, and on the round where they are not', () => {
    const at = (isPaired: boolean, own: string, round: number) =>
      placesOf([SOFT, GOLD], isPaired, 100)({ arm: own, round });
    expect(at(true, 'soft', 2)).toBeLessThan(2);
    expect(at(true, 'gold', 2) - 2).toBeCloseTo(2 - at(true, 'soft', 2));
    expect(at(true, 'soft', 0)).toBe(0);
    expect(at(false, 'gold', 2)).toBe(2);
    // However narrow the chart, no round reaches the next.
    const wide = placesOf([SOFT, GOLD], true, 2)({ arm: 'gold', round: 1 });
    expect(wide).toBeLessThan(1.5);
  });

  it('are told by their difference within the seeds', () => {
    const of = ({ method }: ArmSeries) => ({
      ...{ arm: method, method, round: 2, mean: 0.5, halfWidth: null, seeds: 2 },
    });
    expect(pairedWords([SOFT, GOLD], of(GOLD))).toMatch(
      /^SOFT minus this: \+0\.100 ± 0\.\d{3}, more in 2 of 2 seeds$/,
    );
    expect(pairedWords([SOFT, GOLD], of(SOFT))).toBeNull();
    expect(pairedWords([SOFT, arm('gold', { 1: [0.1, 0.4, 0.6] })], of(GOLD))).toBeNull();
  });
});

describe('an arm’s title', () => {
  it.each([
    ['soft', 'SOFT'],
    ['mine', 'mine'],
    ['soft[labelNoise=0.1]', 'SOFT, label noise 0.1'],
    ['mine[rounds=2,promptsPerRound=8]', 'mine, rounds 2, prompts per round 8'],
    // What is no grid of an experiment is a name of the person's own.
    ['mine[x]', 'mine[x]'],
    ['mine[x=1]', 'mine[x=1]'],
    ['a[rounds=2,x=1]', 'a[rounds=2,x=1]'],
    ['[]', '[]'],
  ])('%s: %s', (name, title) => {
    expect(armTitle(name, 'soft')).toBe(title);
  });
});

describe('the tint of a small picture', () => {
  it('is full at the highest value shown, and not beyond ten', () => {
    expect(fullOf([1.1, 2.5])).toBe(2.5);
    expect(fullOf([1, 1])).toBe(1.5);
    expect(fullOf([3, Infinity, NaN])).toBe(10);
    expect(perplexityTint(2.5, 100, 2.5)).toContain('100%');
    expect(perplexityTint(2.5)).not.toContain('100%');
  });
});

describe('what a picture is of', () => {
  it('is said by task, model and seeds', () => {
    expect(pictureFacts('topic-4', 'nano', [3])).toBe('Task topic-4, model nano, seed 3');
    expect(pictureFacts('topic-4', 'nano', [1, 2])).toBe('Task topic-4, model nano, seeds 1 and 2');
    expect(pictureFacts('topic-4', 'nano', [4, 5, 6])).toBe('Task topic-4, model nano, seeds 4 to 6');
    expect(pictureFacts('topic-4', 'nano', [4, 6, 9])).toBe('Task topic-4, model nano, seeds 4, 6 and 9');
  });
});
