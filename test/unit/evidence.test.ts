import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { EvidenceLine, PooledEvidence } from '../../src/analysis/evidence.ts';
import {
  asItIs,
  evidenceFacts,
  evidenceRows,
  evidenceShape,
  evidenceWords,
  verdictOf,
} from '../../src/analysis/evidence.ts';
import { evidenceCsv } from '../../src/ui/charts/evidence-plot.ts';
import { checked } from '../../src/core/shape.ts';
import { evidenceOf, pooledEvidence, sortedEvidence } from '../../tools/results/evidence.ts';
import { readPooled, studyPooled } from '../../tools/results/pooled.ts';
import { readMeasured } from '../../tools/results/study.ts';

const line = (more: Partial<EvidenceLine>): EvidenceLine => ({
  ...{ task: 't', model: 'nano', isShipped: true, isClaimed: true, seeds: [1, 2], differences: [0.1, 0.1] },
  ...{ mean: 0.1, halfWidth: 0.05, p: 0.01 },
  ...more,
});
const toys = (lines: readonly EvidenceLine[]) => ({ lines, pooled: [] });
const cell = { task: 'sst2', model: 'gemma-3-270m', seeds: [1, 2], differences: [0.1, -0.1] };
const real = (more: Partial<PooledEvidence>): PooledEvidence => ({
  ...{ verdict: 'undecided', seeds: 2, planned: 6, mean: -0.07, low: -0.12, high: -0.02 },
  cells: [
    { ...cell, mean: 0, low: -0.1, high: 0.1 },
    { ...cell, model: 'somebodys', mean: 0, low: -0.1, high: 0.1 },
  ],
  ...more,
});

test.each([
  [{}, 'shown'],
  [{ mean: -0.1 }, 'shown the other way'],
  // Not significant is not refuted.
  [{ p: 0.2 }, 'undecided'],
  [{ p: 1, mean: 0.01, halfWidth: 0.019 }, 'smaller than 0.03'],
  [{ p: 1, mean: 0.01, halfWidth: 0.021 }, 'undecided'],
  [{ p: 1, mean: 0, halfWidth: 0, seeds: [1, 2, 3, 4, 5, 6] }, 'smaller than 0.03'],
  [{ p: 1, mean: 0, halfWidth: 0 }, 'undecided'],
  [{ p: null, mean: 0.01, halfWidth: null }, 'undecided'],
  [{ isClaimed: false }, 'exploratory'],
] as const)('%j is %s', (more, verdict) => {
  expect(verdictOf(line(more))).toBe(verdict);
});

test('what was claimed is said in its verdicts, and how much was tried beside it', () => {
  const { answer, found, beside, tasks } = evidenceWords(
    toys([
      line({ task: 'a' }),
      line({ task: 'b', p: 0.5 }),
      line({ task: 'c', isClaimed: false }),
      line({ task: 'a', isClaimed: false, isShipped: false, model: 'other' }),
    ]),
  );
  expect(found).toEqual([
    'On nano, the toy that this page comes with, the lead of a teacher that improves over one that stays the base, claimed before the runs on 2 tasks with 2 seeds each, is shown on a (+0.100 ± 0.050); undecided on b (+0.100 ± 0.050).',
  ]);
  expect(answer).toBe('In short: on a toy yes on 1 of 2 tasks, undecided on 1.');
  expect(evidenceWords({ lines: [], pooled: [real({ verdict: 'shown the other way' })] }).answer).toBe(
    'In short: on real models no, a worse one.',
  );
  expect(tasks).toBe(3);
  expect(beside[0]).toContain('another toy among them; 3 tasks were tried in all.');
  expect(evidenceWords(toys([]))).toEqual({ answer: '', found: [], beside: [], tasks: 0 });
});

test.each([
  [{ seeds: 2 }, 'undecided (no verdict before 6 seeds)'],
  [{ seeds: 2, needed: 3 }, 'undecided (no verdict before 3 seeds)'],
  [{ seeds: 3, needed: 3 }, 'undecided (6 seeds were planned)'],
  [{ seeds: 6, needed: 6 }, 'undecided'],
] as const)('%j of six planned seeds: %s', (more, words) => {
  const row = evidenceRows({ lines: [], pooled: [real(more)] })[0];
  expect(row?.words.split(', ').at(-1)).toBe(`${words}.`);
});

test('a task on which no seed differs has no narrow interval', () => {
  const flat = line({
    task: 'z',
    seeds: [1, 2, 3, 4, 5, 6],
    differences: [0, 0, 0, 0, 0, 0],
    mean: 0,
    halfWidth: 0,
    p: 1,
  });
  expect(evidenceWords(toys([flat])).found[0]).toContain('smaller than 0.03 on z (no seed differs at all).');
});

test('claims in other settings have a sentence for each setting and model, and no line of the picture', () => {
  const lines = [
    line({ task: 'a' }),
    line({ task: 'b', setting: 'soft-mixed', p: 1 }),
    line({ task: 'c', setting: 'soft-mixed', p: 1, mean: 0, halfWidth: 0.01 }),
    line({ task: 'b', setting: 'soft-one-shot', model: 'third', p: 1 }),
  ];
  expect(evidenceWords(toys(lines)).beside).toEqual([
    'In another setting, soft-mixed on nano, claimed too, with 2 seeds: smaller than 0.03 on c (+0.000 ± 0.010); undecided on b (+0.100 ± 0.050).',
    'In another setting, soft-one-shot on third, claimed too, with 2 seeds: undecided on b (+0.100 ± 0.050).',
  ]);
  expect(asItIs(lines)).toEqual([line({ task: 'a' })]);
});

