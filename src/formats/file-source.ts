/**
 * @file A folder of files that is read by range, wherever it lies: picked files, a directory handle, memory. A host
 * is in url-source.ts, any of them from plain data in open-source.ts. Every failure to read is a LabError `source-unreadable` naming the file and the cause.
 */
import { LabError } from '../core/errors.ts';
import type { BlobLike, DirectoryLike, FileLike, FolderFile } from '../core/source.ts';

export interface FileSource {
  /** The folder in words, for messages: its name or address. */
  readonly label: string;
  /** Bytes of the file, or null where there is none. */
  size(path: string): Promise<number | null>;
  /** Bytes [begin, end), the whole file by default; the caller owns the result.
   * @throws LabError `source-unreadable` for a missing file or a range beyond its end, `out-of-memory`. */
  read(path: string, begin?: number, end?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Hex sha256 of the file, where it is known without reading it again. */
  knownSha256?(path: string): string | undefined;
}

/** Parts of a path inside the folder.
 * @throws LabError `source-unreadable` for a path that leaves the folder (an index file may be hostile). */
export function splitPath(path: string, label: string): string[] {
  const parts = path.split('/');
  if (path.includes('\\') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new LabError('source-unreadable', `"${path}" is no path inside ${label}.`, {
      remedy: 'Name files by their plain path inside the folder.',
    });
  }
  return parts;
}

export function missingFile(path: string, label: string): LabError {
  return new LabError('source-unreadable', `${label} has no file ${path}.`);
}

/** @throws LabError `source-unreadable` unless 0 <= begin <= end <= size. */
export function checkRange(label: string, path: string, size: number, begin: number, end: number): void {
  if (begin >= 0 && begin <= end && end <= size) return;
  throw new LabError(
    'source-unreadable',
    `Bytes ${begin} to ${end} of ${path} in ${label} were asked for, but the file has ${size} bytes.`,
  );
}

/** A range of a blob, errors typed: a file changed on disk since it was picked, or too large for memory. */
export async function readBlob(
  blob: BlobLike,
  label: string,
  path: string,
  begin = 0,
  end = blob.size,
): Promise<Uint8Array<ArrayBuffer>> {
  checkRange(label, path, blob.size, begin, end);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await blob.slice(begin, end).arrayBuffer());
  } catch (cause) {
    throw unreadable(label, path, cause);
  }
  if (bytes.length !== end - begin) {
    throw new LabError(
      'source-unreadable',
      `${path} in ${label} gave ${bytes.length} bytes where ${end - begin} were asked for.`,
    );
  }
  return bytes;
}

export function unreadable(label: string, path: string, cause: unknown): LabError {
  if (cause instanceof LabError) return cause;
  if (cause instanceof RangeError) {
    return new LabError('out-of-memory', `No memory for ${path} of ${label}.`, { cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LabError(
    'source-unreadable',
    `${path} in ${label} cannot be read: ${why.replace(/\.?$/, '.')}`,
    {
      cause,
    },
  );
}

/** A folder that was picked or dropped (core/source.ts's describeFiles says where the paths come from). */
export function filesSource(label: string, files: readonly FolderFile[]): FileSource {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = (path: string) => byPath.get(splitPath(path, label).join('/'));
  const find = (path: string) => found(path)?.file;
  return {
    label,
    size: (path) => Promise.resolve(find(path)?.size ?? null),
    read: async (path, begin, end) => {
      const file = find(path);
      if (file === undefined) throw missingFile(path, label);
      return readBlob(file, label, path, begin, end);
    },
    knownSha256: (path) => found(path)?.sha256,
  };
}

/** A folder the person opened with the File System Access API, or one of the origin's private file system. */
export function directoryHandleSource(handle: DirectoryLike): FileSource {
  const label = handle.name === '' ? 'the folder' : handle.name;
  const open = async (path: string): Promise<FileLike | null> => {
    const parts = splitPath(path, label);
    let folder = handle;
    try {
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
      return await (await folder.getFileHandle(parts.at(-1) ?? path)).getFile();
    } catch (cause) {
      // A name that is a folder where a file is wanted, or the reverse, is a TypeMismatchError: no such file either.
      if (cause instanceof Error && /^(NotFound|TypeMismatch)Error$/.test(cause.name)) return null;
      throw unreadable(label, path, cause);
    }
  };
  return {
    label,
    size: async (path) => (await open(path))?.size ?? null,
    read: async (path, begin, end) => {
      const file = await open(path);
      if (file === null) throw missingFile(path, label);
      return readBlob(file, label, path, begin, end);
    },
  };
}

/** Files held in memory; reads are copies, so that a caller may transfer what it got. */
export function memorySource(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  label = 'memory',
): FileSource {
  const find = (path: string) => files.get(splitPath(path, label).join('/'));
  return {
    label,
    size: (path) => Promise.resolve(find(path)?.length ?? null),
    read: (path, begin = 0, end = find(path)?.length ?? 0) => {
      const bytes = find(path);
      if (bytes === undefined) return Promise.reject(missingFile(path, label));
      try {
        checkRange(label, path, bytes.length, begin, end);
        return Promise.resolve(bytes.slice(begin, end));
      } catch (cause) {
        return Promise.reject(unreadable(label, path, cause));
      }
    },
  };
}
