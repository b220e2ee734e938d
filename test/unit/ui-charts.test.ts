import { describe, expect, it } from 'vitest';
import { inStretches } from '../../src/ui/charts/figures.ts';
import type { ArmSeries } from '../../src/ui/charts/figures.ts';
import { layersOf } from '../../src/ui/charts/layers.ts';
import { besideMarks } from '../../src/ui/charts/numbers-beside.ts';
import { pairedWords, placesOf, seedPairs } from '../../src/ui/charts/seed-pairs.ts';
import { boxBeside } from '../../src/ui/charts/tip.ts';
import { armTitle } from '../../src/words/arm-title.ts';
import { lookedArms, lookOf, markPaint } from '../../src/ui/words/arms.ts';
import { pictureFacts, roundFacts } from '../../src/ui/words/picture-facts.ts';

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

describe('what is said of a mark', () => {
  const frame = { left: 0, top: 0, right: 300, bottom: 200 };

  it('stands above it where there is room, else on another side', () => {
    const box = { width: 100, height: 80 };
    expect(boxBeside({ x: 150, y: 150 }, box, frame)).toEqual({ side: 'above', left: 100, top: 60 });
    expect(boxBeside({ x: 150, y: 20 }, box, frame)).toEqual({ side: 'below', left: 100, top: 30 });
    // As high as the drawing allows neither above nor below.
    const high = { width: 100, height: 120 };
    expect(boxBeside({ x: 20, y: 100 }, high, frame)).toEqual({ side: 'right', left: 30, top: 40 });
    expect(boxBeside({ x: 280, y: 100 }, high, frame)).toEqual({ side: 'left', left: 170, top: 40 });
    expect(boxBeside({ x: 150, y: 100 }, { width: 290, height: 190 }, frame).side).toBe('over');
  });

  it('keeps to the axes where they leave it room', () => {
    const axes = { ...frame, left: 60, right: 280 };
    expect(boxBeside({ x: 70, y: 150 }, { width: 100, height: 80 }, axes).left).toBe(60);
    expect(boxBeside({ x: 270, y: 150 }, { width: 100, height: 80 }, axes).left).toBe(180);
  });

  it.each([
    { width: 100, height: 80 },
    { width: 250, height: 130 },
    { width: 300, height: 200 },
  ])('is whole wherever the mark lies: %o', (box) => {
    for (let x = 0; x <= frame.right; x += 10)
      for (let y = 0; y <= frame.bottom; y += 10) {
        const { side, left, top } = boxBeside({ x, y }, box, frame);
        expect([left, top].every((edge) => edge >= 0)).toBe(true);
        expect(left + box.width).toBeLessThanOrEqual(frame.right);
        expect(top + box.height).toBeLessThanOrEqual(frame.bottom);
        const isCovered = x > left && x < left + box.width && y > top && y < top + box.height;
        if (side !== 'over') expect(isCovered).toBe(false);
      }
  });
});

describe('arms that score alike', () => {
  const arm = (name: string, ...scores: readonly number[]) => ({
    means: scores.map((mean, round) => ({
      ...({ arm: name, method: 'soft', nth: 0 } as const),
      ...{ round, mean, halfWidth: null, seeds: 1 },
    })),
  });
  const under = (...all: Parameters<typeof layersOf>) =>
    layersOf(...all).map((means) => means.map((mean) => mean.under));

  it('lie under those before them, in the rounds where they do', () => {
    const series = [arm('a', 0, 0.6, 0.7), arm('b', 0, 0.605, 0.8), arm('c', 0, 0.9, 0.8)];
    expect(under(series, 1)).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 0, 1],
    ]);
    // On a finer axis a small difference is seen.
    expect(under(series, 0.2)[1]).toEqual([1, 0, 0]);
  });

  it('lie beside each other in each round but the base where seeds join them', () => {
    expect(under([arm('a', 0, 0.6), arm('b', 0, 0.6)], 1, true)[1]).toEqual([1, 0]);
  });

  it('are not drawn ever larger, however many they are', () => {
    const many = Array.from({ length: 12 }, (_, i) => arm(String(i), 0));
    expect(Math.max(...under(many, 1).flat())).toBe(2);
  });
});

