/**
 * @file A piece in a process of its own, which starts with empty memory: one that dies, hangs or loses its device is told by name
 * and takes nothing else with it.
 */
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { toToolError } from '../file-faults.ts';
import { exitCode } from '../command-line.ts';
import type { NotRun } from './report.ts';

/** Before a piece's result on its standard output, where runtimes may say things of their own. */
const MARK = 'RESULT ';

/** In the piece's own process. @returns its exit code */
export async function tellResult(work: () => Promise<unknown>): Promise<number> {
  try {
    process.stdout.write(`${MARK}${JSON.stringify(await work())}\n`);
    return 0;
  } catch (thrown) {
    const { code, message } = toToolError(thrown);
    const told: NotRun = { notRun: `${code}: ${message}` };
    process.stdout.write(`${MARK}${JSON.stringify(told)}\n`);
    return exitCode(code);
  }
}

/** @param limitMs after which the process and all that it started are ended */
export function runPiece(command: readonly string[], limitMs: number): Promise<unknown> {
  const [program = process.execPath, ...given] = command;
  return new Promise((done) => {
    // A group of its own, so that a Python of its goes with it.
    const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      end();
    }, limitMs);
    process.on('exit', end);
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const tell = (result: unknown) => {
      clearTimeout(limit);
      process.off('exit', end);
      done(result);
    };
    child.on('error', ({ message }) => {
      tell({ notRun: message } satisfies NotRun);
    });
    child.on('close', (status, signal) => {
      const line = said.stdout.split('\n').find((text) => text.startsWith(MARK));
      if (line !== undefined) {
        tell(JSON.parse(line.slice(MARK.length)));
        return;
      }
      const [last = ''] = stripVTControlCharacters(said.stderr).trim().split('\n').slice(-1);
      const how = isLate
        ? `ended after ${Math.round(limitMs / 1000)} s without a result`
        : `ended by ${signal ?? `exit code ${status}`} without a result`;
      tell({ notRun: last === '' ? `${how}.` : `${how}; it said last: ${last}` } satisfies NotRun);
    });
  });
}
