/** @file The picture of docs/RESULTS.md: every task a row, every arm a panel, seeds that are whole. */
import { expect, test } from 'vitest';
import { hasMixed, roundsFigure } from '../../tools/results/rounds-figure.ts';
import type { Measured } from '../../tools/results/study.ts';
import { readMeasured } from '../../tools/results/study.ts';

const thin = (svg: string): number => svg.match(/stroke-opacity/gu)?.length ?? 0;
const thick = (svg: string): number =>
  svg.match(/stroke-width="2\.5" stroke-dasharray="[^"]*"\/>(?!<text)/gu)?.length ?? 0;

test('each task has four panels of three lines, with as many thin ones as there are seeds', async () => {
  const study = await readMeasured('docs/results/mixed-practice');
  expect(hasMixed(study)).toBe(true);
  const svg = roundsFigure([study]);
  for (const task of study.study.tasks.keys()) expect(svg).toContain(`>${task}</text>`);
  expect(thick(svg)).toBe(5 * 4 * 3);
  expect(thin(svg)).toBe(5 * 4 * 3 * 10);
  expect(svg).not.toContain('NaN');
});

test('a seed that was stopped in the middle is in no mean', async () => {
  const whole = await readMeasured('docs/results/mixed-practice');
  const isCut = ({ task, arm, seed, round }: Measured['rows'][number]) =>
    task === 'topic-4' && arm === 'soft' && seed === 2001 && round === 3;
  const cut = { ...whole, rows: whole.rows.filter((row) => !isCut(row)) };
  expect(thin(roundsFigure([cut]))).toBe(thin(roundsFigure([whole])) - 3);
});

test('an experiment without mixed training has no such picture', async () => {
  expect(hasMixed(await readMeasured('docs/results/soft-vs-frozen'))).toBe(false);
});
