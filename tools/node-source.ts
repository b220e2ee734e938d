/** @file A folder on disk for tools and tests under Node, read by range like the browser's sources. */
import { open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  checkRange,
  missingFile,
  splitPath,
  unreadable,
  type FileSource,
} from '../src/formats/file-source.ts';

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

export function nodeSource(directory: string): FileSource {
  const label = basename(resolve(directory));
  const locate = (path: string) => join(directory, ...splitPath(path, label));
  const size = async (path: string): Promise<number | null> => {
    try {
      const found = await stat(locate(path));
      return found.isFile() ? found.size : null;
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw unreadable(label, path, cause);
    }
  };
  return {
    label,
    size,
    read: async (path, begin = 0, end) => {
      const fileBytes = await size(path);
      if (fileBytes === null) throw missingFile(path, label);
      const stop = end ?? fileBytes;
      checkRange(label, path, fileBytes, begin, stop);
      try {
        const bytes = new Uint8Array(stop - begin);
        await using file = await open(locate(path));
        for (let done = 0; done < bytes.length;) {
          const { bytesRead } = await file.read(bytes, done, bytes.length - done, begin + done);
          if (bytesRead === 0) throw new Error(`it ends at byte ${begin + done}`);
          done += bytesRead;
        }
        return bytes;
      } catch (cause) {
        throw unreadable(label, path, cause);
      }
    },
  };
}
