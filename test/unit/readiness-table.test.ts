/** @file What became of a run, and the page of words against it. */
import { expect, it } from 'vitest';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { readinessPage } from '../../tools/results/readiness-page.ts';
import type { ReadinessRow } from '../../tools/results/readiness-row.ts';
import { labelArms, outcomeOf, runKey, setOf } from '../../tools/results/readiness-row.ts';
import { armOf } from '../../src/words/plan.ts';

const seconds = { rank: 0, label: 0, train: 0, evaluate: 0 };
const which = { task: 'colours', arm: 'soft', seed: 1 };
const floors = { metric: 'exact_match', items: 100, chance: 0.25, majority: 0.3 } as const;
const runs = [{ ...which, reason: null, bestRound: null, floors, seconds, tokens: seconds }];
const scored = (round: number, value: number, more: Partial<ResultRow> = {}): ResultRow => ({
  ...{ model: 'fake', ...which, method: 'soft', round, split: 'test', mode: 'zero-shot' },
  ...{ metric: 'exact_match', value, n: 100, ...more },
});

it('a run rose where its last round is above its base and both floors, by more than noise', () => {
  const of = (...values: readonly number[]) =>
    outcomeOf(
      [
        ...values.map((value, round) => scored(round, value)),
        scored(9, 1, { mode: 'few-shot' }),
        scored(9, 1, { split: 'validation' }),
        scored(9, 1, { arm: 'other' }),
      ],
      which,
      { runs },
    );
  expect(of(0, 0.2, 0.8)).toEqual({
    ...{ base: 0, last: 0.8, items: 100, floor: 'chance 0.25, majority 0.30', happened: 'rose' },
  });
  expect(of(0, 0.2)?.happened).toBe('did not rise');
  expect(of(0.8, 0.85)?.happened).toBe('did not rise');
  expect(of(0.5)).toBeNull();
  expect(outcomeOf([scored(0, 0), scored(1, 1)], { ...which, seed: 2 }, { runs })).toBeNull();
});

it('arms that learn from no labels of a model are left out, and sizes of scoring are no setting', () => {
  const { knobs } = armOf('soft', 'soft', { rounds: 2, testItems: 8 });
  const config = { arms: { soft: { method: 'soft', ...knobs }, gold: { method: 'gold', ...knobs } } };
  const [soft, ...others] = labelArms({ config: { ...config, ...OTHER } });
  expect(others).toEqual([]);
  if (soft === undefined) throw new Error('There is no arm.');
  expect(setOf(soft)).toEqual({ rounds: '2' });
});
const OTHER = {
  ...{ model: 'fake', modelSha256: '0', parameters: 1, tasks: {}, seeds: [1], claims: [], backends: 'wasm' },
};

it('the page counts what was said against what happened, and names what went otherwise', () => {
  const row = (
    arm: string,
    word: ReadinessRow['word'],
    happened: ReadinessRow['happened'],
  ): ReadinessRow => ({
    ...{ model: 'fake', task: 'colours', arm, seed: 1, set: { preamble: 'a\nb|c' }, word, happened },
    ...{ reasons: [], rows: 16, fewShot: 0.5, labels: null, zeroShot: 0, base: 0, last: 0.5, items: 100 },
    floor: '',
  });
  const rows = [
    row('a', 'ready', 'rose'),
    row('b', 'ready', 'did not rise'),
    row('c', 'not ready', 'did not rise'),
  ];
  const page = readinessPage(rows);
  expect(page).toContain('| **all** | ready | 1 | 1 | 1 |');
  expect(page).toContain('| fake | not ready | 0 | 1 | 1 |');
  expect(page).toContain('Otherwise than was said: fake on colours, b.');
  expect(page).toContain('`preamble=a\\nb\\|c`');
  expect(new Set(rows.map(runKey)).size).toBe(3);
});
