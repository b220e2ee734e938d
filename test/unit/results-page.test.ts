/** @file The results page: folders of one experiment in one section, and what it refuses to lay together. */
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NO_SHOTS } from '../../src/method/room.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import { readRunJson } from '../../tools/read-json.ts';
import { glance } from '../../tools/results/glance.ts';
import { mergeMeasured } from '../../tools/results/merge.ts';
import { section } from '../../tools/results/section.ts';
import type { Measured } from '../../tools/results/study.ts';
import { readMeasured, studyOf } from '../../tools/results/study.ts';

interface Folder {
  readonly tasks?: Readonly<Record<string, string>>;
  readonly seeds?: readonly number[];
  readonly title?: string;
  readonly sha256?: string;
  readonly learningRate?: number;
  readonly claims?: readonly { arm: string; against: string; tasks: readonly string[] }[];
  /** Added to every score of SOFT. */
  readonly more?: number;
}

const score = (task: string, arm: string, seed: number, round: number, value: number): ResultRow => ({
  ...{ model: 'nano', task, arm, method: 'soft', seed, round, split: 'test', mode: 'zero-shot' },
  ...{ metric: 'exact_match', value, n: 100 },
});

function manifestWith(
  config: Pick<Manifest['config'], 'tasks' | 'seeds' | 'claims' | 'arms'>,
  more: Partial<Manifest> = {},
): Manifest {
  const none = { rank: 0, label: 0, train: 0, evaluate: 0 };
  return {
    ...{ format: 1, status: 'finished', title: 'Q', why: 'Because.', question: 'Does it?' },
    config: { model: 'nano', modelSha256: 'aa', parameters: 1, backends: 'wasm and wasm', ...config },
    ...{ versions: {}, commit: null, devices: [], runs: [], failed: [] },
    totals: { seconds: none, tokens: none },
    ...more,
  };
}

function folder(options: Folder = {}): Measured {
  const { tasks = { a: '1' }, seeds = [1, 2, 3], learningRate = 0.004, more = 0 } = options;
  const { claims = [{ arm: 'soft', against: 'frozen', tasks: ['a'] }] } = options;
  const config = {
    ...{ model: 'nano', modelSha256: options.sha256 ?? 'aa', tasks, seeds, claims },
    arms: { soft: { method: 'soft', learningRate }, frozen: { method: 'frozen', learningRate } },
  };
  const study = studyOf(manifestWith(config, { title: options.title ?? 'Does it help?' }));
  const rows = Object.keys(tasks).flatMap((task) =>
    seeds.flatMap((seed) => [
      ...[0, 1].map((round) => score(task, 'soft', seed, round, 0.5 + 0.2 * round + 0.01 * seed + more)),
      ...[0, 1].map((round) => score(task, 'frozen', seed, round, 0.5 + 0.1 * round)),
    ]),
  );
  return { study, rows };
}

const pageOf = (...folders: readonly Measured[]): readonly string[] => mergeMeasured(folders).map(section);
const ten = Array.from({ length: 10 }, (_, i) => i + 1);

