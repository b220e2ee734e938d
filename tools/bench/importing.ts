/**
 * @file An import's time and peak of memory at ten thousand, a hundred thousand and a million rows of CSV: from the file's bytes
 * to the task, by the importer that page and command line use.
 */
import { spawnSync } from 'node:child_process';

const ROWS = [10_000, 100_000, 1_000_000];

export function benchImport(): readonly unknown[] {
  return ROWS.map((rows): unknown => {
    const args = [...process.execArgv, 'tools/bench/import-rows.ts', String(rows)];
    const { stdout, status } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`The import of ${rows} rows failed.`);
    return JSON.parse(stdout);
  });
}
