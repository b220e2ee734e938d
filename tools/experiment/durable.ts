/**
 * @file Files that survive a kill at any byte: whole files by writing beside and renaming, logs by appending lines and
 * dropping a torn last one. Everything is synced before it counts as written.
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';

/** A rename lasts once its folder is synced; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function writeSynced(path: string, data: string | Uint8Array): Promise<void> {
  await using handle = await open(path, 'w');
  await handle.writeFile(data);
  await handle.sync();
}

/** The whole file or what stood there before. */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.part`;
  await writeSynced(beside, data);
  await rename(beside, path);
  await syncFolder(dirname(path));
}

/** A folder with all of these files, or none; what stood there before is replaced. */
export async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const beside = `${folder}.part`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  for (const [name, data] of files) await writeSynced(join(beside, name), data);
  await syncFolder(beside);
  await rm(folder, { recursive: true, force: true });
  await rename(beside, folder);
  await syncFolder(dirname(folder));
}

const LINE_FEED = 10;

/** Whole lines of a log, and how many bytes they take; a last line without its end was torn by a kill. */
function wholeLines(bytes: Buffer): { readonly lines: readonly string[]; readonly length: number } {
  const length = bytes.lastIndexOf(LINE_FEED) + 1;
  const text = bytes.subarray(0, length).toString('utf8');
  return { lines: text === '' ? [] : text.slice(0, -1).split('\n'), length };
}

/** Reads each line; a last line that cannot be read counts as torn (some file systems leave zeros).
 * @throws LabError `source-unreadable` naming file and line for an earlier one. */
function readLines<T>(
  bytes: Buffer,
  file: string,
  read: (line: string) => T,
): { readonly values: readonly T[]; readonly length: number } {
  const { lines, length } = wholeLines(bytes);
  const values: T[] = [];
  for (const [i, line] of lines.entries()) {
    try {
      values.push(read(line));
    } catch (cause) {
      if (i === lines.length - 1) return { values, length: length - Buffer.byteLength(line) - 1 };
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LabError('source-unreadable', `${file} is damaged at line ${i + 1}: ${why}`, {
        cause,
        remedy: 'Delete this file: with --resume its run is done again.',
      });
    }
  }
  return { values, length };
}

/** Text lines that are on the disk when `append` is done. */
export class Log {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Opens or begins the file, and gives what it holds. */
  static async open<T>(
    path: string,
    read: (line: string) => T,
  ): Promise<{ readonly log: Log; readonly values: readonly T[] }> {
    await mkdir(dirname(path), { recursive: true });
    const bytes = await readFile(path).catch((cause: unknown) => {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return Buffer.alloc(0);
      throw cause;
    });
    const { values, length } = readLines(bytes, path, read);
    const handle = await open(path, 'a');
    if (length < bytes.length) await handle.truncate(length);
    await handle.sync();
    await syncFolder(dirname(path));
    return { log: new Log(handle), values };
  }

  /** @param line without its end, and without line breaks */
  async append(line: string): Promise<void> {
    await this.#handle.appendFile(`${line}\n`);
    await this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
