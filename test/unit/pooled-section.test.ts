/** @file Claims over several models and tasks as a section of docs/RESULTS.md, from folders of runs. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AskedSide, PooledClaim, PooledClaims } from '../../src/analysis/pooled.ts';
import { uniformAt } from '../../src/core/random.ts';
import { pooledSection, readPooled, studyPooled } from '../../tools/results/pooled.ts';

const sectionOf = async (file: PooledClaims): Promise<string> => pooledSection(await studyPooled(file));
const ITEMS = 40;
const SEEDS = [1, 2, 3, 4, 5, 6];
const side = (arm: string): AskedSide => ({ arm, round: 3, mode: 'zero-shot' });
const claim = (id: string, higher: string, than: string): PooledClaim => ({
  ...{ id, says: `${higher} over ${than}`, higher: side(higher), than: side(than) },
});

describe('their section', () => {
  const predictions = (shift: number): string =>
    ['soft', 'frozen']
      .flatMap((arm) =>
        SEEDS.flatMap((seed) =>
          Array.from({ length: ITEMS }, (_, i) =>
            JSON.stringify({
              ...{ task: 'sst2', arm, method: arm, seed, round: 3, split: 'test', mode: 'zero-shot' },
              ...{ item: `item-${i}`, answer: '', finished: true },
              correct: uniformAt(seed, i) < (arm === 'soft' ? 0.5 + shift : 0.5),
            }),
          ),
        ),
      )
      .join('\n');
  const account = (seed: number, majority: number | null) => ({
    ...{ task: 'sst2', arm: 'soft', seed, reason: null, bestRound: null },
    floors: { metric: 'exact_match', items: ITEMS, chance: 0.5, majority },
    seconds: { rank: 0, label: 0, train: 0, evaluate: 0 },
    tokens: { rank: 0, label: 0, train: 0, evaluate: 0 },
  });
  const manifest = (
    model: string,
    arms: object = { soft: { method: 'soft' } },
    majority: number | null = 0.6,
  ): string =>
    JSON.stringify({
      ...{ format: 1, status: 'finished', title: 'Q', why: 'Because.', question: 'Does it?' },
      config: {
        ...{ model, modelSha256: model, parameters: 1, tasks: { sst2: '1' }, seeds: SEEDS, claims: [] },
        ...{ arms, backends: 'cpu' },
      },
      ...{ versions: {}, commit: null, devices: [], failed: [] },
      runs: SEEDS.map((seed) => account(seed, majority)),
      totals: {
        seconds: { rank: 0, label: 0, train: 0, evaluate: 0 },
        tokens: { rank: 0, label: 0, train: 0, evaluate: 0 },
      },
    });
  function folderOf(model: string, shift: number, isGzipped: boolean): string {
    const folder = mkdtempSync(join(tmpdir(), 'pooled-'));
    writeFileSync(join(folder, 'run.json'), manifest(model));
    const text = predictions(shift);
    if (isGzipped) writeFileSync(join(folder, 'predictions.jsonl.gz'), gzipSync(text));
    else writeFileSync(join(folder, 'predictions.jsonl'), text);
    return folder;
  }
  const claims = [{ ...claim('b', 'soft', 'frozen'), says: 'A teacher that improves helps' }];

  it('reads plain and gzipped answers, a cell for each model with a task', async () => {
    const folders = [folderOf('one', 0.3, false), folderOf('two', 0.2, true)];
    const page = await sectionOf({ title: 'Real', folders, claims });
    expect(page).toMatch(
      /\| \(b\) A teacher that improves helps \| soft, round 3, zero-shot \| frozen, round 3, zero-shot \| \+0\.2\d\d .* \| 0\.001 \| 2, 12 \| \*\*shown\*\* \|/,
    );
    expect(page).toContain('sst2 on one | sst2 on two |');
    expect(page).toMatch(/\| \(b\) \| \+0\.\d{3} \(.*\), 6 seeds \| \+0\.\d{3} \(.*\), 6 seeds \|/);
  });

  it('says what was planned, with how many seeds and why it ended, and what has to be known beside the verdicts', async () => {
    const folders = [folderOf('one', 0.3, false)];
    const page = async (planned: NonNullable<PooledClaims['planned']>) =>
      sectionOf({ title: 'Real', folders, claims, planned, beside: 'Both cells carry it.' });
    const waiting = await page({ cells: 1, seeds: 8 });
    expect(waiting).toContain(
      'Verdicts wait for what was planned, 1 cell and 8 seeds; before, all is _undecided_',
    );
    expect(waiting).toMatch(/\| – \| 1, 6 \| \*\*undecided\*\* \|/);
    const ended = await page({ cells: 1, seeds: 8, ended: { seeds: 6, because: 'the hours were spent.' } });
    expect(ended).toContain(
      'Planned were 1 cell and 8 seeds; **the work ended with 6 seeds**: the hours were spent.',
    );
    expect(ended).toMatch(/\| 1, 6 \| \*\*shown\*\* \|/);
    expect(ended).toContain('\n\nBoth cells carry it.\n\n');
  });

  it('joins folders of one model and task, and reads the claim of another kind from their results', async () => {
    const folders = [folderOf('one', 0.3, false), folderOf('one', 0.2, false)];
    const [soft, other] = folders;
    // Each folder has an arm that the other lacks, and a rise of few-shot accuracy that its labels follow.
    const only = (arm: string, from: string) => {
      const path = join(from, 'predictions.jsonl');
      const lines = readFileSync(path, 'utf8').split('\n');
      writeFileSync(path, lines.filter((line) => line.includes(`"arm":"${arm}"`)).join('\n'));
    };
    only('soft', soft ?? '');
    only('frozen', other ?? '');
    const figures = { split: 'test', mode: 'few-shot', metric: 'exact_match' } as const;
    const labels = { split: 'prompts', mode: null, metric: 'self_label_accuracy' } as const;
    for (const folder of folders) {
      const rows = SEEDS.flatMap((seed) =>
        [
          { ...figures, round: 0, value: 0.5 },
          { ...figures, round: 1, value: 0.5 + seed / 100 },
          { ...labels, round: 1, value: 0.6 },
          { ...labels, round: 3, value: 0.6 + seed / 50 },
        ].map((row) =>
          JSON.stringify({ model: 'one', task: 'sst2', arm: 'soft', method: 'soft', seed, n: 40, ...row }),
        ),
      );
      writeFileSync(join(folder, 'results.jsonl'), folder === soft ? rows.join('\n') : '');
    }
    const foretelling = {
      ...{ id: 'g', says: 'One foretells the other', arms: ['soft'] },
      ...{ before: { ...figures, round: 1, less: 0 }, after: { ...labels, round: 3, less: 1 } },
    };
    const page = await sectionOf({ title: 'Real', folders, claims, foretelling });
    expect(page).toMatch(/\| 1, 6 \| \*\*shown\*\* \|/);
    expect(page).toContain('exact_match (test, few-shot) of round 1 less that of the base ranks');
    expect(page).toMatch(/ρ \+1\.000 .* 6 runs in 1 cell: \*\*shown\*\*/);
    // Of no seed both arms have run: what is stopped in the middle is not told.
    const both = { ...foretelling, arms: ['soft', 'soft-mixed'] };
    const stopped = await sectionOf({ title: 'Real', folders, claims, foretelling: both });
    expect(stopped).toMatch(/ranks self_label_accuracy .*: \*\*not run\*\*\./);
  });

  describe('of ways of asking the base that train nothing', () => {
    const FEW = ITEMS / 2;
    const DECODINGS = ['constrained', 'calibrated', 'aligned'];
    const told = async (folder: string, draws: string, floors: readonly string[] = [choosing()]) => {
      const untrained = { student: side('soft'), draws: [draws], floors };
      return sectionOf({ title: 'Real', folders: [folder], claims, untrained });
    };
    const asked = (seed: number, mode: string, items: number) =>
      Array.from({ length: items }, (_, i) =>
        JSON.stringify({
          ...{ task: 'sst2', arm: 'soft', method: 'soft', seed, round: 0, split: 'test', mode },
          ...{ item: `item-${i}`, answer: '', finished: true, correct: false },
        }),
      );
    const scored = (mode: string, metric: string, seed: number, value: number, more = {}) =>
      JSON.stringify({
        ...{ model: 'one', task: 'sst2', arm: 'soft', method: 'soft', seed, round: 0 },
        ...{ split: 'test', mode, metric, value, n: ITEMS },
        ...more,
      });
    const MEASURED = [
      ['zero-shot', 'exact_match', 0.2],
      ['zero-shot', 'constrained_accuracy', 0.4],
      ['zero-shot', 'calibrated_accuracy', 0.45],
      ['few-shot', 'exact_match', 0.5],
    ] as const;
    /** Arms of icl that chose among the labels: right on the first items; one more than is asked for, and a seed too many. */
    function choosing(right: readonly number[] = [0.2, 0.3, 0.4], seeds: readonly number[] = SEEDS): string {
      const floors = mkdtempSync(join(tmpdir(), 'floors-'));
      const arms = Object.fromEntries(
        [...DECODINGS, 'greedy'].map((decoding) => [`icl-${decoding}`, { method: 'icl', decoding }]),
      );
      writeFileSync(join(floors, 'run.json'), manifest('one', arms));
      const rows = [...DECODINGS, 'greedy'].flatMap((decoding, d) =>
        [...seeds, 999].flatMap((seed) =>
          Array.from({ length: FEW }, (_, i) => ({
            ...{ task: 'sst2', arm: `icl-${decoding}`, method: 'icl', seed, round: 0, split: 'test' },
            ...{ mode: 'few-shot', item: `item-${i}`, answer: '', finished: true },
            correct: seed !== 999 && i < (right[d] ?? 1) * FEW,
          })),
        ),
      );
      writeFileSync(join(floors, 'predictions.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
      return floors;
    }
    /** A student that is right on all but the last quarter of the items; few-shot was asked of the first half. */
    function studied(measured: readonly (readonly [string, string, number])[] = MEASURED): string {
      const folder = folderOf('one', 0.3, false);
      const student = SEEDS.flatMap((seed) =>
        Array.from({ length: ITEMS }, (_, i) =>
          JSON.stringify({
            ...{
              task: 'sst2',
              arm: 'soft',
              method: 'soft',
              seed,
              round: 3,
              split: 'test',
              mode: 'zero-shot',
            },
            ...{ item: `item-${i}`, answer: '', finished: true, correct: i < 0.75 * ITEMS },
          }),
        ),
      );
      const base = SEEDS.flatMap((seed) => [
        ...asked(seed, 'zero-shot', ITEMS),
        ...asked(seed, 'few-shot', FEW),
      ]);
      writeFileSync(join(folder, 'predictions.jsonl'), [...student, ...base].join('\n'));
      const rows = measured.flatMap(([mode, metric, value]) =>
        SEEDS.flatMap((seed) => [
          scored(mode, metric, seed, value),
          scored('zero-shot', 'constrained_accuracy', seed, 0.8, { round: 3 }),
          // Of another arm, round, split or seed: none of them is what the student is held against.
          scored(mode, metric, seed, 0.99, { arm: 'other' }),
          scored(mode, metric, seed, 0.99, { round: 1 }),
          scored(mode, metric, seed, 0.99, { split: 'probe' }),
          scored(mode, metric, 100 + seed, 0.99),
        ]),
      );
      writeFileSync(join(folder, 'results.jsonl'), rows.join('\n'));
      return folder;
    }
    /** Of three draws, two are right on every item, or on none. */
    function voting(isRight: boolean, items = ITEMS, task = '1'): string {
      const draws = mkdtempSync(join(tmpdir(), 'draws-'));
      writeFileSync(join(draws, 'run.json'), manifest('one').replace('"sst2":"1"', `"sst2":"${task}"`));
      const answers = (round: number, correct: boolean, seed: number) =>
        Array.from({ length: items }, (_, i) =>
          JSON.stringify({
            ...{ task: 'sst2', arm: 'icl', method: 'icl', seed, round, split: 'test', mode: 'few-shot' },
            ...{ item: `item-${i}`, answer: correct ? 'yes' : 'no', finished: true, correct },
          }),
        );
      const rows = [isRight, !isRight, isRight].flatMap((correct, seed) => answers(0, correct, seed));
      // Of a trained round: that does not vote.
      const trained = [1, 2, 3].flatMap((seed) => answers(1, !isRight, seed));
      writeFileSync(join(draws, 'predictions.jsonl'), [...rows, ...trained].join('\n'));
      return draws;
    }

    it('compares the student on the same seeds and items, and says where it is above all of them', async () => {
      const won = await told(studied(), voting(false));
      expect(won).toContain('| zero-shot | 0.20 (+0.550) |');
      expect(won).toContain('| always the commonest label of these items | 0.60 (+0.150) |');
      // Asked of the half on which the student is always right.
      expect(won).toContain('| few-shot | 0.50 (+0.500) |');
      expect(won).toContain('| few-shot, the vote of several draws | 0.00 (+0.750, 3 draws) |');
      expect(won).toContain('| few-shot, among the labels | 0.20 (+0.800) |');
      expect(won).toContain('| few-shot, among the labels, calibrated | 0.30 (+0.700) |');
      expect(won).toContain("aligned with the pool's shares | 0.40 (+0.600) |");
      expect(won).toContain('| **soft, round 3, zero-shot** | **0.75** |');
      expect(won).toContain('| soft, round 3, zero-shot, among the labels | 0.80 |');
      expect(won).toMatch(/above all of them in the mean \| yes \|/);
      expect(won).toContain('in 1 of 1 cells');
      const lost = await told(studied(), voting(true));
      expect(lost).toContain('| few-shot, the vote of several draws | 1.00 (−0.250, 3 draws) |');
      expect(lost).toMatch(/above all of them in the mean \| no \|/);
      expect(lost).toContain('in 0 of 1 cells');
      const common = studied();
      writeFileSync(join(common, 'run.json'), manifest('one', undefined, 0.75));
      const beaten = await told(common, voting(false));
      expect(beaten).toContain('| always the commonest label of these items | 0.75 (+0.000) |');
      expect(beaten).toMatch(/above all of them in the mean \| no \|/);
      const level = await told(studied(), voting(false), [choosing([0.2, 1, 0.4])]);
      expect(level).toContain('calibrated | 1.00 (+0.000) |');
      expect(level).toMatch(/above all of them in the mean \| no \|/);
    });

    it.each([
      ['a way that was not measured', () => studied(MEASURED.slice(1)), () => voting(false), choosing],
      ['an item that was not voted on', () => studied(), () => voting(false, ITEMS - 1), choosing],
      ['draws of a task with other rows', () => studied(), () => voting(false, ITEMS, '2'), choosing],
      [
        'labels that were not chosen in every seed',
        () => studied(),
        () => voting(false),
        () => choosing([0.2], SEEDS.slice(1)),
      ],
    ])('does not count %s as one that is beaten', async (_, folder, draws, floors) => {
      const page = await told(folder(), draws(), [floors()]);
      expect(page).toContain('not measured');
      expect(page).toMatch(/above all of them in the mean \| not known \|/);
      expect(page).toContain('in 0 of 1 cells');
    });

    it('refuses labels that two arms chose by one decoding', async () => {
      const floors = choosing();
      const path = join(floors, 'predictions.jsonl');
      writeFileSync(path, `${readFileSync(path, 'utf8')}\n${readFileSync(path, 'utf8')}`);
      await expect(told(studied(), voting(false), [floors])).rejects.toThrow(
        'item-0 of sst2, seed 1, was chosen twice by decoding constrained',
      );
    });

    it('names a folder of draws without answers', async () => {
      const empty = mkdtempSync(join(tmpdir(), 'draws-'));
      writeFileSync(join(empty, 'run.json'), manifest('one'));
      await expect(told(studied(), empty)).rejects.toThrow(`${empty} has no predictions.jsonl`);
    });
  });

  it('names a folder without answers, and a line that is none', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'pooled-'));
    await expect(sectionOf({ title: 'Real', folders: [empty], claims })).rejects.toThrow(
      `${empty} has no predictions.jsonl, nor one that is gzipped.`,
    );
    const broken = folderOf('one', 0.3, false);
    writeFileSync(
      join(broken, 'predictions.jsonl'),
      `${predictions(0.3).split('\n')[0] ?? ''}\n{"task": 1}\n`,
    );
    await expect(sectionOf({ title: 'Real', folders: [broken], claims })).rejects.toThrow('line 2');
    const damaged = folderOf('one', 0.3, true);
    writeFileSync(join(damaged, 'predictions.jsonl.gz'), gzipSync(predictions(0.3)).subarray(0, 200));
    await expect(sectionOf({ title: 'Real', folders: [damaged], claims })).rejects.toThrow();
  });

  it('is asked for by the shipped file of claims', async () => {
    const file = await readPooled('docs/results/real-claims.json');
    expect(file.claims.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'g1', 'g2']);
  });
});
