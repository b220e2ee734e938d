/** @file What the headline says of a run: its floors, how it ended, what it lost, beside its scores. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Evaluation, Shots } from '../../src/words/events.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { RoundState } from '../../src/method/state.ts';
import { endingLines, statusWords } from '../../src/ui/compare/run-facts.ts';
import { endingsOf } from '../../src/store/runs/ended.ts';
import type { Cell, RunView } from '../../src/store/live/run-state.ts';
import { chartData } from '../../src/ui/run/chart-data.ts';
import { Hints } from '../../src/ui/run/hints.tsx';
import { outcomeOf } from '../../src/ui/run/outcome.ts';
import { nowSentence } from '../../src/ui/words/now.ts';
import { fakeLab } from './store-fakes.ts';
import { KEYS, round, runOf, sample, tested } from './ui-run.ts';

const answers = (right: number) => KEYS.map((key, i) => (i < right ? key : 'neither'));
const scored = (number: number, right: number, more: Partial<RoundState> = {}) =>
  round(number, { evaluations: [tested(answers(right))], ...more });
const sentences = (run: RunView) => outcomeOf(run)?.sentences ?? [];

/** Its end in round 2, in which nothing was kept. */
function ended(run: RunView): RunView {
  const samples = [1, 2, 3].map((i) => sample(`p${i}`, 'neither', { verdict: 'unfinished' }));
  const cells = run.cells.map((cell) => ({
    ...cell,
    state: {
      ...cell.state,
      rounds: [...cell.state.rounds, round(2, { samples })],
      end: { reason: 'nothing-kept' as const, bestRound: 1 },
    },
  }));
  return { ...run, cells };
}

describe('the headline', () => {
  it('says that a half on two labels is chance, whatever the base had', () => {
    const [gain, fault] = sentences(runOf('a', { 1: [scored(0, 0), scored(1, 4)] }));
    expect(gain).toContain('zero-shot 0.00 → 0.50');
    expect(gain).toContain('chance 0.50, majority 0.50');
    expect(fault).toBe('0.50 is not above chance.');
  });

  it('finds no fault with a score above both by more than noise', () => {
    const found = sentences(runOf('a', { 1: [scored(0, 0), scored(1, 8)] }));
    expect(found[0]).toContain('chance 0.50');
    expect(found.join(' ')).not.toContain('not above');
  });

  it('says of a few items that they tell nothing', () => {
    const few = (right: number) => tested(answers(right).slice(0, 3));
    const run = runOf('a', {
      1: [round(0, { evaluations: [few(0)] }), round(1, { evaluations: [few(3)] })],
    });
    expect(sentences(run)).toContain('1.00 is too few items to tell from chance (3).');
  });

  it('says why a run ended before its last round, beside its score', () => {
    const run = ended(runOf('a', { 1: [scored(0, 0), scored(1, 8)] }));
    expect(sentences(run)).toContain(
      'SOFT: ended in round 2: nothing was kept by the filters (3 of 3: no stop within the limit).',
    );
  });

  it('says it also where no round was scored at all', () => {
    expect(sentences(ended(runOf('a', { 1: [scored(0, 0)] })))).toEqual([
      expect.stringContaining('ended in round 2: nothing was kept'),
    ]);
  });

  it('says of how many seeds its last score is, where others ended before', () => {
    const run = runOf('a', { 1: [scored(0, 0), scored(1, 8)], 2: [scored(0, 0)] });
    expect(sentences(run)[0]).toContain('in 1 round (1 of 2 seeds)');
  });

  const shots: Shots = { prompts: 8, drawn: 8, leftOut: 8, bare: 8 };
  const bare = { ...tested(answers(8)), mode: 'few-shot' as const, shots };

  it('tells what had no room, and calls nothing few-shot that had no demonstration', () => {
    const tooLong = { positions: 64, rows: [{ split: 'test' as const, leftOut: 3, of: 40 }] };
    const run = runOf('a', {
      1: [
        scored(0, 0, {
          evaluations: [tested(answers(0)), bare],
          end: { validation: null, falls: 0, tooLong },
        }),
        scored(1, 8, { shots: { label: shots } }),
      ],
    });
    const found = sentences(run);
    expect(found[0]).toContain('no few-shot score, as no demonstration fitted');
    expect(found).toContain(
      "SOFT: longer than the model's 64 positions allow, so never used: 3 of 40 test items.",
    );
    expect(found).toContain('SOFT: labelling, round 1: zero-shot, no demonstration fitted.');
    const source = { run, setup: fakeLab().state().setup, task: run.task, modelStatus: 'ready' as const };
    const chart = chartData(source, null, { metric: 'exact_match', mode: 'few-shot' });
    expect(chart.note).toContain('No few-shot scores: no demonstration fitted');
    expect(chart.series.flatMap(({ points }) => points)).toEqual([]);
    expect(chart.references.map(({ title }) => title)).not.toContain('base few-shot');
  });

  it('draws chance and the commonest answer of the items that were scored', () => {
    const run = runOf('a', {
      1: [round(0, { evaluations: [tested(answers(0).slice(0, 3))] })],
    });
    const source = { run, setup: fakeLab().state().setup, task: run.task, modelStatus: 'ready' as const };
    const { references } = chartData(source, null, { metric: 'exact_match', mode: 'zero-shot' });
    const valueOf = (wanted: string) => references.find(({ title }) => title === wanted)?.value;
    // Of the eight half are food, of the first three two.
    expect(valueOf('chance')).toBe(1 / 2);
    expect(valueOf('majority')).toBe(2 / 3);
  });
});

