import { describe, expect, it } from 'vitest';
import { pairedDifference } from '../../src/metrics/statistics.ts';
import type { OverlayLine } from '../../src/ui/compare/overlay-lines.ts';
import type { Measure } from '../../src/ui/words/metrics.ts';
import { barWords, compareLines, sentencesOf } from '../../src/ui/compare/difference.ts';
import { factsOf, floorsUnder, letterOf, linesOf } from '../../src/ui/compare/overlay-lines.ts';
import { armScores } from '../../src/ui/compare/run-facts.ts';
import type { RunView } from '../../src/store/live/run-state.ts';
import { KEYS, TOY, round, runOf, tested } from './ui-run.ts';

const MEASURE: Measure = { metric: 'exact_match', mode: 'zero-shot' };

/** Answers of which the first `right` are right. */
const answers = (right: number) => KEYS.map((key, i) => (i < right ? key : 'neither'));

/** Right answers of the eight after round 1, by seed. */
const scored = (id: string, right: Readonly<Record<number, number>>): RunView =>
  runOf(
    id,
    Object.fromEntries(
      Object.entries(right).map(([seed, count]) => [
        seed,
        [
          round(0, { evaluations: [tested(answers(1))] }),
          round(1, { evaluations: [tested(answers(count))] }),
        ],
      ]),
    ),
  );

const lineOf = (letter: string, run: RunView): OverlayLine => {
  const [line] = linesOf([{ letter, run }], MEASURE, true);
  if (line === undefined) throw new Error('The run has no arm.');
  return line;
};

describe('letters of runs', () => {
  it('go on after Z', () => {
    expect([0, 25, 26, 701, 702].map(letterOf)).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA']);
  });
});

describe('a picture of runs laid over each other', () => {
  it('says of each letter which task, model, seeds and arms it is', () => {
    const runs = [
      { letter: 'A', run: scored('a', { 1: 8, 2: 6 }) },
      { letter: 'B', run: scored('b', { 3: 4 }) },
    ];
    expect(factsOf(runs)).toBe('A: toy on toy, seeds 1 and 2: SOFT; B: toy on toy, seed 3: SOFT');
  });

  it('says what its bars are', () => {
    const barsOf = (a: Readonly<Record<number, number>>, b: Readonly<Record<number, number>>) =>
      barWords(compareLines(lineOf('A', scored('a', a)), lineOf('B', scored('b', b)), MEASURE).rounds);
    expect(barsOf({ 1: 8, 2: 6, 3: 8 }, { 1: 4, 2: 4, 3: 6 })).toContain('over seeds');
    expect(barsOf({ 1: 8 }, { 1: 4 })).toContain('over test items');
    expect(barWords([])).toBeNull();
  });
});

