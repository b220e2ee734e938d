import { expect, test } from 'vitest';
import type { MapFile } from '../../src/analysis/map-file.ts';
import { gainOf } from '../../src/analysis/error-map.ts';
import { isUseful, mapFile, toldAt } from '../../src/analysis/map-file.ts';
import { fault } from '../../src/core/shape.ts';
import type { Evaluation } from '../../src/words/events.ts';
import { armOf } from '../../src/words/plan.ts';
import { KEYS, TOY, round, runOf, tested } from './ui-run.ts';
import { byRun, kindOf, reachOf, setApart, tipText } from '../../src/ui/charts/map-plot.ts';
import { fakeLab } from './store-fakes.ts';
import { apartFrom, baseAccuracy, isPlaceOfRun, outcomeOf } from '../../src/ui/run/map/map-outcome.ts';
import { mapFailure } from '../../src/ui/run/map/map-failure.ts';
import {
  apartWords,
  outcomeWords,
  placeWords,
  readingWords,
  trustWords,
  worthWords,
} from '../../src/ui/run/map/map-words.ts';

const judgedWith = (map: number, constant: number, groups = 6): MapFile['byTask'] => ({
  errors: { map, constant, accuracy: 0.05 },
  ...{ slope: 1, intercept: 0, groups },
});
const cell = (gain: number, systematic: number, varying: number): MapFile['cells'][number] => ({
  ...{ model: 'nano', task: 'topic-4', setting: 'soft', gains: [gain - 0.02, gain + 0.02] },
  ...{ systematic, varying, accuracy: 0.7 },
});
const file: MapFile = {
  ...{ caption: 'Points.', fit: [0.1, -0.5, 0], byTask: judgedWith(0.03, 0.04), byModel: null, spread: 0.02 },
  cells: [cell(0.05, 0.11, 0.02), cell(-0.05, 0.38, 0.31), cell(0.03, 0.2, 0.1)],
};
const at = (systematic: number) => ({ systematic, varying: 0.1, accuracy: 0.8 });

test('a place is told a gain or a loss only beyond what the map was off by', () => {
  expect(toldAt(file, at(0)).says).toBe('gain');
  expect(toldAt(file, at(0.15)).says).toBe('nothing');
  expect(toldAt(file, at(0.27)).says).toBe('loss');
  expect(toldAt({ ...file, byTask: null }, at(0)).says).toBe('nothing');
});

test('its words follow its own judgement', () => {
  expect(isUseful(file)).toBe(true);
  expect(trustWords(file).join(' ')).toMatch(
    /^Told of 6 tasks, .* off by 0\.030 .* by 0\.040, .* 0\.050\. .* on another is not known\. The seeds of one setting differ by 0\.020 \(standard deviation\)\.$/,
  );
  expect(worthWords(file)).toMatch(/^Shaded is /);
  const useless = { ...file, byTask: judgedWith(0.04, 0.04), byModel: judgedWith(0.05, 0.02, 2) };
  expect(isUseful(useless)).toBe(false);
  expect(trustWords(useless).join(' ')).toMatch(
    /On a model left out it was off by 0\.050, one number by 0\.020, accuracy alone by 0\.050\. .* on both\.$/,
  );
  // Of a shading that is not there nothing is said.
  expect(worthWords(useless)).toMatch(/only what was measured is drawn\.$/);
  // Nearer on tasks alone is not enough.
  expect(isUseful({ ...file, byModel: judgedWith(0.05, 0.02, 2) })).toBe(false);
  expect(isUseful({ ...file, byModel: judgedWith(0.01, 0.02, 2) })).toBe(true);
  expect(trustWords({ byTask: null, byModel: null, spread: null })).toEqual([]);
  expect(worthWords({ byTask: null, byModel: null })).toContain('not known');
  expect(readingWords(true)).not.toBe(readingWords(false));
});

test('a place tells its errors, and a gain only from a map that is worth it', () => {
  const told = toldAt(file, at(0.27));
  expect(placeWords(at(0.27), 32, told, true)).toBe(
    'Of 32 rows, the base gets 27% wrong under most draws of demonstrations; of its answers to the others, 10% are wrong. There the map tells −0.035 ± 0.030: a loss.',
  );
  expect(placeWords(at(0.27), 32, told, false)).not.toContain('map');
});

