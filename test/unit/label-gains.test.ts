/** What labels gained: SOFT beside the frozen arm that labels as it does, whatever either is evaluated on. */
import { expect, test } from 'vitest';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import type { KnobsSet } from '../../src/words/knobs-set.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { labelGains } from '../../tools/results/label-gains.ts';

const ARMS: readonly (readonly [name: string, method: MethodName, set: KnobsSet])[] = [
  ['soft', 'soft', { fewShotItems: 64, probeItems: 64 }],
  ['frozen-mixed', 'frozen-teacher', { template: 'mixed' }],
  ['frozen', 'frozen-teacher', { fewShotItems: 0 }],
  ['soft-alone', 'soft', { demonstrations: 2 }],
];
const manifest: Manifest = {
  ...{ format: 1, status: 'finished', title: '', why: '', question: '' },
  config: {
    ...{
      model: 'm',
      modelSha256: 'm',
      parameters: 1,
      tasks: { a: '1', b: '2' },
      seeds: [1, 2, 3],
      claims: [],
    },
    arms: Object.fromEntries(
      ARMS.map(([name, method, set]) => [name, { method, ...armOf(name, method, set).knobs }]),
    ),
    backends: 'cpu',
  },
  ...{ versions: {}, commit: null, devices: [], runs: [], failed: [] },
  totals: {
    seconds: { rank: 0, label: 0, train: 0, evaluate: 0 },
    tokens: { rank: 0, label: 0, train: 0, evaluate: 0 },
  },
};
const row = (task: string, arm: string, seed: number, round: number, value: number): ResultRow => ({
  ...{ model: 'm', task, arm, method: 'soft', seed, round, split: 'prompts', mode: null },
  ...{ metric: 'self_label_accuracy', value, n: 64 },
});

test('are those of the last round, of the seeds that both arms have', () => {
  const found = labelGains(manifest, [
    row('a', 'soft', 1, 3, 0.5),
    row('a', 'frozen', 1, 3, 0.75),
    row('a', 'soft', 2, 3, 0.5),
    row('a', 'frozen', 2, 3, 0.25),
    // Another round, another arm's, a metric of something else, a seed that one arm lacks.
    row('a', 'soft', 1, 1, 0.9),
    row('a', 'frozen-mixed', 1, 3, 0.1),
    { ...row('a', 'soft', 1, 3, 0.9), metric: 'exact_match', split: 'test' },
    row('a', 'soft', 3, 3, 0.5),
    row('b', 'frozen', 1, 3, 0.5),
    row('a', 'soft-alone', 1, 3, 0.5),
  ]);
  expect(found.map(({ task, soft, gains }) => ({ task, soft: soft.name, gains }))).toEqual([
    { task: 'a', soft: 'soft', gains: [-0.25, 0.25] },
  ]);
});
