import { describe, expect, it } from 'vitest';
import type { Query } from '../../src/ui/samples/sample-query.ts';
import { samplesCsv, select, stretchesOf } from '../../src/ui/samples/sample-query.ts';
import { rowsOf, setsOf } from '../../src/ui/samples/sample-rows.ts';
import { round, runOf, sample, tested } from './ui-run.ts';

const ALL: Query = {
  ...{ set: 'prompts', arm: null, seed: null, round: null, verdict: null, isRight: null },
  ...{ isFlipped: false, text: '', sort: 'order', isDescending: false },
};

/** p1 is labelled in two rounds and flips; p2 and p3 are of round 1 alone. */
const labelled = runOf('run', {
  1: [
    round(1, {
      samples: [
        sample('p1', 'music', { perplexity: 3 }),
        sample('p2', 'food', { perplexity: 1.2 }),
        sample('p3', '', { perplexity: null, verdict: 'empty', isRight: false }),
      ],
    }),
    round(2, { samples: [sample('p1', 'food', { perplexity: 2 })] }),
  ],
});
const rows = rowsOf(labelled, 'prompts');
const ids = (query: Partial<Query>, isKeyShown = false) =>
  select(rows, { ...ALL, ...query }, isKeyShown).map(({ rowId }) => rowId);

describe('rows of samples', () => {
  it('are one for each prompt, with its self-label in each round and its flips marked', () => {
    expect(rows.map(({ rowId, flips }) => [rowId, flips])).toEqual([
      ['p1', 1],
      ['p2', 0],
      ['p3', 0],
    ]);
    expect(rows[0]?.answers.map(({ answer, isFlip }) => [answer, isFlip])).toEqual([
      ['music', false],
      ['food', true],
    ]);
  });

  it('do not call another spelling of the same label a flip', () => {
    const run = runOf('run', {
      1: [round(1, { samples: [sample('p', 'Food ')] }), round(2, { samples: [sample('p', 'food')] })],
    });
    expect(rowsOf(run, 'prompts')[0]?.flips).toBe(0);
  });

  it('are the same ones until a cell has heard something new', () => {
    expect(rowsOf(labelled, 'prompts')[0]).toBe(rows[0]);
  });

  it('take scored items with the key of their split', () => {
    const run = runOf('run', {
      1: [
        round(0, { evaluations: [tested(['music', 'music', 'food', 'food'])] }),
        round(1, { evaluations: [tested(['food', 'music', 'food', 'food'])] }),
      ],
    });
    expect(setsOf(run)).toEqual(['prompts', 'test/zero-shot']);
    const [first, , , last] = rowsOf(run, 'test/zero-shot');
    expect(first?.answers.map(({ isRight }) => isRight)).toEqual([false, true]);
    expect(last).toMatchObject({ key: 'music', flips: 0, input: 'item 3' });
  });

  it('join equal answers of successive rounds into a stretch', () => {
    const run = runOf('run', {
      1: ['a', 'a', 'b', 'a'].map((answer, i) => round(i + 1, { samples: [sample('p', answer)] })),
    });
    const [row] = rowsOf(run, 'prompts');
    const stretches = row === undefined ? [] : stretchesOf(row);
    expect(stretches.map(({ from, to, answer }) => [from, to, answer])).toEqual([
      [1, 2, 'a'],
      [3, 3, 'b'],
      [4, 4, 'a'],
    ]);
  });
});

describe('filters and sorting', () => {
  it('judge a row by its latest answer, or by that of the round asked for', () => {
    expect(ids({ round: 2 })).toEqual(['p1']);
    expect(ids({ text: 'music', round: 1 })).toEqual(['p1']);
    expect(ids({ verdict: 'dropped' })).toEqual(['p3']);
    expect(ids({ verdict: 'kept' })).toEqual(['p1', 'p2']);
    expect(ids({ isFlipped: true })).toEqual(['p1']);
    expect(ids({ isFlipped: true, round: 1 })).toEqual([]);
  });

  it('know right and wrong only while the key is shown', () => {
    expect(ids({ isRight: false }, true)).toEqual(['p3']);
    expect(ids({ isRight: false }, false)).toEqual(['p1', 'p2', 'p3']);
  });

  it('put rows without a perplexity last, whichever way', () => {
    expect(ids({ sort: 'perplexity' })).toEqual(['p2', 'p1', 'p3']);
    expect(ids({ sort: 'perplexity', isDescending: true })).toEqual(['p1', 'p2', 'p3']);
  });
});

describe('the CSV of samples', () => {
  it('has a line for each answer, and the key only where it is shown', () => {
    const hidden = samplesCsv(rows, 'prompts', false).trim().split('\r\n');
    expect(hidden).toHaveLength(5);
    expect(hidden[0]?.split(',')).not.toContain('key');
    expect(hidden.join('\n')).not.toMatch(/,right/);
    const [head = '', first = ''] = samplesCsv(rows, 'prompts', true).split('\r\n');
    expect(head.endsWith(',key,right')).toBe(true);
    expect(first.endsWith(',food,0')).toBe(true);
  });
});
