/** @file npm run import-task: what it writes, and what it refuses to write over. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readTask } from '../../src/formats/task-folder.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { reviews } from './import-fixtures.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

async function command(folder: string, ...args: readonly string[]) {
  const argv = ['--import', 'tsx', join(ROOT, 'tools/import-task.ts'), ...args];
  try {
    // Paths are meant from where npm was called.
    const { stdout } = await run(process.execPath, argv, {
      cwd: ROOT,
      env: { ...process.env, INIT_CWD: folder },
    });
    return { code: 0, text: stdout };
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown) || !('stderr' in thrown)) throw thrown;
    return { code: thrown.code, text: String(thrown.stderr) };
  }
}

it('import-task writes a task folder and its report, and never over another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  await writeFile(join(folder, 'films.tsv'), reviews('', 100).bytes);
  const args = ['films.tsv', '--label-names', '0=bad,1=good', '--out', 'made'];

  expect(await command(folder, ...args, '--preview')).toMatchObject({ code: 0 });
  expect(await readdir(folder)).toEqual(['films.tsv']);

  const written = await command(folder, ...args);
  expect(written.code).toBe(0);
  expect(written.text).toContain('task films: classification');
  const task = await readTask(nodeSource(join(folder, 'made')));
  expect(task.definition.labels).toEqual(['bad', 'good']);
  expect(JSON.parse(await readFile(join(folder, 'made/import.json'), 'utf8'))).toHaveProperty('rejected', []);

  const again = await command(folder, ...args);
  expect(again.code).toBe(2);
  expect(again.text).toContain('made is not empty');
});

it('goes on with its work where nobody reads along any more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  await writeFile(join(folder, 'films.tsv'), reviews('', 100).bytes);
  const argv = ['--import', 'tsx', join(ROOT, 'tools/import-task.ts'), 'films.tsv', '--out', 'made'];
  const child = spawn(process.execPath, argv, { cwd: ROOT, env: { ...process.env, INIT_CWD: folder } });
  child.stdout.destroy();
  const said: string[] = [];
  child.stderr.on('data', (text: unknown) => said.push(String(text)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect([code, said]).toEqual([0, []]);
  expect(await readdir(join(folder, 'made'))).toContain('task.json');
});

it('import-task says what is wrong and how to go on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  await writeFile(join(folder, 'few.tsv'), reviews('', 8).bytes);
  const refused = await command(folder, 'few.tsv', '--out', 'made');
  expect(refused.code).toBe(2);
  expect(refused.text).toContain('Too few rows');
  expect((await command(folder, 'none.tsv', '--out', 'made')).text).toContain('none.tsv cannot be read');
  expect((await command(folder, 'few.tsv')).text).toContain('--out DIR');
  expect((await command(folder, 'few.tsv', '--label-name', 'x')).text).toContain('--help');
  expect(await readdir(folder)).toEqual(['few.tsv']);
});
