/** @file Claims over several models and tasks: one number each, from what every item was answered. */
import { describe, expect, it } from 'vitest';
import type { AskedSide, PooledCell, PooledClaim, PooledClaims } from '../../src/analysis/pooled.ts';
import { neededSeeds, pooledVerdicts } from '../../src/analysis/pooled.ts';
import type { Foretold } from '../../src/analysis/pooled-rank.ts';
import { rankCorrelation } from '../../src/analysis/pooled-rank.ts';
import { uniformAt } from '../../src/core/random.ts';
import type { ScoresBySeed } from '../../src/metrics/statistics.ts';
import { bootstrapOverCells } from '../../src/metrics/statistics.ts';

const ITEMS = 40;
/** Right with the chance of this seed, item by item. */
const scoresWith = (chance: number, seeds: readonly number[], key = 0): ScoresBySeed =>
  new Map(
    seeds.map((seed) => [
      seed,
      new Map(
        Array.from({ length: ITEMS }, (_, i) => [`item-${i}`, uniformAt(100 * key + seed, i) < chance]),
      ),
    ]),
  );
const SEEDS = [1, 2, 3, 4, 5, 6];
const NONE: ScoresBySeed = new Map();

describe('a difference over cells', () => {
  it('is the mean over the cells, each weighing the same however many seeds it has', () => {
    const over = bootstrapOverCells(
      [
        [scoresWith(1, [1]), scoresWith(0, [1])],
        [scoresWith(1, SEEDS), scoresWith(1, SEEDS)],
      ],
      { key: 1, draws: 200 },
    );
    expect(over).toMatchObject({ mean: 0.5, low: 0.5, high: 0.5, cells: 2, pairs: 7 });
  });

  it('has a p that is small where every draw is on one side, and 1 of no difference', () => {
    const far = bootstrapOverCells([[scoresWith(0.9, SEEDS), scoresWith(0.4, SEEDS, 7)]], {
      key: 1,
      draws: 999,
    });
    expect(far?.p).toBe(2 / 1000);
    expect(far?.low).toBeGreaterThan(0.2);
    const same = scoresWith(0.5, SEEDS);
    expect(bootstrapOverCells([[same, same]], { key: 1, draws: 99 })).toMatchObject({ mean: 0, p: 1 });
    const near = bootstrapOverCells([[same, scoresWith(0.5, SEEDS, 9)]], { key: 1, draws: 999 });
    expect(near?.p).toBeGreaterThan(0.05);
  });

  it('draws cells alike that share their items', () => {
    // The same cell twice is worth one where its items are the same, and more where they are others.
    const one = [scoresWith(0.6, SEEDS), scoresWith(0.4, SEEDS, 7)] as const;
    const width = (alike?: readonly string[]) => {
      const over = bootstrapOverCells([one, one], { key: 1, draws: 999 }, alike);
      return (over?.high ?? 0) - (over?.low ?? 0);
    };
    const single = bootstrapOverCells([one], { key: 1, draws: 999 }, ['a']);
    expect(width(['a', 'a'])).toBeCloseTo((single?.high ?? 0) - (single?.low ?? 0), 12);
    expect(width(['a', 'b'])).toBeLessThan(0.85 * width(['a', 'a']));
    expect(width()).toBeLessThan(0.85 * width(['a', 'a']));
  });

  it('draws them alike in whatever order their seeds came', () => {
    const [a, b] = [scoresWith(0.6, SEEDS), scoresWith(0.4, SEEDS, 7)];
    const turned = (scores: ScoresBySeed): ScoresBySeed => new Map([...scores].toReversed());
    const options = { key: 1, draws: 999 };
    const width = (cells: readonly (readonly [ScoresBySeed, ScoresBySeed])[]) => {
      const over = bootstrapOverCells(cells, options, ['a', 'a']);
      return (over?.high ?? 0) - (over?.low ?? 0);
    };
    const one = [a, b] as const;
    expect(width([one, [turned(a), b]])).toBeCloseTo(width([one, one]), 12);
  });

  it('is spread by what few seeds lie too near', () => {
    // All items alike, so that the seeds alone differ: -1, 0 and 1. Of three equal draws the extremes are the seeds' own.
    const higher = new Map([1, 2, 3].map((seed) => [seed, new Map([['item', seed / 3]])] as const));
    const lower = new Map([1, 2, 3].map((seed) => [seed, new Map([['item', 2 / 3]])] as const));
    const over = bootstrapOverCells([[higher, lower]], { key: 1, draws: 2000, confidence: 1 });
    expect(over?.low).toBeCloseTo(-Math.sqrt(3 / 2) / 3, 10);
    expect(over?.high).toBeCloseTo(Math.sqrt(3 / 2) / 3, 10);
    expect(over?.leastSeeds).toBe(3);
  });

  it('leaves out cells without a pair, and is none where all are', () => {
    const whole = [scoresWith(0.9, SEEDS), scoresWith(0.4, SEEDS, 7)] as const;
    expect(bootstrapOverCells([whole, [NONE, scoresWith(1, SEEDS)]], { key: 1, draws: 50 })?.cells).toBe(1);
    expect(bootstrapOverCells([[NONE, NONE]], { key: 1 })).toBeNull();
  });
});

