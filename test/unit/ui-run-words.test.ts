import { expect, test } from 'vitest';
import { armTitle } from '../../src/words/arm-title.ts';
import { ownNumber } from '../../src/ui/words/own-number.ts';
import { runTitle } from '../../src/ui/words/picture-facts.ts';
import { setKnobs } from '../../src/ui/words/set-knobs.ts';

test('knobs at their defaults are not told, others by their label and value', () => {
  expect(setKnobs({})).toEqual([]);
  expect(setKnobs({ poolSize: 12, balanced: true, preamble: '' }).map(({ words }) => words)).toEqual([
    'ICL pool 12',
    'Balanced parts on',
  ]);
});

test('0 is said in words where it is no amount, as a chip and behind an arm', () => {
  const shared = { demonstrations: 4, maxGradNorm: 0, weightDecay: 0.1 };
  expect(setKnobs(shared).map(({ words }) => words)).toEqual([
    'Demonstrations k 4',
    'Clip off',
    'Weight decay 0.1',
  ]);
  // Beside a shared one a default says something.
  const own = { demonstrations: 0, weightDecay: 0, poolSize: 64 };
  expect(setKnobs(own, shared).map(({ words }) => words)).toEqual([
    'Demonstrations k the task’s own',
    'Weight decay 0',
  ]);
  expect(armTitle('soft[demonstrations=0,maxPerplexity=0]', 'soft')).toBe(
    'SOFT, demonstrations k the task’s own, highest perplexity any',
  );
  expect(armTitle('soft[balanced=true,labelNoise=0]', 'soft')).toBe('SOFT, balanced parts on, label noise 0');
});

test.each([
  { value: 0, own: 3, shown: 3, note: 'the task’s own number' },
  { value: 3, own: 3, shown: 3, note: 'the task’s own number' },
  { value: 6, own: 3, shown: 6, note: 'the task’s own: 3' },
  { value: 0, own: null, shown: 0, note: '0: the task’s own number' },
])('a form shows the number that a run will use: $value of a task with $own', ({ value, own, ...told }) => {
  const number = ownNumber<number>(value, own);
  expect(number).toMatchObject(told);
  // What is put in is what is run with, and the task's own stays its own.
  for (let next = number.least; next < 8; next++) {
    const knob = number.knobOf(next);
    expect(knob === 0 ? (own ?? 0) : knob).toBe(next);
    expect(ownNumber(knob, own).shown).toBe(next);
  }
});

test('a title names task, model, seeds and arms', () => {
  const of = {
    taskId: 'topic-4',
    model: 'nano',
    seeds: [3],
    arms: [{ name: 'soft', method: 'soft' as const }],
  };
  expect(runTitle(of)).toBe('topic-4 on nano, seed 3: SOFT');
  expect(runTitle({ ...of, seeds: [3, 4, 5] })).toBe('topic-4 on nano, seeds 3 to 5: SOFT');
  expect(runTitle({ ...of, seeds: [3, 9] })).toBe('topic-4 on nano, seeds 3 and 9: SOFT');
});