describe('the paired difference', () => {
  it('is over seeds where two share several, with Student’s interval', () => {
    const a = lineOf('A', scored('a', { 1: 8, 2: 6, 3: 8 }));
    const b = lineOf('B', scored('b', { 1: 4, 2: 4, 3: 6, 9: 0 }));
    const last = compareLines(a, b, MEASURE).rounds.at(-1);
    const wanted = pairedDifference(
      new Map([
        [1, 1],
        [2, 0.75],
        [3, 1],
      ]),
      new Map([
        [1, 0.5],
        [2, 0.5],
        [3, 0.75],
      ]),
    );
    expect(last).toMatchObject({ round: 1, seeds: 3, items: null, mean: wanted.mean });
    expect(last?.halfWidth).toBeCloseTo(wanted.halfWidth ?? NaN, 12);
    if (last === undefined) return;
    const words = sentencesOf(a, b, last, MEASURE).join(' ');
    expect(words).toContain('paired over 3 seeds');
    expect(words).toContain('over the 3 seeds that both have');
  });

  it('is over test items with one seed in common, and is said to be of items and not of seeds', () => {
    const a = lineOf('A', scored('a', { 1: 8, 2: 0 }));
    const b = lineOf('B', scored('b', { 1: 5 }));
    const last = compareLines(a, b, MEASURE).rounds.at(-1);
    // Item differences five times 0 and three times 1: variance 15/56, over 8 items.
    expect(last).toMatchObject({ round: 1, mean: 3 / 8, a: 1, b: 5 / 8, seeds: 1, items: 8 });
    expect(last?.halfWidth).toBeCloseTo(2 * Math.sqrt(15 / 56 / 8), 12);
    if (last === undefined) return;
    const [figures, meaning, basis] = sentencesOf(a, b, last, MEASURE);
    expect(figures).toContain('A SOFT scores 1.00, B SOFT 0.63');
    expect(figures).toContain('Without any model: chance 0.50, majority 0.50.');
    // 0.375 is beyond its ±, and not twice: of one seed that is not enough.
    expect(meaning).toBe(
      'Too few to tell these two adapters apart: of one seed it would have to be twice its uncertainty, as another draw may differ by more.',
    );
    const worse = lineOf('B', scored('b', { 1: 1 }));
    const [far] = compareLines(a, worse, MEASURE).rounds.slice(-1);
    if (far === undefined) throw new Error('they share no round');
    expect(sentencesOf(a, worse, far, MEASURE)[1]).toContain(
      'Of these two adapters that of A SOFT is higher',
    );
    expect(basis).toContain('of items and not of seeds');
  });

  it('is over the items that both answered, where one run was scored on fewer: unequal ones are never compared', () => {
    const of = (id: string, answers: readonly string[]) =>
      runOf(id, { 1: [round(1, { evaluations: [tested(answers)] })] });
    const wrong = KEYS.slice(0, 4).map(() => 'neither');
    // All of the first four right, the others wrong; and the first four alone.
    const a = lineOf('A', of('a', [...KEYS.slice(0, 4), ...wrong]));
    const b = lineOf('B', of('b', KEYS.slice(0, 4)));
    const [last] = compareLines(a, b, MEASURE).rounds.slice(-1);
    expect(last).toMatchObject({ a: 1, b: 1, mean: 0, cutTo: 4 });
    if (last === undefined) return;
    expect(sentencesOf(a, b, last, MEASURE)[0]).toContain('over the 4 test items that both answered');
  });

  it('is not judged by a few items, however they differ', () => {
    const few = (id: string, right: readonly string[]) =>
      runOf(id, { 1: [round(1, { evaluations: [tested(right)] })] });
    for (const count of [1, 2, 7]) {
      const a = lineOf('A', few('a', KEYS.slice(0, count)));
      const b = lineOf(
        'B',
        few(
          'b',
          KEYS.slice(0, count).map(() => 'neither'),
        ),
      );
      const last = compareLines(a, b, MEASURE).rounds.at(-1);
      expect(last).toMatchObject({ mean: 1, halfWidth: null, items: null });
      if (last === undefined) return;
      expect(sentencesOf(a, b, last, MEASURE)[1]).toContain('no telling whether this is more than chance');
    }
  });

  it('is not judged by a few seeds that all differ by the same', () => {
    const a = lineOf('A', scored('a', { 1: 4, 2: 4 }));
    const b = lineOf('B', scored('b', { 1: 3, 2: 3 }));
    const last = compareLines(a, b, MEASURE).rounds.at(-1);
    expect(last).toMatchObject({ mean: 1 / 8, halfWidth: 0, p: 0.5 });
    if (last === undefined) return;
    expect(sentencesOf(a, b, last, MEASURE)[1]).toContain('may be chance');
  });

  it('is refused, with the reason, across tasks and without a seed in common', () => {
    const a = lineOf('A', scored('a', { 1: 4 }));
    const other = lineOf('B', scored('b', { 2: 2 }));
    const apart = compareLines(a, other, MEASURE);
    expect(apart.obstacle).toContain('share no seed');
    // What would pair them: the second, run with the first's seeds.
    expect(apart.seedsToRun).toEqual([...new Set(a.series.points.map(({ seed }) => seed))]);
    const elsewhere = scored('c', { 1: 2 });
    const task = { ...TOY, definition: { ...TOY.definition, id: 'other' } };
    const foreign = lineOf('C', { ...elsewhere, task });
    expect(compareLines(a, foreign, MEASURE)).toMatchObject({ rounds: [] });
    expect(compareLines(a, foreign, MEASURE).obstacle).toContain('A ran on toy, C on other');
  });
});

describe('the floors under runs', () => {
  it('are drawn where all are of one task, and of none where they are not', () => {
    const run = scored('a', { 1: 8 });
    const floors = floorsUnder([{ letter: 'A', run }], MEASURE);
    expect(floors.map(({ title, value }) => [title, value])).toEqual([
      ['chance', 0.5],
      ['majority', 0.5],
    ]);
    const task = { ...TOY, definition: { ...TOY.definition, id: 'other' } };
    const both = [
      { letter: 'A', run },
      { letter: 'B', run: { ...run, task } },
    ];
    expect(floorsUnder(both, MEASURE)).toEqual([]);
    expect(floorsUnder([{ letter: 'A', run }], { ...MEASURE, metric: 'valid_label_rate' })).toEqual([]);
  });
});

describe('the scores of a past run', () => {
  it('are means over the seeds that have one, arm by arm', () => {
    const { setup } = scored('a', { 1: 4, 2: 4, 3: 4 });
    const arms = [...setup.arms, { name: 'mine', method: 'gold' as const, knobs: {} }];
    const found = armScores({ setup: { ...setup, arms }, scores: { 'soft/1': 0.5, 'soft/3': 0.7 } });
    expect(found.map(({ title, score }) => [title, score])).toEqual([
      ['SOFT', 0.6],
      ['mine', null],
    ]);
  });
});
