/** @file `npm run golden -- FAMILY ...`: golden fixtures of model families by transformers and peft (python/golden.py). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findPython } from './pretrain/python.ts';

const script = fileURLToPath(new URL('../python/golden.py', import.meta.url));
try {
  const { status } = spawnSync(findPython(), [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
