/**
 * @file What a file system refuses, in words: Node's error codes to LabErrors with a remedy of their own, once for all
 * commands. Reading and writing are told apart, since what to do differs.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ErrorCode } from '../src/core/errors.ts';
import { LabError, toLabError } from '../src/core/errors.ts';

type Use = 'read' | 'write';
interface Refusal {
  readonly why: string;
  readonly remedy: string | Readonly<Record<Use, string>>;
  /** Where it is not `source-unreadable` (reading) or `storage-unavailable` (writing). */
  readonly code?: ErrorCode;
}

const RIGHTS: Refusal = {
  why: 'permission is denied',
  remedy: { read: 'Give yourself the right to read it.', write: 'Take a folder that you may write to.' },
};
const OPEN_FILES: Refusal = {
  why: 'too many files are open',
  remedy: 'Raise the limit (ulimit -n), or end programs that hold files open.',
};
const FAILED: Refusal = {
  why: 'the disk failed',
  remedy: { read: 'Check the disk.', write: 'Check the disk, or take a folder on another one.' },
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: {
    ...{ code: 'storage-full', why: 'the disk is full' },
    remedy: 'Make room on it, or take a folder on another disk.',
  },
  EDQUOT: {
    ...{ code: 'storage-full', why: 'your quota on this disk is used up' },
    remedy: 'Make room within it, or take a folder on another disk.',
  },
  EFBIG: {
    ...{ code: 'storage-full', why: 'the file would be larger than this disk or your limit allows' },
    remedy: 'Take a folder on another disk, or raise the limit (ulimit -f).',
  },
  EROFS: { why: 'the disk is read-only', remedy: 'Take a folder on a disk that can be written to.' },
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EMFILE: OPEN_FILES,
  ENFILE: OPEN_FILES,
  EISDIR: {
    why: 'it is a folder',
    remedy: { read: 'Name a file.', write: 'Remove the folder of this name, or take another name.' },
  },
  ENOTDIR: {
    why: 'a part of this path is a file and no folder',
    remedy: { read: 'Correct the path.', write: 'Remove that file, or take another folder.' },
  },
  EEXIST: { why: 'a file of this name is there', remedy: 'Remove it, or take another name.' },
  ENOTEMPTY: { why: 'the folder is not empty', remedy: 'Empty it, or take another name.' },
  ENOENT: {
    why: 'there is no such file or folder',
    remedy: { read: 'Correct the path.', write: 'It was removed meanwhile, or the path is wrong.' },
  },
  ENAMETOOLONG: { why: 'the path or a name in it is too long', remedy: 'Take a shorter path.' },
  ELOOP: { why: 'its links lead in a circle', remedy: 'Name the file itself.' },
  EBUSY: { why: 'another program holds it', remedy: 'End that program, or take another name.' },
  ETXTBSY: { why: 'another program runs it', remedy: 'End that program, or take another name.' },
  EIO: FAILED,
  ENXIO: FAILED,
  ENODEV: FAILED,
  ESTALE: FAILED,
  EINVAL: { why: 'the file system does not take this', remedy: 'Take another folder or name.' },
  ERR_INVALID_ARG_VALUE: { why: 'this is no path', remedy: 'Correct the path.' },
  ERR_FS_FILE_TOO_LARGE: { why: 'it is too large to be read at once', remedy: 'Give a smaller file.' },
  ERR_STRING_TOO_LONG: { why: 'it is too large to be read as text', remedy: 'Give a smaller file.' },
};

const WRITE_CALLS = [
  'write',
  'mkdir',
  'rename',
  'unlink',
  'rm',
  'rmdir',
  'fsync',
  'fdatasync',
  'ftruncate',
  'link',
];

/** @param path of what was read or written; Node itself names it only sometimes
 * @returns null for what is no error of the file system */
function fileFault(thrown: unknown, path: string | null, use: Use | null): LabError | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null;
  const refusal = REFUSALS[thrown.code];
  if (refusal === undefined) return null;
  const { code, why, remedy } = refusal;
  const call = 'syscall' in thrown && typeof thrown.syscall === 'string' ? thrown.syscall : '';
  const isWrite = use === 'write' || (use === null && (code !== undefined || WRITE_CALLS.includes(call)));
  const own = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : 'A file';
  const what = `${path ?? own} cannot be ${isWrite ? 'written' : 'read'}: ${why} (${thrown.code}).`;
  return new LabError(code ?? (isWrite ? 'storage-unavailable' : 'source-unreadable'), what, {
    remedy: typeof remedy === 'string' ? remedy : remedy[isWrite ? 'write' : 'read'],
    cause: thrown,
  });
}

async function using<T>(use: Use, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fileFault(thrown, path, use) ?? thrown;
  }
}
/** @throws LabError for what the file system refuses, naming `path` */
export const reading = <T>(path: string, work: () => Promise<T>): Promise<T> => using('read', path, work);
/** @throws LabError for what the file system refuses, naming `path` */
export const writing = <T>(path: string, work: () => Promise<T>): Promise<T> => using('write', path, work);

/** A folder; false where what is above it is missing. */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT') && dirname(folder) !== folder) return false;
    // That it is there is told before that it could not be made: a disk may be read-only.
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) return true;
    throw thrown;
  }
}

/** The folder with all above it. Node's own way (`recursive`) gives another reason on a read-only disk and never ends below
 * /proc. @throws LabError naming it where it cannot be made */
export const makeFolder = (folder: string): Promise<void> =>
  writing(folder, async () => {
    const missing = [folder];
    for (let above = folder; !(await makeOne(above));) {
      above = dirname(above);
      missing.push(above);
    }
    for (const inside of missing.reverse().slice(1)) {
      if (!(await makeOne(inside))) await mkdir(inside);
    }
  });

/** Whatever a command threw, as a LabError; what a file system refused has its own code and remedy. */
export const toToolError = (thrown: unknown): LabError => fileFault(thrown, null, null) ?? toLabError(thrown);

export const isErrno = (thrown: unknown, ...codes: readonly string[]): boolean =>
  thrown instanceof Error && 'code' in thrown && codes.some((code) => code === thrown.code);
