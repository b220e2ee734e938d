/**
 * @file `npm test`: every check of the project in turn. Each step's output is kept and shown only where it fails;
 * one line per step and a last line "N passed, N failed" say how it went.
 */
import { spawnSync } from 'node:child_process';

const STEPS = [
  ['types', 'test:types'],
  ['lint', 'test:lint'],
  ['format', 'test:format'],
  ['architecture', 'test:architecture'],
  ['dead code', 'test:dead'],
  ['unit, golden and protocol tests', 'test:unit'],
  ['browser tests', 'test:browser'],
] as const;

/** Vitest's own count, e.g. "(412 passed)", so that the line says more than yes or no. */
function testCount(output: string): string {
  // eslint-disable-next-line no-control-regex -- vitest colours its summary
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  const match = /^\s*Tests\s+(.*)$/m.exec(plain);
  return match?.[1] === undefined ? '' : `: ${match[1].trim()}`;
}

let failed = 0;
for (const [name, script] of STEPS) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const isGood = status === 0;
  if (!isGood) {
    failed++;
    process.stdout.write(`${stdout}${stderr}\n`);
  }
  process.stdout.write(`${isGood ? 'ok    ' : 'FAILED'}  ${name}${testCount(stdout)} (${seconds} s)\n`);
}
process.stdout.write(`${STEPS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