describe('folders of one experiment', () => {
  it('become one section with the tasks of all of them', () => {
    const [page = '', ...others] = pageOf(folder(), folder({ tasks: { b: '2' } }));
    expect(others).toEqual([]);
    expect(page.match(/^## /gm)).toHaveLength(1);
    expect(page.match(/^### .*$/gm)).toEqual(['### a (exact_match)', '### b (exact_match, exploratory)']);
  });

  it('become one section with the seeds of both in every table and claim', () => {
    const [page = ''] = pageOf(folder({ seeds: [1, 2] }), folder({ seeds: [2, 3] }));
    expect(page).toContain('Seeds 1, 2, 3 (exploratory);');
    expect(page).toMatch(/\| soft \|.*\| 3 \|$/m);
    expect(page).toContain('0.110, 0.120, 0.130');
  });

  it('say which seeds each task has where they differ', () => {
    const [page = ''] = pageOf(folder({ seeds: ten }), folder({ tasks: { b: '2', c: '3' }, seeds: [1, 2] }));
    const claimed = `${ten.join(', ')} (seeds fixed before the run) for a`;
    expect(page).toContain(`Seeds ${claimed}; 1, 2 (exploratory) for b, c;`);
  });

  it('do not call seeds fixed before the run that a later folder added', () => {
    const [page = ''] = pageOf(folder({ seeds: ten }), folder({ seeds: [11, 12] }));
    expect(page).toContain('11, 12 (seeds of several runs)');
  });

  it('make one claim of a claim that each makes of its own tasks', () => {
    const claimOf = (task: string) => [{ arm: 'soft', against: 'frozen', tasks: [task] }];
    const [page = ''] = pageOf(
      folder({ claims: claimOf('a') }),
      folder({ tasks: { b: '2' }, claims: claimOf('b') }),
    );
    expect(page.match(/Claim, written down/g)).toHaveLength(1);
    expect(page).toContain('Holm over 2 tasks, 2 of them measured');
    expect(page).not.toContain('exploratory)\n\n|');
  });

  it('give the same page as one folder that holds all of it', () => {
    const whole = folder({ tasks: { a: '1', b: '2' } });
    expect(pageOf(folder(), folder({ tasks: { b: '2' } }))).toEqual(pageOf(whole));
    expect(pageOf(whole, folder())).toEqual(pageOf(whole));
  });

  it.each<readonly [string, Folder, RegExp]>([
    ['another setting', { learningRate: 0.002 }, /learningRate of soft is 0\.004 in one and 0\.002/],
    ['other rows of a task', { tasks: { a: '9' } }, /the task a has other rows/],
    ['another value of a figure', { more: 0.1 }, /exact_match of a, seed 1, soft, round 0, test, zero-shot/],
  ])('are refused where they contradict each other: %s', (_name, other, message) => {
    expect(() => pageOf(folder(), folder(other))).toThrow(message);
    expect(() => pageOf(folder(), folder(other))).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('what run.json tells of its runs', () => {
  const withRuns = (more: Partial<Manifest>): Measured => {
    const { rows } = folder();
    const config = {
      ...{ tasks: { a: '1' }, seeds: [1, 2, 3], claims: [] },
      arms: { soft: { method: 'soft' }, frozen: { method: 'frozen' } },
    };
    return { study: studyOf(manifestWith(config, more)), rows };
  };
  const none = { rank: 0, label: 0, train: 0, evaluate: 0 };
  const run: Manifest['runs'][number] = {
    ...{ task: 'a', arm: 'soft', seed: 1, reason: 'all-rounds', bestRound: 1 },
    ...{ seconds: none, tokens: none },
  };
  const floorsOf = (majority: number, metric: MetricName = 'exact_match') => ({
    ...{ ...run, floors: { metric, chance: 0.25, majority, items: 100 } },
  });

  it('stands beside the scores: chance and the commonest answer, the mean over runs', () => {
    const [page = ''] = pageOf(withRuns({ runs: [floorsOf(0.3), floorsOf(0.4)] }));
    expect(page).toContain(
      '### a (exact_match)\n\nWithout any model: chance 0.250, majority 0.350.\n\n| arm',
    );
  });

  it('is the metric that scores are told by', () => {
    const [page = ''] = pageOf(withRuns({ runs: [floorsOf(0.3, 'rouge_l')] }));
    expect(page).toContain('### a (rouge_l)');
  });

  it('names the runs that failed, each with its reason', () => {
    const failed = [{ task: 'a', arm: 'soft', seed: 9, code: 'out-of-memory', message: 'No room.' }];
    const [page = ''] = pageOf(withRuns({ failed }));
    expect(page).toContain('Failed, so not in the table: soft, seed 9: out-of-memory: No room.');
  });

  it('is left out where an older version told none of it', () => {
    const [page = ''] = pageOf(withRuns({ runs: [run] }));
    expect(page).toContain('### a (exact_match)\n\n| arm');
  });
});

describe('run.json read back', () => {
  const root = new URL('../../docs/results/', import.meta.url);
  const published = readdirSync(root).filter((name) => existsSync(new URL(`${name}/run.json`, root)));
  it.each(published)('is that of before floors and endings were told too: %s', async (name) => {
    const { config, runs } = await readRunJson(fileURLToPath(new URL(name, root)));
    expect(Object.keys(config.tasks).length * config.seeds.length).toBeGreaterThan(0);
    expect(runs.length).toBeGreaterThan(0);
  });

  const whole = manifestWith({ ...{ tasks: { a: '1' }, seeds: [1], claims: [] }, arms: {} });
  it.each([
    ['a list', [], /no run\.json of an experiment: the value: expected an object/],
    ['no configuration', { ...whole, config: undefined }, /: config: missing/],
    [
      'a claim of no arm',
      { ...whole, config: { ...whole.config, claims: [{ arm: 1 }] } },
      /claims\[0\]\.arm/,
    ],
    ['a device of nobody', { ...whole, devices: [{ since: 'then' }] }, /devices\[0\]: .*the twin’s/],
    ['another format', { ...whole, format: 2 }, /format: expected 1, found 2/],
    ['figures that are none', { ...whole, totals: { seconds: {} } }, /totals\.seconds\.rank: missing/],
  ])('is refused with the place: %s', async (_name, value, said) => {
    const path = mkdtempSync(join(tmpdir(), 'results-'));
    writeFileSync(join(path, 'run.json'), JSON.stringify(value));
    await expect(readRunJson(path)).rejects.toThrow(said);
  });
});

describe('folders of two experiments', () => {
  it.each<readonly [string, Folder]>([
    ['by their titles', { title: 'Another question' }],
    ['by their models', { sha256: 'bb', learningRate: 0.002 }],
  ])('become two sections, told apart %s', (_name, other) => {
    expect(pageOf(folder(), folder(other))).toHaveLength(2);
  });
});

describe('rows read back', () => {
  const row = score('a', 'soft', 1, 0, 0.5);
  const folderWith = (lines: readonly unknown[]): string => {
    const path = mkdtempSync(join(tmpdir(), 'results-'));
    const config = { seeds: [1], claims: [], tasks: { a: '1' }, arms: {} };
    writeFileSync(join(path, 'run.json'), JSON.stringify(manifestWith(config)));
    writeFileSync(join(path, 'results.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    return path;
  };

  it('are all that were written, few-shot scores without demonstrations too', async () => {
    const rows = [row, { ...row, mode: NO_SHOTS }, { ...row, split: 'prompts', mode: null }];
    expect((await readMeasured(folderWith(rows))).rows).toEqual(rows);
  });

  it.each([
    [{ ...row, metric: 'exactness' }, 'row 2: metric: expected one of exact_match, '],
    [{ ...row, n: -1 }, 'row 2: n: expected a whole number >= 0, found -1'],
    [{ ...row, value: undefined }, 'row 2: value: missing'],
    [{ ...row, colour: 'red' }, 'row 2: colour: no such field'],
  ])('are refused where one is no row, with its place: %j', async (bad, said) => {
    await expect(readMeasured(folderWith([row, bad]))).rejects.toThrow(said);
  });
});

describe('the first screen', () => {
  const row = (page: string) => page.split('\n').find((line) => line.startsWith('| [')) ?? '';

  it('has a line for each claim, its tasks under their verdicts, and what had no claim', () => {
    const tasks = { a: '1', b: '2' };
    const claims = [{ arm: 'soft', against: 'frozen', tasks: ['a', 'b'] }];
    const page = glance([
      folder({ tasks, claims }),
      folder({ title: 'Quick looks', claims: [] }),
      // Every seed differs from the other arm by its own little: nothing is shown.
      folder({ title: 'Is it so?', claims, more: -0.12 }),
    ]);
    expect(page).toContain(
      '| asked | claim | on | shown | shown the other way | smaller than 0.03 | undecided |',
    );
    expect(row(page)).toMatch(
      /^\| \[Does it help\?\]\(#does-it-help\) \| soft above frozen \| nano, 3 seeds \| a \+0\.120 ± 0\.0\d\d; b \+0\.120 ± 0\.0\d\d \| – \| – \| – \| – \|$/,
    );
    expect(page).toMatch(/Is it so\?.* \| – \| – \| a \+0\.000 ± 0\.025 \| – \| b \|/);
    expect(page).toContain('Without a claim: [Quick looks](#quick-looks) (nano).');
  });

  it('tells a difference of nothing from one of arms that are never right', () => {
    const measured = folder({
      tasks: { a: '1', b: '2' },
      claims: [{ arm: 'soft', against: 'frozen', tasks: ['a', 'b'] }],
    });
    const rows = measured.rows.map((one) => ({ ...one, value: one.task === 'a' ? 0 : 0.5 }));
    expect(row(glance([{ ...measured, rows }]))).toContain(
      'a +0.000 ± 0.000 (nothing is ever right); b +0.000 ± 0.000 |',
    );
  });

  it('names a claimed task that was not run, and links to the second of two headings that are alike', () => {
    const claims = [{ arm: 'soft', against: 'frozen', tasks: ['a', 'b'] }];
    const page = glance([folder({ claims }), folder({ claims, sha256: 'bb' })]);
    expect(row(page)).toMatch(/\| a \+0\.120 ± 0\.0\d\d \| – \| – \| – \| b \|$/);
    expect(page).toContain('[Does it help?](#does-it-help-1)');
  });

  it('says that nothing was claimed', () => {
    expect(glance([folder({ claims: [] })])).toContain('Nothing was claimed.');
  });
});
