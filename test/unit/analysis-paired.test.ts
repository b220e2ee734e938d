/** @file What a paired difference shows is judged once: the page, the runner and the results page say it from one table. */
import { describe, expect, it } from 'vitest';
import { claimLines } from '../../src/analysis/claims.ts';
import type { ClaimVerdict, Judgement } from '../../src/analysis/paired.ts';
import {
  claimVerdict,
  differenceWords,
  isShown,
  judge,
  judgeArms,
  paired,
  saysOf,
  scoreWords,
} from '../../src/analysis/paired.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { RunAccount } from '../../src/store/runs/manifest.ts';
import { tableLines } from '../../tools/experiment/report.ts';
import { definitionOf, taskOf } from './method-toy.ts';

const score = (arm: string, seed: number, round: number, value: number, task = 'toy'): ResultRow => ({
  ...{ model: 'nano', task, arm, method: 'soft', seed, round, split: 'test', mode: 'zero-shot' },
  ...{ metric: 'exact_match', value, n: 100 },
});
/** soft above frozen by 0.1 and a little that differs by seed. */
const rowsOf = (seeds: readonly number[], task = 'toy'): readonly ResultRow[] =>
  seeds.flatMap((seed) => [
    ...[0, 1].map((round) => score('soft', seed, round, 0.5 + round * (0.1 + 0.01 * (seed % 3)), task)),
    ...[0, 1].map((round) => score('frozen', seed, round, 0.5, task)),
  ]);

