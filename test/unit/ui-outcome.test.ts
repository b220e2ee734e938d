/** @file What the headline says of a run: its floors, how it ended, what it lost, beside its scores. */
import { describe, expect, it } from 'vitest';
import type { Shots } from '../../src/words/events.ts';
import type { RoundState } from '../../src/method/state.ts';
import { endingLines, statusWords } from '../../src/ui/compare/run-facts.ts';
import { endingsOf } from '../../src/store/runs/ended.ts';
import type { RunView } from '../../src/store/live/run-state.ts';
import { chartData } from '../../src/ui/run/chart-data.ts';
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
