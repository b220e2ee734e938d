/**
 * @file A table of one's own to a finished run, by the commands of docs/YOUR-DATA.md on nano; and on a real model, by
 * commands and in the page, where REAL_MODEL names its folder in the Hub's layout (and REAL_TABLE a CSV of 300 rows;
 * REAL_SIZES the run in the page, as in an address).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readResultRows, readRunJson } from '../../tools/read-json.ts';
import { outcomeOf } from '../../tools/results/readiness-row.ts';
import { ownTable } from './own-table.ts';
import { openPage } from './pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const NANO = join(ROOT, 'public/models/nano');
const { REAL_MODEL, REAL_TABLE } = process.env;
/** On a real model another table, where one is named. */
const realTable = () => (REAL_TABLE === undefined ? ownTable() : readFile(REAL_TABLE));
if (REAL_MODEL === undefined)
  console.log('SKIPPED a real model: REAL_MODEL names no folder in the Hub’s layout');
/** Of a real model on wasm: minutes on a quiet machine, an hour on one that others use. */
const PATIENCE_MS = 5_400_000;

const run = promisify(execFile);

/** A command of the lab, called in `folder`. */
async function command(folder: string, name: string, ...args: readonly string[]) {
  const argv = ['--import', 'tsx', join(ROOT, 'tools', `${name}.ts`), ...args];
  const env = { ...process.env, INIT_CWD: folder };
  try {
    const { stdout } = await run(process.execPath, argv, { cwd: ROOT, env });
    return { code: 0, text: stdout };
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown) || !('stdout' in thrown)) throw thrown;
    return { code: Number(thrown.code), text: String(thrown.stdout) };
  }
}

/** Import, look beforehand with the sizes that the look names, run: the word, and what then happened. */
async function chain(model: string, table: Buffer, more: Readonly<Record<string, number>>) {
  const folder = await mkdtemp(join(tmpdir(), 'own-'));
  await writeFile(join(folder, 'notes.csv'), table);
  const imported = await command(folder, 'import-task', 'notes.csv', '--out', 'notes', '--model', model);
  expect(imported.code).toBe(0);
  expect(imported.text).toMatch(/^rows: 300 in, \d+ out$/m);

  const look = (...set: readonly string[]) => command(folder, 'readiness', 'notes', '--model', model, ...set);
  const knobs = Object.entries(more).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const tooLarge = await look('--items', '4');
  expect(tooLarge.code).toBe(1);
  const [, rounds, promptsPerRound] = (
    /remedy: \d rounds of \d+ \(--set rounds=(\d+) --set promptsPerRound=(\d+)\)/.exec(tooLarge.text) ?? []
  ).map(Number);
  const sizes = { rounds, promptsPerRound, ...more };
  const fitting = await look(
    '--set',
    `rounds=${rounds}`,
    '--set',
    `promptsPerRound=${promptsPerRound}`,
    ...knobs,
  );
  const word = /^readiness: (.+)$/m.exec(fitting.text)?.[1];
  expect(fitting.text).not.toContain('(sizes)');

  const file = {
    ...{ title: 'Notes', question: 'What do they come to?', model, tasks: ['./notes'], seeds: [1] },
    shared: { ...sizes, fewShotItems: 0, validationItems: 0, probeItems: 0, constrained: false },
    arms: [{ name: 'soft', method: 'soft' }],
  };
  await writeFile(join(folder, 'notes.json'), JSON.stringify(file));
  const ran = await command(folder, 'experiment', 'notes.json', '--out', 'run', '--backend', 'wasm');
  expect(ran.code, ran.text).toBe(0);
  const out = join(folder, 'run');
  const outcome = outcomeOf(
    await readResultRows(out),
    { task: 'notes', arm: 'soft', seed: 1 },
    await readRunJson(out),
  );
  console.log(
    `${basename(model)}, by commands: ${word} (${fitting.code}); ${JSON.stringify({ ...sizes, ...outcome })}`,
  );
  return { code: fitting.code, word, outcome };
}