test('over real models one number is said, in its verdict, and what that waits for', () => {
  const pooled = [real({}), real({ setting: 'soft-mixed', verdict: 'shown the other way', seeds: 6 })];
  const { found, beside } = evidenceWords({ lines: [line({ task: 'a' })], pooled });
  expect(found.slice(1)).toEqual([
    'On real models (Gemma 3 270M and somebodys) and real tasks (SST-2 and sst2) the same lead, claimed as one number for all 2 with 2 seeds each, is −0.070 (−0.120 to −0.020): undecided (no verdict before 6 seeds).',
  ]);
  expect(beside).toEqual([
    'soft-mixed on the real models: one number for all 2, 6 seeds each: −0.070 (−0.120 to −0.020), shown the other way.',
  ]);
});

test('of a claim that is shown more seeds are told too, and of one number over opposites which these are', () => {
  const more = line({ task: 'a', isClaimed: false, seeds: [1, 2, 3], mean: 0.07, halfWidth: 0.02 });
  const apart = real({
    cells: [
      { ...cell, mean: -0.3, low: -0.5, high: -0.1 },
      { ...cell, task: 'trec', mean: 0.2, low: 0.1, high: 0.3 },
    ],
  });
  const { found } = evidenceWords({ lines: [line({ task: 'a' }), more], pooled: [apart] });
  expect(found[0]).toMatch(/; over 3 seeds, not claimed, it is \+0\.070 ± 0\.020 on a\.$/);
  expect(found[1]).toMatch(
    /; the cells go both ways, from −0\.300 on SST-2 with Gemma 3 to \+0\.200 on TREC with Gemma 3\.$/,
  );
  const { found: one } = evidenceWords({ lines: [line({ task: 'a', p: 1 }), more], pooled: [real({})] });
  expect(one[0]).not.toContain('over 3 seeds');
  expect(one[1]).not.toContain('both ways');
});

test('in the picture what was claimed stands first, all cells of real models as one, then each, then the rest', () => {
  const rows = evidenceRows({
    lines: [
      line({ task: 'a' }),
      line({ task: 'b', setting: 'soft-mixed' }),
      line({ task: 'c', isClaimed: false }),
    ],
    pooled: [real({}), real({ setting: 'soft-mixed' })],
  });
  expect(rows.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
    'a (1–2): shown',
    'real models, all 2 (1–2): undecided',
    'SST-2, Gemma 3 (1–2): exploratory',
    'sst2, somebodys (1–2): exploratory',
    'c (1–2): exploratory',
  ]);
  expect(rows[2]?.dots).toEqual([
    { seed: 1, difference: 0.1 },
    { seed: 2, difference: -0.1 },
  ]);
  expect(rows[1]).toMatchObject({ dots: [], low: -0.12, high: -0.02 });
  // As a file: a line for each dot, and one for what has none of its own.
  const [head, ...lines] = evidenceCsv(rows).trimEnd().split('\r\n');
  expect(head).toBe('row,seed,difference,mean,low,high,verdict');
  expect(lines.map((text) => text.split(',').slice(-6, -4).join(' '))).toEqual([
    ...['1 0.1', '2 0.1', ' ', '1 0.1', '2 -0.1', '1 0.1', '2 -0.1', '1 0.1', '2 0.1'],
  ]);
});

test('a picture of the rows says of which model they are that name none', () => {
  const other = line({ model: 'nano-3', isShipped: false });
  expect(evidenceFacts(toys([line({}), line({ task: 'b' }), other]))).toMatch(/^Model nano where a row/);
});

test('a claim of SOFT in another setting is evidence too, of other methods it is not', async () => {
  const mixed = evidenceOf(await readMeasured('docs/results/mixed-practice'), 'nano');
  expect(new Set(mixed.map(({ setting }) => setting))).toEqual(new Set([undefined, 'soft-mixed']));
  expect(mixed.filter(({ setting }) => setting === 'soft-mixed')).toHaveLength(5);
  expect(
    evidenceOf(await readMeasured('docs/results/order'), 'nano').flatMap((one) => one.setting ?? []),
  ).toEqual([]);
});

test('what the page opens with is what the kept runs say', async () => {
  const json: unknown = JSON.parse(await readFile('src/ui/run/opening/evidence.json', 'utf8'));
  const shipped = checked(evidenceShape, json, 'evidence.json', 'internal');
  const claimed = evidenceOf(await readMeasured('docs/results/soft-vs-frozen'), 'nano');
  expect(claimed.map(({ task }) => task)).toContain('two-cue-topic');
  for (const one of claimed) {
    expect(shipped.lines).toContainEqual(one);
    const mean = one.differences.reduce((sum, value) => sum + value, 0) / one.differences.length;
    expect(mean).toBeCloseTo(one.mean, 5);
  }
  const study = await studyPooled(await readPooled('docs/results/real-claims.json'));
  expect(shipped.pooled).toEqual(pooledEvidence(study));
  expect(shipped.pooled.map(({ setting }) => setting)).toEqual([undefined, 'soft-mixed']);
  for (const { mean, cells } of shipped.pooled) {
    expect(cells.reduce((sum, own) => sum + own.mean, 0) / cells.length).toBeCloseTo(mean, 5);
    for (const { differences, mean: own } of cells)
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeCloseTo(own, 5);
  }
});

test('claims stand first, then the model that ships, from the highest down', () => {
  const [a, b, c] = [line({ mean: 0.1 }), line({ isClaimed: false, mean: 0.3 }), line({ mean: 0.2 })];
  const d = line({ isClaimed: false, isShipped: false, mean: 0.9 });
  expect(sortedEvidence([a, b, c, d])).toEqual([c, a, b, d]);
});
