/**
 * @file `npm test`: every check of the project in turn. Each step's output is kept and shown only where it fails;
 * one line per step and a last line "N passed, N failed" say how it went.
 */
import { spawnSync } from 'node:child_process';
import { findChromium } from './chromium.ts';
import { softwareGpuEnvironment } from './node-gpu.ts';

const STEPS = [
  ['types', 'test:types'],
  ['lint', 'test:lint'],
  ['format', 'test:format'],
  ['architecture', 'test:architecture'],
  ['dead code', 'test:dead'],
  ['unit, golden and protocol tests', 'test:unit'],
  ['browser tests', 'test:browser'],
] as const;

/** Vitest's own count, e.g. "412 passed | 3 skipped (415)", so that the line says more than yes or no. */
function testCount(output: string): string {
  const match = /^\s*Tests\s+(.*)$/m.exec(output);
  return match?.[1] === undefined ? '' : `: ${match[1].trim()}`;
}

/** What tests print for people although they pass: a skip that should be seen. */
const notices = (output: string): string[] => output.split('\n').filter((line) => line.startsWith('SKIPPED'));

/** Chromium first: the browser tests need it, and its SwiftShader is the unit tests' GPU. */
function environment(): NodeJS.ProcessEnv {
  const software = softwareGpuEnvironment(findChromium());
  if (Object.keys(software).length === 0) {
    process.stdout.write(
      'SKIPPED where Node finds no Vulkan driver: unit tests on WebGPU (no SwiftShader here).\n',
    );
  }
  return { ...process.env, NO_COLOR: '1', ...software };
}

function runSteps(env: NodeJS.ProcessEnv): number {
  let failed = 0;
  for (const [name, script] of STEPS) {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], {
      encoding: 'utf8',
      env,
      maxBuffer: 1 << 28,
      shell: process.platform === 'win32',
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const isGood = status === 0;
    if (!isGood) failed++;
    for (const line of isGood ? notices(stdout + stderr) : [stdout, stderr])
      process.stdout.write(`${line}\n`);
    process.stdout.write(`${isGood ? 'ok    ' : 'FAILED'}  ${name}${testCount(stdout)} (${seconds} s)\n`);
  }
  return failed;
}

try {
  const failed = runSteps(environment());
  process.stdout.write(`${STEPS.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
