/**
 * @file Files that survive a kill or a full disk at any byte: whole files by writing beside and renaming, logs by
 * appending lines and dropping a torn last one. Everything is synced before it counts as written.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { isErrno, makeFolder, reading, writing } from '../file-faults.ts';

/** A rename lasts once its folder is synced; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** Pieces of a text that may be longer than a string can be. */
export type Pieces = Iterable<string>;

async function writeSynced(path: string, data: string | Uint8Array | Pieces): Promise<void> {
  await using handle = await open(path, 'w');
  const pieces = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
  for (const piece of pieces) await handle.appendFile(piece);
  await handle.sync();
}

/** What stands beside is renamed into its place once it is whole; else it is removed, which gives its room back. */
async function inPlace(path: string, beside: string, work: () => Promise<void>): Promise<void> {
  await writing(path, async () => {
    try {
      await work();
    } catch (thrown) {
      await rm(beside, { recursive: true, force: true }).catch(() => undefined);
      throw thrown;
    }
    await syncFolder(dirname(path));
  });
}

/** The whole file or what stood there before. @throws LabError naming it where it cannot be written */
export function writeWhole(path: string, data: string | Uint8Array | Pieces): Promise<void> {
  const beside = `${path}.part`;
  return inPlace(path, beside, async () => {
    await makeFolder(dirname(path));
    await writeSynced(beside, data);
    await rename(beside, path);
  });
}

/** A folder with all of these files, or none; what stood there before is replaced.
 * @throws LabError naming it where it cannot be written */
export function writeFolder(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array | Pieces>,
): Promise<void> {
  const beside = `${folder}.part`;
  return inPlace(folder, beside, async () => {
    await rm(beside, { recursive: true, force: true });
    await makeFolder(beside);
    for (const [name, data] of files) await writeSynced(join(beside, name), data);
    await syncFolder(beside);
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  });
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
  readonly #path: string;
  /** Bytes of whole lines. */
  #length: number;

  private constructor(handle: FileHandle, path: string, length: number) {
    this.#handle = handle;
    this.#path = path;
    this.#length = length;
  }

  /** Opens or begins the file, and gives what it holds. @throws LabError where it cannot be read or written */
  static async open<T>(
    path: string,
    read: (line: string) => T,
  ): Promise<{ readonly log: Log; readonly values: readonly T[] }> {
    await makeFolder(dirname(path));
    const bytes = await reading(path, () =>
      readFile(path).catch((cause: unknown) => {
        if (isErrno(cause, 'ENOENT')) return Buffer.alloc(0);
        throw cause;
      }),
    );
    const { values, length } = readLines(bytes, path, read);
    return writing(path, async () => {
      const handle = await open(path, 'a');
      try {
        if (length < bytes.length) await handle.truncate(length);
        await handle.sync();
        await syncFolder(dirname(path));
      } catch (thrown) {
        await handle.close().catch(() => undefined);
        throw thrown;
      }
      return { log: new Log(handle, path, length), values };
    });
  }

  /** @param line without its end, and without line breaks
   * @throws LabError where it cannot be written; what was written of it is taken back */
  async append(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    await writing(this.#path, async () => {
      try {
        await this.#handle.appendFile(bytes);
        await this.#handle.datasync();
      } catch (thrown) {
        // Where that fails too, the next open drops the torn line.
        await this.#handle.truncate(this.#length).catch(() => undefined);
        throw thrown;
      }
    });
    this.#length += bytes.length;
  }

  close(): Promise<void> {
    return writing(this.#path, () => this.#handle.close());
  }
}

/**
 * A file that is derived anew from what is on the disk, from its first byte: what it holds already is left as it is, and
 * written over only from where it differs. So a resume on a full disk loses nothing of it.
 */
export class Derived {
  readonly #handle: FileHandle;
  readonly #path: string;
  #length = 0;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  static open(path: string): Promise<Derived> {
    return writing(path, async () => {
      await makeFolder(dirname(path));
      const handle = await open(path, 'r+').catch((cause: unknown) => {
        if (isErrno(cause, 'ENOENT')) return open(path, 'w+');
        throw cause;
      });
      return new Derived(handle, path);
    });
  }

  async add(pieces: Pieces): Promise<void> {
    await writing(this.#path, async () => {
      for (const piece of pieces) {
        const bytes = Buffer.from(piece);
        const there = Buffer.alloc(bytes.length);
        const { bytesRead } = await this.#handle.read(there, 0, there.length, this.#length);
        if (bytesRead < bytes.length || !there.equals(bytes)) await this.#write(bytes);
        this.#length += bytes.length;
      }
    });
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#handle.truncate(this.#length);
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        done,
        bytes.length - done,
        this.#length + done,
      );
      done += bytesWritten;
    }
  }

  /** Nothing more follows: what stood behind is cut off. */
  async end(): Promise<void> {
    await writing(this.#path, async () => {
      await this.#handle.truncate(this.#length);
      await this.#handle.sync();
    });
  }

  close(): Promise<void> {
    return writing(this.#path, () => this.#handle.close());
  }
}
