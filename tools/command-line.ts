/** @file What commands are given and how they end: options by their names, whole numbers, a fault's words and exit code. */
import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import type { ErrorCode } from '../src/core/errors.ts';
import { LabError } from '../src/core/errors.ts';
import { toToolError } from './file-faults.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; tokens: true; options: T }>
>;

/** @throws LabError `invalid-request` with `remedy` for what the command does not know */
export function parseCommandLine<const T extends Options>(
  argv: readonly string[],
  options: T,
  remedy: string,
): Parsed<T> {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, tokens: true, options });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError('invalid-request', why, { remedy, cause });
  }
}

/** @throws LabError `invalid-request` naming the option */
export function wholeNumber(option: string, text: string, least = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new LabError('invalid-request', `--${option} must be a whole number from ${least}, got "${text}".`);
}

/** 1 is each command's own "no". Codes that are not named here are bad input. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  'storage-full': 3,
  'storage-unavailable': 3,
  busy: 4,
  'worker-died': 5,
  'device-lost': 5,
  'out-of-memory': 5,
  'webgpu-unavailable': 5,
  'self-test-failed': 5,
  internal: 6,
  'protocol-mismatch': 6,
  cancelled: 130,
};
export const EXIT_HELP =
  'Exit code 2: bad input; 3: files cannot be written; 4: another command is at it; 5: browser or device; ' +
  '6: a defect of the lab; 130: stopped.';
export const exitCode = (code: ErrorCode): number => EXIT_CODES[code] ?? 2;

/** Runs a command to its end: its result is the exit code; a fault is told in words, with the exit code of its kind.
 * @param orElse tells the fault in place of the line on stderr */
export async function runCommand(
  main: () => Promise<number>,
  orElse?: (error: LabError) => void,
): Promise<void> {
  // Who reads along (head, a pager) may have seen enough: the work goes on all the same.
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault;
  });
  try {
    process.exitCode = await main();
  } catch (thrown) {
    const error = toToolError(thrown);
    if (orElse === undefined) process.stderr.write(`${error.code}: ${error.message}\n`);
    else orElse(error);
    process.exitCode = exitCode(error.code);
  }
}
