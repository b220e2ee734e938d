import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Cell } from '../../src/analysis/error-map.ts';
import { isUseful, mapFile } from '../../src/analysis/map-file.ts';
import { fault, parse } from '../../src/core/shape.ts';
import type { Unfitted } from '../../tools/results/map-page.ts';
import { mapFile as fileOf, mapPage } from '../../tools/results/map-page.ts';

const cell = (task: string, model: string, systematic: number, gains: readonly number[]): Cell => ({
  ...{ task, model, setting: 'soft', gains },
  ...{ systematic, varying: 0.1, accuracy: 1 - systematic },
});
/** A gain that falls with the systematic share alone. */
const CELLS = ['a', 'b', 'c'].flatMap((task, i) =>
  ['nano', 'nano-2'].map((model, j) => {
    const systematic = 0.1 * (1 + 2 * i + j);
    return cell(task, model, systematic, [0.1 - 0.5 * systematic + 0.01, 0.1 - 0.5 * systematic - 0.01]);
  }),
);

const by = (cells: readonly Unfitted[]) => ({ cells, by: CELLS });

test('what the command writes is what the page reads, and what it says of itself', () => {
  const file = fileOf(CELLS);
  expect(fault(mapFile, JSON.parse(JSON.stringify(file)))).toBeNull();
  expect(file.byTask?.groups).toBe(3);
  expect(file.byTask?.errors.map).toBeCloseTo(0, 6);
  expect(isUseful(file)).toBe(true);
  const page = mapPage(CELLS);
  expect(page).toContain('3 tasks, 2 models (nano, nano-2), 6 marks, 24 runs.');
  expect(page).toMatch(/\| a task, 3 \| 0\.000 \| /);
  expect(page).toMatch(/\| nano-2 \| c \| soft \| 0\.60 \| 0\.10 \| 0\.40 \| −0\.200 \| −0\.200 \| 2 \|/);
});

test('the shipped map is of that shape and says as much as docs/MAP.md', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const file = parse(mapFile, JSON.parse(read('public/map.json')), 'public/map.json', 'internal');
  expect(file.cells.length).toBeGreaterThan(20);
  const page = read('docs/MAP.md');
  expect(page).toContain(`${file.cells.length} marks`);
  expect(page).toContain(file.caption);
  for (const error of Object.values(file.byTask?.errors ?? {})) expect(page).toContain(error.toFixed(3));
});

test('other models are told by the fit, before their runs and beside what came of them, and change nothing of it', () => {
  const told = (gains: readonly number[], labels: readonly number[] = []) => ({
    ...cell('sst2', 'smollm2', 0.5, gains),
    labels,
  });
  const before = mapPage(CELLS, by([told([])]));
  expect(before).toContain('Told before any of them was run.');
  expect(before).toMatch(/\| smollm2 \| sst2 \| soft \| 0\.50 \| 0\.10 \| 0\.50 \| −0\.150 \| not run \|/);
  const after = mapPage(CELLS, by([told([-0.2, -0.16])]));
  expect(after).toMatch(/\| −0\.150 \| −0\.180 \| 2 \|/);
  expect(after).toMatch(
    /Off by the map 0\.030, accuracy alone 0\.\d{3}, one number for all 0\.\d{3} on average, of 1 point\./,
  );
  expect(before).toContain('None is told of any point that was run: **no case**.');
  expect(after).toContain('Told of 1 point; it came in 1.');
  expect(mapPage(CELLS, by([told([0.2])]))).toContain('Told of 1 point; it came in 0.');
  const labelled = mapPage(CELLS, by([told([-0.2, -0.16], [-0.1, -0.1, -0.04]), told([], [0.05])]));
  expect(labelled).toMatch(/\| −0\.180 \| 2 \| −0\.080 \| 3 \|/);
  expect(labelled).toMatch(/\| −0\.150 \| – \| {2}\| \+0\.050 \| 1 \|/);
  expect(labelled).toContain('of 1 point.');
  expect(after.split('## Other models')[0]).toBe(before.split('## Other models')[0]);
  expect(mapPage(CELLS)).not.toContain('Other models');
});

test('points that were run later are in the map, and not in what is told of others', () => {
  const later = CELLS.map((one) => ({ ...one, setting: 'soft-instance-40', gains: [0.9, 0.7] }));
  const others = [{ ...cell('sst2', 'smollm2', 0.5, []), labels: [] }];
  const page = mapPage([...CELLS, ...later], { cells: others, by: CELLS });
  expect(page).toMatch(/\| smollm2 \| sst2 \| soft \| 0\.50 \| 0\.10 \| 0\.50 \| −0\.150 \| not run \|/);
  expect(page).toContain('by the 6 points that had been run then, without the 6 that came later.');
  expect(page).toMatch(/\| a task, 3; 6 earlier points \| 0\.000 \| /);
  expect(page).not.toMatch(/\| a task, 3 \| 0\.000 \| /);
  expect(page).toMatch(/\| nano \| soft-instance-40 \| \+0\.800 ± 0\.000 \| \+0\.800 to \+0\.800 \| 3 \|/);
  expect(mapPage(CELLS)).not.toMatch(/earlier points|came later/);
});

test('the first student stands beside the vote, averaged over tasks', () => {
  const of = (task: string, vote: number, scores: readonly number[]) => ({
    model: 'nano',
    task,
    vote,
    scores,
  });
  const page = mapPage(CELLS, by([]), [of('a', 0.8, [0.9, 0.7]), of('b', 0.5, [0.6])]);
  // Student's t with one degree of freedom: 12.706 times 0.05.
  expect(page).toContain('nano +0.050 ± 0.635, 2 tasks, **not within it in the mean**.');
  const alone = mapPage(CELLS, by([]), [of('a', 0.8, [0.9])]);
  expect(alone).toContain('nano +0.100, 1 task, **not within it in the mean**.');
  const near = [of('a', 0.8, [0.81]), of('b', 0.5, [0.5]), of('c', 0.5, [0.49])];
  expect(mapPage(CELLS, by([]), near)).toContain('nano +0.000 ± 0.025, 3 tasks, **shown**.');
  expect(mapPage(CELLS, by([]), near.slice(0, 2))).toContain(
    '2 tasks, **within it in the mean, undecided by its interval**.',
  );
  expect(page).toContain('| nano | b | 0.500 | 0.600 | +0.100 | 1 |');
});