const side = (arm: string): AskedSide => ({ arm, round: 3, mode: 'zero-shot' });
const claim = (id: string, higher: string, than: string): PooledClaim => ({
  ...{ id, says: `${higher} over ${than}`, higher: side(higher), than: side(than) },
});
const cellOf = (model: string, arms: Readonly<Record<string, ScoresBySeed>>): PooledCell => ({
  ...{ model, task: 'sst2', digests: model, scores: ({ arm }) => arms[arm] ?? NONE },
  methodOf: (arm) => (arm in arms ? 'soft' : undefined),
});

describe('claims', () => {
  const same = scoresWith(0.5, SEEDS);
  const cells = ['one', 'two'].map((model) =>
    cellOf(model, { good: scoresWith(0.9, SEEDS), bad: scoresWith(0.4, SEEDS, 7), same, alike: same }),
  );

  it('are shown, shown the other way, refuted by a narrow interval, or were not run', () => {
    const claims = [
      claim('up', 'good', 'bad'),
      claim('down', 'bad', 'good'),
      claim('level', 'same', 'alike'),
      claim('lost', 'good', 'never'),
    ];
    expect(pooledVerdicts(claims, cells).lines.map(({ verdict }) => verdict)).toEqual([
      'shown',
      'shown the other way',
      'smaller than 0.03',
      'not run',
    ]);
  });

  it('are corrected over all of them, also those that were not run', () => {
    const alone = pooledVerdicts([claim('up', 'good', 'bad')], cells).lines[0]?.p ?? 0;
    const beside = pooledVerdicts([claim('up', 'good', 'bad'), claim('lost', 'good', 'never')], cells)
      .lines[0]?.p;
    expect(beside).toBeCloseTo(2 * alone, 12);
  });

  it('have no verdict on fewer than three seeds, and make the others no easier', () => {
    const few = (seeds: readonly number[]) =>
      cellOf('one', { good: scoresWith(0.9, seeds), bad: scoresWith(0.4, seeds, 7), same: NONE });
    const of = (seeds: readonly number[]) => pooledVerdicts([claim('a', 'good', 'bad')], [few(seeds)]);
    expect(of([1, 2, 3]).lines[0]?.verdict).toBe('shown');
    expect(of([1, 2]).lines[0]).toMatchObject({ verdict: 'undecided', p: null });
  });

  it('are undecided where few seeds tie', () => {
    const tied = (seeds: readonly number[]) =>
      pooledVerdicts(
        [claim('a', 'a', 'b')],
        [cellOf('one', { a: scoresWith(0, seeds), b: scoresWith(0, seeds) })],
      ).lines[0]?.verdict;
    expect(tied([1, 2, 3])).toBe('undecided');
    expect(tied(SEEDS)).toBe('smaller than 0.03');
  });

  it('wait for the cells and seeds that were planned, each claim for its own', () => {
    const up = claim('up', 'good', 'bad');
    const of = (one: PooledClaim, planned: NonNullable<PooledClaims['planned']>) =>
      pooledVerdicts([one], cells, undefined, planned).lines[0];
    expect(of(up, { cells: 2, seeds: 6 })?.verdict).toBe('shown');
    expect(of(up, { cells: 3, seeds: 6 })).toMatchObject({ verdict: 'undecided', p: null });
    expect(of(up, { cells: 2, seeds: 7 })).toMatchObject({ verdict: 'undecided', p: null });
    expect(of({ ...up, seeds: 4 }, { cells: 2, seeds: 7 })?.verdict).toBe('shown');
    const alone = of({ ...up, seeds: 1 }, { cells: 2, seeds: 7 });
    expect(alone?.verdict).toBe('shown');
    const ended = (seeds: number) => ({
      cells: 2,
      seeds: 7,
      ended: { seeds, because: 'the hours are spent.' },
    });
    expect(of(up, ended(6))?.verdict).toBe('shown');
    // Of fewer than three nobody knows how much they differ, and no end makes a claim wait for more than was planned.
    expect([ended(1), ended(6), ended(9)].map((planned) => neededSeeds(planned))).toEqual([3, 6, 7]);
    expect(neededSeeds(ended(6), 4)).toBe(4);
  });

  it('are undecided where the interval is wide', () => {
    const few = cellOf('one', { a: scoresWith(0.5, [1, 2]), b: scoresWith(0.5, [1, 2], 3) });
    expect(pooledVerdicts([claim('x', 'a', 'b')], [few]).lines[0]?.verdict).toBe('undecided');
  });
});

