/** @file What a paired difference shows is judged once: the page, the runner and the results page say it from one table. */
import { describe, expect, it } from 'vitest';
import { claimLines } from '../../src/analysis/claims.ts';
import type { Judgement } from '../../src/analysis/paired.ts';
import {
  JUDGEMENTS,
  differenceWords,
  isShown,
  judge,
  paired,
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

  it('holds for a claim only where it is higher', () => {
    const claims = Object.entries(JUDGEMENTS).map(([judgement, { claim }]) => [judgement, claim]);
    expect(claims.filter(([, claim]) => claim === 'holds')).toEqual([['higher', 'holds']]);
    expect(isShown('higher') && isShown('lower')).toBe(true);
    expect((['not-shown', 'same', 'alike', 'unknown'] as const).some(isShown)).toBe(false);
  });

  it('is written with its interval, or as what all differ by', () => {
    expect(differenceWords({ mean: 0.1206, halfWidth: 0.06 })).toBe('+0.121 ± 0.060');
    expect(differenceWords({ mean: -0.02, halfWidth: null })).toBe('−0.020');
    expect(differenceWords({ mean: 0.125, halfWidth: 0 })).toBe('+0.125 in each');
    expect(differenceWords({ mean: 0, halfWidth: 0 })).toBe('+0.000 ± 0.000');
    expect(scoreWords({ mean: 0.9, halfWidth: 0.03 })).toBe('0.900 ± 0.030');
    expect(scoreWords({ mean: null, halfWidth: null })).toBe('none');
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
    expect(asked).toEqual([2, 2]);
    expect(paired(side(8, 1, 2), side(4, 1, 2))).toMatchObject({ mean: 0.5, seeds: 2, items: null });
    expect(asked).toEqual([2, 2]);
    expect(paired(side(8, 1), side(4, 2))).toBeNull();
  });
});

describe('a claim', () => {
  const claim = { arm: 'soft', against: 'frozen', tasks: ['toy', 'other'] };
  const metric = () => 'exact_match' as const;

  it('holds, and counts a claimed task that was not measured as one that failed', () => {
    const rows = rowsOf([1, 2, 3]);
    const [whole] = claimLines(rows, { ...claim, tasks: ['toy'] }, metric);
    const [part, ...others] = claimLines(rows, claim, metric);
    expect(whole?.judgement).toBe('higher');
    expect(part?.holmP).toBe(2 * (whole?.holmP ?? NaN));
    expect(others).toEqual([]);
  });

  it('is not judged by one seed', () => {
    const [line] = claimLines(rowsOf([1]), { ...claim, tasks: ['toy'] }, metric);
    expect(line).toMatchObject({ judgement: 'unknown', holmP: null });
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
    expect(lines.at(-1)).toMatch(/toy +\+0\.110 ± 0\.025 +n 3 +p 0\.0\d+ +holds$/);
  });
});