describe('two arms that have come to different rounds', () => {
  /** SOFT and another arm, each with its scores by round; of one seed. */
  function both(
    soft: readonly number[],
    other: readonly number[],
    {
      method = 'frozen-teacher',
      rounds = 3,
    }: { readonly method?: MethodName; readonly rounds?: number } = {},
  ): RunView {
    const run = runOf('a', { 1: soft.map((right, i) => scored(i, right)) });
    const [cell] = run.cells;
    if (cell === undefined) throw new Error('no cell');
    const state = { ...cell.state, rounds: other.map((right, i) => scored(i, right)) };
    const cells: readonly Cell[] = [
      { ...cell, arm: armOf('soft', 'soft', { rounds: 3 }) },
      { ...cell, key: `${method}/1`, arm: armOf(method, method, { rounds }), state },
    ];
    return { ...run, status: 'stopped', cells };
  }
  const beside = (run: RunView) => sentences(run).find((text) => /^(?:Labelled|All) /.test(text));

  it('are laid side by side after the last round that both have, which is said', () => {
    expect(beside(both([0, 4, 5, 8], [0, 4, 6]))).toBe(
      'Labelled by the base all along: 0.75 after round 2, the last that both have; SOFT there 0.63, too few to tell these two adapters apart (−0.125 ± 0.250).',
    );
    expect(beside(both([0, 4], [0, 4, 6]))).toContain(
      '0.50 after round 1, the last that both have; SOFT there',
    );
    // No round of both is trained yet.
    expect(beside(both([0, 4], [0]))).toBeUndefined();
  });

  it('need no such word where both have come as far', () => {
    expect(beside(both([0, 4, 5], [0, 4, 6]))).toMatch(/^Labelled by the base all along: 0\.75, too few/);
  });

  it('are what each came to where one trains once, or is through with rounds of another number', () => {
    expect(beside(both([0, 4, 5, 8], [0, 6], { method: 'single-round' }))).toMatch(
      /^All in one round: 0\.75, /,
    );
    const longer = { rounds: 4 };
    expect(beside(both([0, 4, 5, 8], [0, 4, 6, 6, 7], longer))).toContain('all along: 0.88 in 4 rounds, ');
    expect(beside(both([0, 4, 5, 8], [0, 4, 6, 6], longer))).toContain('all along: 0.75, ');
  });

  it('say of how many seeds they are where not all have that round', () => {
    const run = both([0, 4, 5, 8], [0, 4, 6, 6]);
    const [soft] = run.cells;
    if (soft === undefined) throw new Error('no cell');
    const cells = [...run.cells, { ...soft, key: 'soft/2', seed: 2 }];
    expect(beside({ ...run, cells })).toMatch(/ ± 0\.\d+, one seed that both have\)\.$/);
  });

  it('say why a difference beyond its ± decides nothing of one seed', () => {
    const found = beside(both([0, 4, 5, 8], [0, 4, 6, 4]));
    expect(found).toContain('too few to tell these two adapters apart (+0.500 ± 0.');
    expect(found).toContain(
      '; the ± is of test items, not of trainings: between two arms one seed needs twice it)',
    );
  });
});

