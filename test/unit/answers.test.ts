/** What the cards of the experiments answer with: made of the kept results, and in which words. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, test } from 'vitest';
import type { AnswerLine } from '../../src/analysis/answers.ts';
import { answerWords, answersShape, moreOf, standingOf } from '../../src/analysis/answers.ts';
import { checked } from '../../src/core/shape.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { answerOf } from '../../tools/results/answers.ts';
import { mergeMeasured } from '../../tools/results/merge.ts';
import { readMeasured } from '../../tools/results/study.ts';

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));
const shipped = checked(
  answersShape,
  await read('src/ui/experiments/answers.json'),
  'answers.json',
  'internal',
);

describe.each([
  ['soft-vs-frozen', ['soft-vs-frozen', 'soft-vs-frozen-exploratory']],
  ['mixed-practice', ['mixed-practice']],
  ['order', ['order']],
  ['isara', ['isara']],
])('the card of %s', (name, folders) => {
  it('answers with what its kept results come to', async () => {
    const { title, arms } = parseExperiment(await read(`experiments/${name}.json`));
    const measured = mergeMeasured(
      await Promise.all(folders.map((folder) => readMeasured(`docs/results/${folder}`))),
    );
    expect(measured).toHaveLength(1);
    const own = shipped.filter((answer) => answer.title === title);
    expect(own).toEqual(measured.map(answerOf));
    const known = arms.map((arm) => arm.name);
    for (const { arm, against } of own.flatMap(({ pairs }) => pairs))
      expect([known.includes(arm), known.includes(against)]).toEqual([true, true]);
    expect(own.flatMap(({ pairs }) => pairs.flatMap(({ lines }) => lines)).length).toBeGreaterThan(1);
  });
});

const line = (task: string, more: Partial<AnswerLine> = {}): AnswerLine => ({
  ...{ task, mean: 0.1, halfWidth: 0.05, n: 10, isFloor: false, ...more },
});
const title = (arm: string) => arm.toUpperCase();

test('a claim is told by its verdicts, in their order, and zero of nothing right is no agreement', () => {
  const lines = [
    line('a', { verdict: 'undecided', mean: 0.01 }),
    line('b', { verdict: 'shown' }),
    line('c', { verdict: 'smaller than 0.03', mean: 0, halfWidth: 0, isFloor: true }),
  ];
  const pair = { arm: 'x', against: 'y', lines, notRun: ['d'] };
  expect(answerWords(pair, title)).toEqual({
    pair: 'X above Y, claimed',
    parts: [
      'shown: b +0.100 ± 0.050',
      'smaller than 0.03: c (nothing is ever right)',
      'undecided: a +0.010 ± 0.050',
      'not run: d',
    ],
  });
  expect(standingOf({ title: '', model: 'nano', pairs: [pair] })).toBe(
    'Claims made before the runs; 10 seeds of nano',
  );
});

test('what nobody claimed has no verdict, and says over how many seeds it was looked at', () => {
  const pair = {
    arm: 'x',
    against: 'y',
    lines: [line('a', { n: 1, halfWidth: null }), line('b', { n: 3 })],
    notRun: [],
  };
  expect(answerWords(pair, title)).toEqual({
    pair: 'X minus Y, not claimed',
    parts: ['a +0.100, b +0.100 ± 0.050'],
  });
  expect(standingOf({ title: '', model: 'nano', pairs: [pair] })).toBe(
    'Nothing claimed; looked at, 1 to 3 seeds of nano',
  );
});

test('a lead that was shown is told over more seeds too, where those were run', () => {
  const [own] = shipped.filter(({ title: name }) => name === 'Does the improved teacher help?');
  expect(own === undefined ? [] : moreOf(own, shipped)).toEqual([
    {
      pair: 'Over 100 seeds, not claimed (quick looks)',
      parts: [expect.stringMatching(/^two-cue-topic \+0\.070 ± 0\.0\d\d$/)],
    },
  ]);
});

test('an arm that is asked few-shot is not held against students by its base', () => {
  const arms = shipped.flatMap(({ pairs }) => pairs.flatMap(({ arm, against }) => [arm, against]));
  expect(arms).toContain('seed-sft');
  expect(arms).not.toContain('icl');
});
