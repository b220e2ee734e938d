/** @file What commands are given: options by their names, refused in words, whole numbers. */
import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { LabError } from '../src/core/errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** @throws LabError `invalid-request` with `remedy` for what the command does not know */
export function parseCommandLine<const T extends Options>(
  argv: readonly string[],
  options: T,
  remedy: string,
): Parsed<T> {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
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