describe('what a difference shows', () => {
  it.each<readonly [Judgement, number | null, number | null, number | null]>([
    ['higher', 0.2, 0.1, 0.01],
    ['lower', -0.2, 0.1, 0.01],
    // Corrected, the same difference is not shown.
    ['not-shown', 0.2, 0.1, 0.06],
    ['not-shown', 0.05, 0.1, null],
    ['higher', 0.2, 0.1, null],
    ['lower', -0.2, 0.1, null],
    ['same', 0, 0, 1],
    ['same', 0, 0, null],
    ['alike', 0.125, 0, 0.5],
    ['unknown', 0.3, null, null],
    ['unknown', null, null, null],
  ])('is %s at a mean of %s ± %s, p %s', (wanted, mean, halfWidth, p) => {
    expect(judge({ mean, halfWidth, p })).toBe(wanted);
  });

  it.each<readonly [ClaimVerdict, number | null, number | null, number | null]>([
    ['shown', 0.2, 0.1, 0.01],
    ['shown the other way', -0.2, 0.1, 0.01],
    ['undecided', 0.02, 0.1, 0.06],
    ['smaller than 0.03', -0.01, 0.02, 0.06],
    // Significant, however small.
    ['shown', 0.01, 0.005, 0.01],
    ['smaller than 0.03', 0, 0, 1],
    // Few that agree may be chance.
    ['undecided', 0.01, 0, 0.5],
    ['undecided', 0.01, null, null],
    ['undecided', null, null, null],
  ])('makes a claim %s at a mean of %s ± %s, p %s', (wanted, mean, halfWidth, p) => {
    expect(claimVerdict({ mean, halfWidth, p, n: 10 })).toBe(wanted);
  });

  it('makes a tie of few pairs undecided: it may be chance too', () => {
    const verdicts = [2, 5, 6].map((n) => claimVerdict({ mean: 0, halfWidth: 0, p: 1, n }));
    expect(verdicts).toEqual(['undecided', 'undecided', 'smaller than 0.03']);
  });

  it('is shown only where it is higher or lower', () => {
    expect(isShown('higher') && isShown('lower')).toBe(true);
    expect((['not-shown', 'same', 'alike', 'unknown'] as const).some(isShown)).toBe(false);
  });

  it('of two arms in one seed is told from twice its interval on, of several seeds as any other', () => {
    const found = (mean: number, seeds: number, p: number | null = null) => ({
      ...{
        a: 0.5 + mean,
        b: 0.5,
        mean,
        halfWidth: 0.05,
        p,
        seeds,
        items: seeds === 1 ? 256 : null,
        cutTo: null,
      },
    });
    const verdicts = [0.04, 0.06, 0.1, 0.11, -0.06, -0.11].map((mean) => judgeArms(found(mean, 1)));
    expect(verdicts).toEqual(['not-shown', 'one-draw', 'one-draw', 'higher', 'one-draw', 'lower']);
    expect(isShown('one-draw')).toBe(false);
    expect(judgeArms(found(0.06, 5, 0.01))).toBe('higher');
    expect(judgeArms({ ...found(0.06, 1), halfWidth: null })).toBe('unknown');
  });

  it('of one seed is of two adapters, or too few to tell; of several it is of the methods', () => {
    const words = (judgement: Judgement, seeds: number) => saysOf(judgement, 'SOFT', seeds);
    expect(words('higher', 1)).toBe('of these two adapters that of SOFT is higher');
    expect(words('lower', 1)).toBe('of these two adapters that of SOFT is lower');
    expect(saysOf('higher', 'SOFT', 1, 'models')).toBe('of these two models that of SOFT is higher');
    expect(words('higher', 5)).toBe('SOFT is higher');
    expect(words('same', 1)).toBe('these two adapters score the same on every item');
    for (const judgement of ['not-shown', 'one-draw', 'alike', 'unknown'] as const) {
      expect(words(judgement, 1)).toBe('too few to tell these two adapters apart');
    }
    for (const judgement of ['not-shown', 'same', 'alike', 'unknown'] as const) {
      expect(words(judgement, 5)).toBe('no difference that 5 seeds can show');
    }
  });

  it('is written with its interval, or as what all differ by', () => {
    expect(differenceWords({ mean: 0.1206, halfWidth: 0.06 })).toBe('+0.121 ± 0.060');
    expect(differenceWords({ mean: -0.02, halfWidth: null })).toBe('−0.020');
    expect(differenceWords({ mean: 0.125, halfWidth: 0 })).toBe('+0.125 in each');
    expect(differenceWords({ mean: 0, halfWidth: 0 })).toBe('+0.000 ± 0.000');
    expect(scoreWords({ mean: 0.9, halfWidth: 0.03 })).toBe('0.900 ± 0.030');
    expect(scoreWords({ mean: null, halfWidth: null })).toBe('none');
  });

  it('is over the items that both answered where one was scored on more, and says so', () => {
    const side = (
      right: readonly number[],
      score = right.reduce((sum, one) => sum + one, 0) / right.length,
    ) => ({
      scores: new Map([[1, score]]),
      itemsOf: () => new Map(right.map((value, i) => [`t${i}`, value])),
    });
    const eight = [1, 1, 1, 1, 1, 1, 0, 0];
    const few = side(eight);
    // The same eight and eight more, all wrong.
    const many = side([...eight, ...eight.map(() => 0)]);
    expect(paired(few, many)).toMatchObject({ mean: 0, a: 0.75, b: 0.75, items: 8, cutTo: 8 });
    expect(paired(many, few)).toMatchObject({ mean: 0, cutTo: 8 });
    expect(paired(many, many)).toMatchObject({ mean: 0, a: 0.375, items: 16, cutTo: null });
    // A score that is no mean over items cannot be had of some of them.
    expect(paired(few, side([...eight, 0, 0], 0.9))).toBeNull();
    // Nor where they answered nothing alike; the seeds that can be compared are.
    const apart = { scores: new Map([[1, 1]]), itemsOf: () => new Map([['other', 1]]) };
    expect(paired(few, apart)).toBeNull();
    const both = (own: typeof few) => ({
      scores: new Map([...own.scores, [2, 0.5]]),
      itemsOf: (seed: number) => (seed === 1 ? own.itemsOf() : new Map<string, number>()),
    });
    expect(paired(both(few), both(apart))).toMatchObject({ seeds: 1, mean: 0, cutTo: null });
  });

  it('is of items only where one seed is shared, and of that seed', () => {
    const items = (right: number) =>
      new Map(Array.from({ length: 8 }, (_, i) => [`${i}`, Number(i < right)]));
    const asked: number[] = [];
    const side = (right: number, ...seeds: readonly number[]) => ({
      scores: new Map(seeds.map((seed) => [seed, right / 8])),
      itemsOf: (seed: number) => {
        asked.push(seed);
        return items(right);
      },
    });
    expect(paired(side(8, 1, 2), side(4, 2, 3))).toMatchObject({ mean: 0.5, seeds: 1, items: 8 });
    // Nothing of a seed that only one has.
    expect(new Set(asked)).toEqual(new Set([2]));
    expect(paired(side(8, 1, 2), side(4, 1, 2))).toMatchObject({ mean: 0.5, seeds: 2, items: null });
    expect(paired(side(8, 1), side(4, 2))).toBeNull();
  });
});