describe('hints of trouble', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    ...{ id: `t${i}`, input: `item ${i}`, output: KEYS[i % 2] ?? '' },
  }));
  const probed = (answer: (key: string) => string): Evaluation => ({
    ...{ split: 'probe', mode: 'few-shot', tokenEntropy: null },
    predictions: rows.map(({ id, output }) => ({
      ...{ id, answer: answer(output), isFinished: true, isExact: answer(output) === output },
    })),
  });

  it('name the arm, the place and the label, each figure beside what it is of', () => {
    const rounds = [probed((key) => key), probed(() => 'food')].map((evaluation, i) =>
      round(i, { evaluations: [evaluation] }),
    );
    const run = runOf('a', { 3: rounds });
    const task = { ...run.task, splits: { ...run.task.splits, probe: rows } };
    const found = renderToStaticMarkup(createElement(Hints, { run: { ...run, task } }));
    expect(found).toContain(
      'A hint of collapse in SOFT: the answers’ entropy fell from 0.69 to 0.00 and the accuracy on “music”, the label said least, from 1.00 to 0.00 (few-shot on the probe, base to round 1, seed 3).',
    );
    expect(found).toContain(
      'A hint of error accumulation in SOFT: the teacher’s accuracy fell from 1.00 to 0.50 (few-shot on the probe, base to round 1, seed 3).',
    );
  });
});

describe('early stopping that decides nothing', () => {
  it('is told, where it was asked for', () => {
    const plain = runOf('a', { 1: [scored(0, 0, { end: { validation: null, falls: 0 } }), scored(1, 8)] });
    const asked = plain.cells.map((cell) => ({
      ...cell,
      arm: { ...cell.arm, knobs: { ...cell.arm.knobs, earlyStopping: true } },
    }));
    const words = 'early stopping decided nothing';
    expect(sentences({ ...plain, cells: asked }).some((text) => text.includes(words))).toBe(true);
    expect(sentences(plain).some((text) => text.includes(words))).toBe(false);
  });
});

describe('the list of runs', () => {
  it('says that a run ended early, and why, by arm and seeds', () => {
    const { cells, setup } = ended(runOf('a', { 1: [scored(0, 0)], 2: [scored(0, 0)] }));
    const card = {
      status: 'done' as const,
      isImported: false,
      isElsewhere: false,
      setup,
      endings: endingsOf(cells),
    };
    expect(statusWords(card)).toBe('done, ended early');
    expect(endingLines(card)).toEqual([
      'SOFT, seeds 1 and 2, ended in round 2: nothing was kept by the filters (3 of 3: no stop within the limit)',
    ]);
    expect(statusWords({ status: 'done', isImported: true, isElsewhere: false })).toBe('done, imported');
    expect(endingLines({ setup })).toEqual([]);
  });
});

describe('the sentence of what goes on', () => {
  it('says that a step takes longer than predicted', () => {
    const run = { ...runOf('a', { 1: [] }), kind: 'live' as const, status: 'running' as const };
    const said = (more: Partial<RunView>) =>
      nowSentence({ ...fakeLab().state(), run: { ...run, current: 'soft/1', ...more } });
    expect(said({ secondsLeft: 75, isLate: true })).toMatch(
      /About 1 min 15 s left; this step takes longer than predicted\.$/,
    );
    expect(said({ secondsLeft: null, isLate: true })).toMatch(/This step takes longer than predicted\.$/);
    expect(said({ secondsLeft: 75 })).toMatch(/About 1 min 15 s left\.$/);
  });
});
