/** @file Where a command of one of several names may lie, by PATH. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export function inPath(names: readonly string[]): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** The executable that an environment variable names; undefined where it names none.
 * @throws Error where it names what is not there */
export function chosenBy(variable: string, what: string): string | undefined {
  const chosen = process.env[variable];
  if (chosen === undefined || chosen === '') return undefined;
  if (existsSync(chosen)) return chosen;
  throw new Error(`${variable} names "${chosen}", which does not exist: set it to ${what}.`);
}
