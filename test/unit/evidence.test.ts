import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { EvidenceLine } from '../../src/analysis/evidence.ts';
import { asItIs, evidenceLines, evidenceWords, verdictOf } from '../../src/analysis/evidence.ts';
import { is } from '../../src/core/shape.ts';
import { evidenceOf, sortedEvidence } from '../../tools/results/evidence.ts';
import { readMeasured } from '../../tools/results/study.ts';

const line = (more: Partial<EvidenceLine>): EvidenceLine => ({
  ...{ task: 't', model: 'nano', isShipped: true, isClaimed: true, seeds: [1, 2], differences: [0.1, 0.1] },
  ...{ mean: 0.1, halfWidth: 0.05, p: 0.01 },
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
  const words = evidenceWords([
    line({ task: 'a' }),
    line({ task: 'b', p: 0.5 }),
    line({ task: 'c', isClaimed: false }),
    line({ task: 'a', isClaimed: false, isShipped: false, model: 'other' }),
  ]);
  expect(words[0]).toContain('Claimed before the runs on 2 tasks, with 2 seeds each');
  expect(words[0]).toContain('On nano, the toy that this page comes with:');
  expect(words[0]).toContain('shown on a (+0.100 ± 0.050); undecided on b (+0.100 ± 0.050).');
  expect(words[1]).toContain('another model among them; 3 tasks were tried in all.');
  expect(evidenceWords([])).toEqual([]);
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
  expect(evidenceWords([flat])[0]).toContain('smaller than 0.03 on z (no seed differs at all).');
});

test('claims in other settings have a sentence for each setting and model, and no line of the picture', () => {
  const lines = [
    line({ task: 'a' }),
    line({ task: 'b', setting: 'soft-mixed', p: 1 }),
    line({ task: 'c', setting: 'soft-mixed', p: 1, mean: 0, halfWidth: 0.01 }),
    line({ task: 'b', setting: 'soft-one-shot', model: 'third', p: 1 }),
  ];
  expect(evidenceWords(lines).slice(1)).toEqual([
    'In another setting, soft-mixed on nano, claimed too, with 2 seeds: smaller than 0.03 on c (+0.000 ± 0.010); undecided on b (+0.100 ± 0.050).',
    'In another setting, soft-one-shot on third, claimed too, with 2 seeds: undecided on b (+0.100 ± 0.050).',
  ]);
  expect(asItIs(lines)).toEqual([line({ task: 'a' })]);
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
  const shipped: unknown = JSON.parse(await readFile('src/ui/run/opening/evidence.json', 'utf8'));
  expect(is(evidenceLines, shipped)).toBe(true);
  const claimed = evidenceOf(await readMeasured('docs/results/soft-vs-frozen'), 'nano');
  expect(claimed.map(({ task }) => task)).toContain('two-cue-topic');
  for (const one of claimed) {
    expect(shipped).toContainEqual(one);
    const mean = one.differences.reduce((sum, value) => sum + value, 0) / one.differences.length;
    expect(mean).toBeCloseTo(one.mean, 5);
  }
});

test('claims stand first, then the model that ships, from the highest down', () => {
  const [a, b, c] = [line({ mean: 0.1 }), line({ isClaimed: false, mean: 0.3 }), line({ mean: 0.2 })];
  const d = line({ isClaimed: false, isShipped: false, mean: 0.9 });
  expect(sortedEvidence([a, b, c, d])).toEqual([c, a, b, d]);
});