describe('a claim over cells of which one was stopped', () => {
  const bad = scoresWith(0.4, SEEDS, 7);
  it('is told by the seeds that every cell has whole', () => {
    const stopped = cellOf('two', { good: scoresWith(0.9, [1, 2, 3]), bad });
    const whole = cellOf('one', { good: scoresWith(0.9, SEEDS), bad });
    const [line] = pooledVerdicts([claim('up', 'good', 'bad')], [whole, stopped]).lines;
    expect(line?.over?.pairs).toBe(6);
    expect(line?.cells.map(({ own }) => own.pairs)).toEqual([3, 3]);
  });

  it('is not held back by a cell that has one side only', () => {
    const cells = [cellOf('one', { good: scoresWith(0.9, SEEDS), bad }), cellOf('two', { bad })];
    expect(pooledVerdicts([claim('up', 'good', 'bad')], cells).lines[0]?.over?.pairs).toBe(6);
  });
});

describe('a claim that one figure foretells another', () => {
  const rising = Array.from({ length: 12 }, (_, i): Foretold => [i, i * i]);
  const constant = rising.map(([before]): Foretold => [before, 1]);

  it("is shown by ranks, either way, with its p corrected beside the others'", () => {
    const verdictOf = (runs: readonly Foretold[]) =>
      pooledVerdicts([], [], { runs: [runs], seeds: 3 }).foretelling;
    expect(verdictOf(rising)).toMatchObject({ verdict: 'shown', found: { rho: 1, runs: 12, cells: 1 } });
    expect(verdictOf(rising.map(([x, y]) => [x, -y]))).toMatchObject({ verdict: 'shown the other way' });
    expect(verdictOf(constant)).toMatchObject({ verdict: 'undecided', found: { rho: 0, p: 1 } });
    expect(verdictOf(rising.slice(0, 3))).toMatchObject({ verdict: 'not run', found: null });
    const early = pooledVerdicts([], [], { runs: [rising], seeds: 2 }).foretelling;
    expect(early).toMatchObject({ verdict: 'undecided', p: null, found: { rho: 1 } });
    const beside = pooledVerdicts([claim('lost', 'good', 'never')], [], {
      ...{ runs: [rising], seeds: 3 },
    }).foretelling;
    expect(beside?.p).toBeCloseTo(2 * (verdictOf(rising)?.p ?? 0), 12);
  });

  it("is Spearman's, equal values at the mean of their places", () => {
    const runs: Foretold[] = [
      [1, 2],
      [2, 1],
      [2, 3],
      [4, 3],
      [5, 6],
      [7, 4],
    ];
    // numpy.corrcoef of their ranks, (0, 1.5, 1.5, 3, 4, 5) and (1, 0, 2.5, 2.5, 5, 4).
    expect(rankCorrelation([runs], 1, 50)?.rho).toBeCloseTo(0.8088235294117647, 12);
  });

  it('is not shown by cells that differ in both and vary by chance', () => {
    const cells = [0, 1, 2].map((cell) =>
      Array.from({ length: 4 }, (_, i): Foretold => [10 * cell + (i % 2), 10 * cell + Math.floor(i / 2)]),
    );
    const found = rankCorrelation(cells, 1, 500);
    expect(found?.rho).toBeGreaterThan(0.8);
    expect(found?.p).toBeGreaterThan(0.3);
  });
});
