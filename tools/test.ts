/**
 * @file `npm test`: every check of the project. Each step's output is kept and shown only where it fails; one line per
 * step and a last line "N passed, N failed" say how it went.
 */
import { spawn } from 'node:child_process';
import { findChromium } from './chromium.ts';
import { softwareGpuEnvironment } from './node-gpu.ts';

const MOST_NAMED = 8;

type Step = readonly [name: string, script: string];

/** Of one thread each: two at a time. */
const QUICK: readonly Step[] = [
  ['lint', 'test:lint'],
  ['types', 'test:types'],
  ['format', 'test:format'],
  ['architecture', 'test:architecture'],
  ['dead code', 'test:dead'],
];
/** They take all cores: one after the other. */
const TESTS: readonly Step[] = [
  ['unit, golden and protocol tests', 'test:unit'],
  ['browser tests', 'test:browser'],
];

/** Vitest's own count, e.g. "412 passed | 3 skipped (415)", so that the line says more than yes or no. */
function testCount(output: string): string {
  const match = /^\s*Tests\s+(.*)$/m.exec(output);
  return match?.[1] === undefined ? '' : `: ${match[1].trim()}`;
}

/** Files of tests that took longest, so that it is seen where the time goes; '' of steps without any. */
function slowest(output: string): string {
  const files = [...output.matchAll(/^\s*✓ (\S+) \(.*\)\s+(\d+)ms$/gm)].map(([, file = '', ms]) => ({
    name:
      file
        .split('/')
        .at(-1)
        ?.replace(/\.test\.ts$/, '') ?? file,
    seconds: Math.round(Number(ms) / 1000),
  }));
  const top = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST_NAMED);
  return top.length === 0
    ? ''
    : `; longest ${top.map(({ name, seconds }) => `${name} ${seconds}`).join(', ')}`;
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

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    child.on('error', ({ message }) => {
      resolve({ status: null, ...said, stderr: `${said.stderr}${message}\n` });
    });
    child.on('close', (status) => {
      resolve({ status, ...said });
    });
  });
}

/** Whether the step passed. */
async function runStep([name, script]: Step, env: NodeJS.ProcessEnv): Promise<boolean> {
  const started = performance.now();
  const { status, stdout, stderr } = await run(script, env);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const isGood = status === 0;
  for (const line of isGood ? notices(stdout + stderr) : [stdout, stderr]) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `${isGood ? 'ok    ' : 'FAILED'}  ${name}${testCount(stdout)} (${seconds} s${slowest(stdout)})\n`,
  );
  return isGood;
}

/** How many failed. */
async function runSteps(steps: readonly Step[], atOnce: number, env: NodeJS.ProcessEnv): Promise<number> {
  const waiting = [...steps];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      if (!(await runStep(step, env))) failed++;
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

try {
  const env = environment();
  const failed = (await runSteps(QUICK, 2, env)) + (await runSteps(TESTS, 1, env));
  process.stdout.write(`${QUICK.length + TESTS.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