describe('a claim', () => {
  const claim = { arm: 'soft', against: 'frozen', tasks: ['toy', 'other'] };
  const metric = () => 'exact_match' as const;

  it('is shown, and counts a claimed task that was not measured as one that failed', () => {
    const rows = rowsOf([1, 2, 3]);
    const [whole] = claimLines(rows, { ...claim, tasks: ['toy'] }, metric);
    const [part, ...others] = claimLines(rows, claim, metric);
    expect(whole?.verdict).toBe('shown');
    expect(part?.holmP).toBe(2 * (whole?.holmP ?? NaN));
    expect(others).toEqual([]);
  });

  it('is not judged by one seed', () => {
    const [line] = claimLines(rowsOf([1]), { ...claim, tasks: ['toy'] }, metric);
    expect(line).toMatchObject({ verdict: 'undecided', holmP: null });
  });
});

describe("the runner's table", () => {
  const task = { name: 'toy', sha256: '', task: taskOf({}, definitionOf('classification')) };
  const account = (arm: string, seed: number): RunAccount => {
    const phases = { rank: 0, label: 0, train: 0, evaluate: 0 };
    return {
      ...{ task: 'toy', arm, seed, reason: 'all-rounds', bestRound: 1, ended: null, lost: [] },
      ...{ floors: { metric: 'exact_match', chance: 1 / 3, majority: 0.4, items: 100 } },
      ...{ seconds: phases, tokens: phases },
    };
  };
  const fault = (arm: string, seed: number) => ({
    ...{ task: 'toy', arm, seed, code: 'non-finite-loss', message: 'The loss is not a number.' },
  });
  const linesOf = (failed: readonly ReturnType<typeof fault>[]) =>
    tableLines(
      rowsOf([1, 2, 3]),
      {
        arms: ['soft', 'frozen', 'gold'].map((name) => ({ name })),
        claims: [{ arm: 'soft', against: 'frozen', tasks: ['toy'] }],
      },
      [task],
      [1, 2, 3].flatMap((seed) => [account('soft', seed), account('frozen', seed)]),
      failed,
    );

  it('lists runs that failed, with their reason, and an arm of which all did', () => {
    const lines = linesOf([fault('soft', 4), fault('gold', 1), fault('gold', 2)]);
    expect(lines.find((line) => /^ {2}soft /.test(line))).toMatch(/1 of 4 failed$/);
    expect(lines.find((line) => /^ {2}gold /.test(line))).toMatch(/none .*2 of 2 failed$/);
    expect(lines).toContain('  gold, seeds 1, 2: failed: non-finite-loss: The loss is not a number.');
    expect(lines).toContain('  soft, seed 4: failed: non-finite-loss: The loss is not a number.');
  });

  it('says nothing of failures where there were none, and what becomes of the claim', () => {
    const lines = linesOf([]);
    expect(lines.join('\n')).not.toContain('failed');
    expect(lines.some((line) => /^ {2}gold /.test(line))).toBe(false);
    expect(lines.at(-1)).toMatch(/toy +\+0\.110 ± 0\.025 +n 3 +p 0\.0\d+ +shown$/);
  });
});
