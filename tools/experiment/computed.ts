/**
 * @file What the arms of a task and seed have computed so far (src/lab/reuse.ts), beside the experiment's results: a browser
 * that dies and a command that goes on find it there. Arms of other seeds draw otherwise, so it goes when its seed is done:
 * a finished folder holds none of it.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, reading, writing } from '../file-faults.ts';
import { writeWhole } from './durable.ts';

/** Below the experiment's folder. */
const FOLDER = 'computed';
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

export class ComputedFiles {
  readonly #folder: string;

  /** @param folder of the experiment */
  constructor(folder: string) {
    this.#folder = join(folder, FOLDER);
  }

  /** null where there is none, and for one that is not whole: then it is computed again. */
  async read(key: string): Promise<string | null> {
    const path = this.#path(key);
    const text = await reading(path, () =>
      readFile(path, 'utf8').catch((cause: unknown) => {
        if (isErrno(cause, 'ENOENT')) return '';
        throw cause;
      }),
    );
    const at = text.indexOf('\n');
    const own = text.slice(at + 1);
    return at > 0 && digest(own) === text.slice(0, at) ? own : null;
  }

  /** @throws LabError where it cannot be written */
  write(key: string, text: string): Promise<void> {
    return writeWhole(this.#path(key), `${digest(text)}\n${text}`);
  }

  async clear(): Promise<void> {
    await writing(this.#folder, () => rm(this.#folder, { recursive: true, force: true }));
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}