describe('a table of two columns and 300 rows, by commands', () => {
  it('on nano: too large at first, ready in the sizes named, and the run rises as was said', async () => {
    const { code, word, outcome } = await chain(NANO, await ownTable(), {});
    expect([code, word]).toEqual([0, 'ready']);
    expect(outcome).toMatchObject({ happened: 'rose', items: 75 });
  });

  it.skipIf(REAL_MODEL === undefined)(
    'on a real model: a word before, and a run to its end',
    async () => {
      const small = { rounds: 2, promptsPerRound: 16, demonstrations: 4, epochs: 2, testItems: 32 };
      const { word, outcome } = await chain(REAL_MODEL ?? '', await realTable(), small);
      expect(['ready', 'doubtful', 'not ready']).toContain(word);
      expect(outcome).toMatchObject({ items: 32 });
    },
    PATIENCE_MS,
  );
});

describe.skipIf(REAL_MODEL === undefined)(
  'a table of two columns and 300 rows, in the page on a real model',
  () => {
    it(
      'opens its folder, says a word on few rows and refines it, and the run ends',
      async () => {
        const { REAL_SIZES = 'rounds=2&promptsPerRound=16&demonstrations=4&epochs=2&testItems=32' } =
          process.env;
        const only = 'fewShotItems=0&validationItems=0&probeItems=0&constrained=false';
        const opened = await openPage({
          file: `#/data?v=2&arms=soft&${REAL_SIZES}&${only}`,
          // Minutes of one kernel: here the optimizing compiler pays, and it is what people have.
          args: ['--js-flags=--no-liftoff-only'],
        });
        const { page } = opened;
        const told: string[] = [];
        const since = (from: number) => `${((Date.now() - from) / 1000).toFixed(0)} s`;
        await page.getByRole('option', { name: 'Load a model' }).first().click();
        const chooser = page.waitForEvent('filechooser');
        await page.getByRole('button', { name: 'Choose a folder' }).click();
        const loading = Date.now();
        await (await chooser).setFiles(REAL_MODEL ?? '');
        await page.getByRole('option', { name: 'Import a task' }).first().click();
        const file = { name: 'notes.csv', mimeType: 'text/csv', buffer: await realTable() };
        await page.locator('input[type=file]').first().setInputFiles(file);
        await page
          .getByText(new RegExp(`^Rows that fit the [\\d,]+ tokens of ${basename(REAL_MODEL ?? '')}: `))
          .waitFor({ timeout: PATIENCE_MS });
        told.push(`loaded after ${since(loading)}`);
        await page.getByRole('button', { name: 'Import and use' }).click();
        await page.getByRole('button', { name: 'In use', exact: true }).waitFor();
        await page.getByRole('tab', { name: 'Run' }).click();

        const looking = Date.now();
        await page.getByRole('button', { name: 'Check first' }).click();
        const title = page.locator('#check-title');
        const first = /^So far, on \d+ rows: a run (can|may not|cannot) work$/;
        await expect.poll(() => title.innerText(), { timeout: PATIENCE_MS }).toMatch(first);
        told.push(`${await title.innerText()} after ${since(looking)}`);
        await expect.poll(() => title.innerText(), { timeout: PATIENCE_MS }).toMatch(/^A run /);
        const before = await title.innerText();
        const figures = await page.locator('.check').innerText();
        expect(figures).toMatch(/Rows asked\s+16\s+16/);
        told.push(`${before} after ${since(looking)}`, figures.replaceAll('\n', ' | '));

        const running = Date.now();
        await page.getByRole('button', { name: 'Run', exact: true }).click();
        await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE_MS });
        const headline = await page.locator('.headline').innerText();
        told.push(`run ended after ${since(running)}: ${headline.replaceAll('\n', ' | ')}`);
        expect(headline).toMatch(/SOFT/);
        expect(await title.innerText()).toBe(before);
        console.log(`${basename(REAL_MODEL ?? '')}, in the page: ${told.join('; ')}`);
        expect(opened.strayRequests).toEqual([]);
        await opened.close();
      },
      3 * PATIENCE_MS,
    );
  },
);