test('an outcome is a difference on as many items', () => {
  expect(outcomeWords({ soft: 0.91, frozen: 0.88, seeds: 1, items: 48 })).toBe(
    'This run: few-shot, the last model of SOFT scores 0.91 and that of the frozen teacher 0.88, +0.030 on the same 48 test items (one seed).',
  );
});

test('marks are by gain, and the picture reaches as far as they and the own place do', () => {
  expect(file.cells.map(kindOf)).toEqual(['gain', 'loss', 'small']);
  const near = reachOf(file, { shares: null, accuracy: 0.5, gain: null });
  expect(near.map((value) => value.toFixed(1))).toEqual(['0.4', '0.4']);
  const far = reachOf(file, {
    shares: { systematic: 0.97, varying: 0.02, accuracy: 0 },
    accuracy: null,
    gain: null,
  });
  expect(far[0]).toBe(1);
});

test('settings with one base stand around it, as far from it as from each other or further; others where they are', () => {
  const cells = [cell(0.01, 0.1, 0.2), cell(0.05, 0.1, 0.2), cell(-0.02, 0.1, 0.2), cell(0, 0.3, 0.2)];
  const placed = setApart(cells, [0.001, 0.002]);
  expect(placed.map((one) => [Number(gainOf(one).toFixed(3)), one.isShared])).toEqual([
    ...[[0.05, true] as const, [0.01, true] as const, [-0.02, true] as const],
    [0, false],
  ]);
  const [top, , , alone] = placed;
  expect([top?.x, alone?.x, alone?.y]).toEqual([0.1, 0.3, 0.2]);
  expect(top?.y).toBeGreaterThan(0.2);
  const pixels = placed.slice(0, 3).map(({ x, y }) => [(x - 0.1) / 0.001, (y - 0.2) / 0.002] as const);
  const apart = pixels.flatMap(([x, y], i) => pixels.slice(i + 1).map(([u, v]) => Math.hypot(x - u, y - v)));
  const radii = pixels.map(([x, y]) => Math.hypot(x, y));
  expect(Math.max(...radii) - Math.min(...radii)).toBeLessThan(1e-9);
  expect(Math.min(...apart)).toBeGreaterThan(Math.max(...radii));
});

test('every run by itself is a mark by its own gain; many with one base lie side by side around it', () => {
  const runs = byRun([cell(0.06, 0.1, 0.2), cell(0.005, 0.1, 0.2), cell(-0.02, 0.1, 0.2), cell(0, 0.1, 0.2)]);
  expect(runs.map(({ gains }) => gains.map((gain) => Number(gain.toFixed(3))))).toEqual([
    ...[[0.04], [0.08], [-0.015], [0.025], [-0.04], [0], [-0.02], [0.02]],
  ]);
  expect(runs.map(kindOf)).toEqual(['gain', 'gain', 'small', 'small', 'loss', 'small', 'small', 'small']);
  const placed = setApart(runs, [1, 1]);
  const apart = placed.flatMap((a, i) => placed.slice(i + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y)));
  // Wider than a mark, which is 5.5 pixels at most.
  expect(Math.min(...apart)).toBeGreaterThan(5.5);
});

test('a mark is told with each seed’s gain, all with as many digits', () => {
  const told = tipText(file)({ ...cell(0, 0.1, 0.2), gains: [0, 0.1, 0.04, -0.0193] }).split('\n');
  expect(told[0]).toBe('topic-4, soft');
  expect(told.at(-1)).toBe('of 4 seeds: +0.000 +0.100 +0.040 −0.019');
});

test('a file of another shape is none', () => {
  expect(fault(mapFile, JSON.parse(JSON.stringify(file)))).toBeNull();
  expect(fault(mapFile, { ...file, cells: [{ task: 'topic-4' }] })).not.toBeNull();
});

const OTHER = { ...TOY.definition, id: 'another' };
const asked = (count: number): Evaluation => ({
  ...tested(KEYS.slice(0, 4).map((key, i) => (i < count ? key : key === 'food' ? 'music' : 'food'))),
  mode: 'few-shot',
});
const scored = (number: number, count: number) => round(number, { evaluations: [asked(count)] });

