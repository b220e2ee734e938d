/** @file npm run readiness on nano: a bundled task, and one whose labels it cannot say. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTask } from '../../src/formats/task-folder.ts';
import { nodeSource } from '../../tools/node-source.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readiness-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function tool(name: string, args: readonly string[]) {
  const argv = ['--import', 'tsx', join(ROOT, 'tools', name), ...args];
  try {
    const { stdout } = await run(process.execPath, argv, { cwd: ROOT });
    return { code: 0, text: stdout };
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown) || !('stdout' in thrown)) throw thrown;
    return { code: thrown.code, text: String(thrown.stdout) };
  }
}
const command = (...args: readonly string[]) => tool('readiness.ts', args);
const NANO = ['--model', join(ROOT, 'public/models/nano')];
const TOPICS = join(ROOT, 'public/icl-pool/topic-4');

/** The bundled task with other labels. */
async function renamed(names: Readonly<Record<string, string>>): Promise<string> {
  const made = join(folder, 'renamed');
  await cp(TOPICS, made, { recursive: true });
  for (const file of await readdir(made)) {
    let text = await readFile(join(made, file), 'utf8');
    for (const [label, name] of Object.entries(names)) text = text.replaceAll(`"${label}"`, `"${name}"`);
    await writeFile(join(made, file), text);
  }
  return made;
}

it('finds a bundled task ready', async () => {
  const { code, text } = await command(TOPICS, ...NANO);
  expect(code).toBe(0);
  expect(text).toMatch(/^readiness: ready\nfew-shot: 0\.\d\d right/);
  expect(text).toMatch(/\nzero-shot: /);
});

it('finds a task whose labels nano cannot say not ready, with remedies, and rounds that do not fit', async () => {
  const { labels } = (await readTask(nodeSource(TOPICS))).definition;
  const names = Object.fromEntries(labels.map((label, i) => [label, `Kategorie-${i}-Ψ`]));
  const { code, text } = await command(
    await renamed(names),
    ...NANO,
    ...['--set', 'rounds=8', '--set', 'promptsPerRound=512', '--json'],
  );
  expect(code).toBe(1);
  const found: unknown = JSON.parse(text);
  expect(found).toMatchObject({ word: 'not ready' });
  expect(text).toContain('"code":"sizes"');
  expect(text).toMatch(/"code":"(no-label|too-long)"/);
  // Names that say nothing to it: the likeliest of them is no remedy.
  expect(text).toMatch(/The likeliest label is right in 0\.\d\d, no better than guessing/);
  expect(text).toContain('"kind":"labels"');
  expect(text).not.toContain('"decoding":"constrained"');
});

it('the import tells how many rows fit the model', async () => {
  const file = join(folder, 'notes.csv');
  const rows = Array.from({ length: 300 }, (_, i) => {
    const long = i % 10 === 0 ? ' and again a word'.repeat(110) : '';
    return `note ${i} on ${i % 2 === 0 ? 'rain' : 'football'}${long},${i % 2 === 0 ? 'weather' : 'sport'}`;
  });
  await writeFile(file, ['text,label', ...rows].join('\n'));
  const { code, text } = await tool('import-task.ts', [file, '--preview', ...NANO]);
  expect(code).toBe(0);
  const told = [...text.matchAll(/^fit \d+ tokens: (\d+) of (\d+) (\w+) rows$/gm)];
  expect(told.map(([, , , split]) => split)).toEqual(['pool', 'prompts', 'validation', 'probe', 'test']);
  const [fit, all] = [1, 2].map((part) => told.reduce((sum, found) => sum + Number(found[part]), 0));
  expect([fit, all]).toEqual([270, 300]);
});