describe('arms that share seeds', () => {
  /** Scores by seed, the base's and of rounds 1 and 2. */
  const arm = (method: 'soft' | 'gold', scores: Readonly<Record<number, readonly number[]>>): ArmSeries => {
    const points = Object.entries(scores).flatMap(([seed, values]) =>
      values.map((value, round) => ({
        ...{ arm: method, method, nth: 0, seed: Number(seed) },
        ...{ round, value, n: 9 },
      })),
    );
    const means = [0, 1, 2].map((round) => ({
      ...{ arm: method, method, nth: 0, round },
      mean: 0.5,
      halfWidth: 0.1,
      seeds: 2,
    }));
    return { ...{ arm: method, method, nth: 0, points }, means, best: [] };
  };
  const SOFT = arm('soft', { 1: [0.1, 0.5, 0.7], 2: [0.2, 0.6, 0.9] });
  const GOLD = arm('gold', { 1: [0.1, 0.4, 0.6], 2: [0.2, 0.5, 0.8], 3: [0.2, 0.9, 0.9] });

  it('are joined within each seed and round, and never from one seed to another', () => {
    const pairs = seedPairs([SOFT, GOLD]);
    const lines = new Map<string, string[]>();
    for (const { pair, arm: own } of pairs) lines.set(pair, [...(lines.get(pair) ?? []), own]);
    // Seed 3 has one arm alone, the base is nobody's.
    expect([...lines.keys()].sort()).toEqual(['1/1/9', '1/2/9', '2/1/9', '2/2/9']);
    for (const arms of lines.values()) expect(arms).toEqual(['soft', 'gold']);
    expect(seedPairs([SOFT])).toEqual([]);
    expect(seedPairs([arm('soft', { 1: [0, 1, 1] }), arm('gold', { 1: [0, 1, 1] })])).toEqual([]);
    expect(seedPairs([arm('soft', { 1: [0, 1, 1] }), arm('gold', { 2: [0, 1, 1] })])).toEqual([]);
  });

  it('are neither joined nor told where they were scored on unequal counts of items', () => {
    const fewer = { ...GOLD, points: GOLD.points.map((point) => ({ ...point, n: 5 })) };
    expect(seedPairs([SOFT, fewer])).toEqual([]);
    const point = { ...({ arm: 'gold', method: 'gold', nth: 0, round: 2 } as const) };
    expect(pairedWords([SOFT, GOLD], { ...point, mean: 0.5, halfWidth: null, seeds: 2 })).toContain('minus');
    expect(pairedWords([SOFT, fewer], { ...point, mean: 0.5, halfWidth: null, seeds: 2 })).toBeNull();
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
      ...{ arm: method, method, nth: 0, round: 2, mean: 0.5, halfWidth: null, seeds: 2 },
    });
    expect(pairedWords([SOFT, GOLD], of(GOLD))).toMatch(
      /^SOFT minus this: \+0\.100 ± 0\.\d{3}, more in 2 of 2 seeds$/,
    );
    expect(pairedWords([SOFT, GOLD], of(SOFT))).toBeNull();
    expect(pairedWords([SOFT, arm('gold', { 1: [0.1, 0.4, 0.6] })], of(GOLD))).toBeNull();
  });
});

describe('an arm’s look', () => {
  const soft = (name: string) => ({ name, method: 'soft' as const });
  const frozen = (name: string) => ({ name, method: 'frozen-teacher' as const });

  it('tells arms of one method apart, in the order in which they first come', () => {
    const arms = [soft('soft'), frozen('frozen'), soft('soft'), soft('soft-mixed'), frozen('other')];
    expect(lookedArms(arms).map(({ name, nth }) => [name, nth])).toEqual([
      ['soft', 0],
      ['frozen', 0],
      ['soft-mixed', 1],
      ['other', 1],
    ]);
  });

  it('is another mark or dash for each, in the method’s colour', () => {
    const looks = [0, 1, 2, 3, 4].map((nth) => lookOf({ method: 'soft', nth }));
    expect(new Set(looks.map(({ colour }) => colour))).toEqual(new Set(['var(--arm-soft)']));
    expect(new Set(looks.map((look) => JSON.stringify([look.dash, markPaint(look).fill]))).size).toBe(5);
    expect(looks.map((look) => markPaint(look).fill)).toEqual([
      'var(--arm-soft)',
      ...Array<string>(4).fill('var(--card)'),
    ]);
    // Marks of lines have nothing to fill.
    expect(markPaint(lookOf({ method: 'icl', nth: 0 }))).toMatchObject({
      fill: 'none',
      stroke: 'var(--arm-icl)',
    });
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

describe('what a picture is of', () => {
  it('is said by task, model and seeds', () => {
    expect(pictureFacts('topic-4', 'nano', [3])).toBe('Task topic-4, model nano, seed 3');
    expect(pictureFacts('topic-4', 'nano', [1, 2])).toBe('Task topic-4, model nano, seeds 1 and 2');
    expect(pictureFacts('topic-4', 'nano', [4, 5, 6])).toBe('Task topic-4, model nano, seeds 4 to 6');
    expect(pictureFacts('topic-4', 'nano', [4, 6, 9])).toBe('Task topic-4, model nano, seeds 4, 6 and 9');
  });

  it('names the arm and the round where it is of one alone', () => {
    const arm = { name: 'frozen-teacher', method: 'frozen-teacher' } as const;
    expect(roundFacts('topic-4', 'nano', { arm, seed: 3, round: 2 })).toBe(
      'Task topic-4, model nano, seed 3, frozen teacher, round 2',
    );
    expect(roundFacts('topic-4', 'nano', { arm, seed: 3, round: 0 })).toMatch(/, base$/);
  });
});