test('a run comes to what its last teachers score on the same items, once both are there', () => {
  const alone = runOf('run', { 1: [scored(0, 2), scored(3, 3)], 2: [scored(0, 1), scored(3, 4)] });
  expect(baseAccuracy(alone)).toBeCloseTo(3 / 8);
  // SOFT alone has nothing beside it.
  expect(outcomeOf(alone)).toBeNull();
  const frozen = armOf('frozen', 'frozen-teacher', { rounds: 3 });
  const beside = runOf('other', { 1: [scored(0, 2), scored(3, 2)], 2: [] }).cells.map((cell) => ({
    ...cell,
    arm: frozen,
  }));
  const soft = armOf('soft', 'soft', { rounds: 3 });
  const cells = alone.cells.map((cell) => ({ ...cell, arm: soft }));
  const going = { ...alone, cells: [...cells, ...beside] };
  expect(outcomeOf(going)).toEqual({ soft: 0.75, frozen: 0.5, seeds: 1, items: 4 });
  // Another k is another setting.
  const other = armOf('soft', 'soft', { rounds: 3, demonstrations: 2 });
  expect(
    outcomeOf({
      ...going,
      cells: going.cells.map((cell) => (cell.arm === soft ? { ...cell, arm: other } : cell)),
    }),
  ).toBeNull();
});

test('a run whose base errs where the map tells a loss is told so, with a remedy', () => {
  const run = runOf('run', { 1: [scored(0, 2)] });
  const arm = armOf('soft', 'soft');
  const place = (systematic: number) => ({
    of: { task: run.task, arm, seed: 1, model: run.model },
    ...{ isAsking: false, share: 1, note: '', fault: null },
    found: { shares: at(systematic), rows: 32 },
  });
  expect(mapFailure(run, arm, place(0.27), file)).toEqual({
    code: 'map-loss',
    sentence: 'The map tells a loss for this kind of errors: −0.035 ± 0.030.',
    remedy: { words: 'Practise with demonstrations too', set: { template: 'mixed' } },
  });
  expect(mapFailure(run, arm, place(0.1), file)).toBeNull();
  expect(mapFailure(run, arm, null, file)).toBeNull();
  expect(mapFailure(run, armOf('soft', 'soft', { demonstrations: 2 }), place(0.27), file)).toBeNull();
  expect(mapFailure(run, arm, place(0.27), { ...file, byTask: judgedWith(0.04, 0.03) })).toBeNull();
  expect(mapFailure(run, armOf('soft', 'soft', { template: 'mixed' }), place(0.27), file)?.remedy).toBeNull();
});

test('the place of another model, task or number of demonstrations is none of a run’s picture', () => {
  const run = runOf('run', { 1: [scored(0, 2)] });
  const { task, model } = run;
  const of = { task, arm: armOf('frozen', 'frozen-teacher'), seed: 7, model };
  expect(isPlaceOfRun({ of }, run)).toBe(true);
  expect(isPlaceOfRun({ of: { ...of, model: { ...model, sha256: 'another' } } }, run)).toBe(false);
  expect(isPlaceOfRun({ of: { ...of, task: { ...task, definition: OTHER } } }, run)).toBe(false);
  expect(isPlaceOfRun({ of: { ...of, arm: armOf('soft', 'soft', { demonstrations: 2 }) } }, run)).toBe(false);
});

test('what is set up is asked for its place beside its own run alone, and why not beside another is said', () => {
  const state = fakeLab().state();
  const run = runOf('run', { 1: [scored(0, 2)] });
  const own = { ...state, tasks: { ...state.tasks, task: run.task } };
  const asked = (...arms: ReturnType<typeof armOf>[]) => ({ ...own, setup: { ...own.setup, arms } });
  expect(apartFrom(run, asked(armOf('soft', 'soft')))).toEqual([]);
  const fewer = armOf('soft', 'soft', { demonstrations: 2 });
  expect(apartFrom(run, asked(fewer))).toEqual(['other demonstrations']);
  // Another task has demonstrations of its own.
  const elsewhere = { ...run, task: { ...run.task, definition: OTHER } };
  expect(apartFrom(elsewhere, asked(fewer))).toEqual(['another task']);
  expect(apartWords(['another model', 'another task'])).toMatch(
    /^The setup has another model and another task than this run: .* Reset /,
  );
});
