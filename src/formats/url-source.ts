/**
 * @file A folder on a host. Every file is fetched whole, once, and kept as a Blob from which ranges are cut. Only a file
 * too large for that is read by Range requests: past the cache, every answer checked against what was asked, and asked
 * again a few times where it does not fit (url-ranges.ts).
 */
import { LabError } from '../core/errors.ts';
import type { FetchOptions, Fetched } from './fetch-file.ts';
import { fetchFile } from './fetch-file.ts';
import { checkRange, missingFile, readBlob, splitPath, type FileSource } from './file-source.ts';
import { fetchRange } from './url-ranges.ts';

/** @param baseUrl absolute address of the folder, with or without a final slash; a query is kept on every request. */
export function urlSource(baseUrl: string, options: FetchOptions = {}): FileSource {
  const base = folderUrl(baseUrl);
  const label = base.href;
  const opened = new Map<string, Promise<Fetched>>();
  const open = (path: string): Promise<Fetched> => {
    const known = opened.get(path);
    if (known !== undefined) return known;
    const opening = fetchFile(fileUrl(base, path), path, options);
    opened.set(path, opening);
    // A failure may pass (a host that was down): the next call asks again.
    opening.catch(() => opened.delete(path));
    return opening;
  };
  return {
    label,
    size: async (path) => {
      const file = await open(path);
      if (file.kind === 'missing') return null;
      return file.kind === 'whole' ? file.blob.size : file.size;
    },
    read: async (path, begin = 0, end) => {
      const file = await open(path);
      if (file.kind === 'missing') throw missingFile(path, label);
      if (file.kind === 'whole') return readBlob(file.blob, label, path, begin, end);
      const stop = end ?? file.size;
      checkRange(label, path, file.size, begin, stop);
      if (begin === stop) return new Uint8Array(0);
      return fetchRange(fileUrl(base, path), path, file, { begin, end: stop }, options);
    },
  };
}

/** @throws LabError `source-unreadable` unless it is an absolute http(s) address */
export function folderUrl(address: string): URL {
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return new URL(address);
  throw new LabError('source-unreadable', `"${address}" is no absolute http(s) address of a folder.`, {
    remedy: 'Give the address of the folder that holds config.json, e.g. https://host/models/name/.',
  });
}

/** @throws LabError `source-unreadable` for a path that leaves the folder */
export function fileUrl(base: URL, path: string): string {
  const url = new URL(base);
  const parts = splitPath(path, base.href).map(encodeURIComponent);
  url.pathname = [url.pathname.replace(/\/$/, ''), ...parts].join('/');
  return url.href;
}
