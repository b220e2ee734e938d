/**
 * @file A folder on a host, read by HTTP Range requests. The first request of a file asks for its head and learns
 * its size from Content-Range; no HEAD request, whose Content-Length is the compressed size on hosts that compress.
 * A host that ignores Range answers 200 with the whole file: its body is then kept once as a Blob (which browsers
 * may hold on disk) and every later range is cut from it.
 */
import { LabError } from '../core/errors.ts';
import { checkRange, missingFile, readBlob, splitPath, unreadable, type FileSource } from './file-source.ts';
import { policyFetch } from './policy-fetch.ts';

/** What the first request of a file brings: enough for small files and for most safetensors headers. */
const HEAD_BYTES = 64 * 1024;

type Opened =
  | { readonly kind: 'missing' }
  /** The host ignores ranges. */
  | { readonly kind: 'whole'; readonly blob: Blob }
  | { readonly kind: 'ranges'; readonly size: number; readonly head: Uint8Array<ArrayBuffer> };

/** @param baseUrl absolute address of the folder, with or without a final slash; a query is kept on every request. */
export function urlSource(baseUrl: string): FileSource {
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new LabError('source-unreadable', `"${baseUrl}" is no absolute http(s) address of a folder.`, {
      remedy: 'Give the address of the folder that holds config.json, e.g. https://host/models/name/.',
    });
  }
  const base = new URL(baseUrl);
  const label = base.href;
  const opened = new Map<string, Promise<Opened>>();
  const addressOf = (path: string): string => {
    const url = new URL(base);
    url.pathname = [url.pathname.replace(/\/$/, ''), ...splitPath(path, label).map(encodeURIComponent)].join(
      '/',
    );
    return url.href;
  };
  const open = (path: string): Promise<Opened> => {
    const known = opened.get(path);
    if (known !== undefined) return known;
    const opening = openUrl(addressOf(path), label, path);
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
      if (stop <= file.head.length) return file.head.slice(begin, stop);
      return fetchRange(addressOf(path), label, path, begin, stop);
    },
  };
}

async function request(url: string, range: string): Promise<Response> {
  try {
    return await policyFetch(url, { headers: { range } });
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError(
      'source-unreadable',
      `${url} cannot be reached: no connection, or the host does not allow this page to read it (CORS).`,
      { cause },
    );
  }
}

/** True for the start page that single-page hosts send, with status 200, in place of a missing file. */
function isPage(response: Response): boolean {
  return /^\s*(text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '');
}

async function openUrl(url: string, label: string, path: string): Promise<Opened> {
  const response = await request(url, `bytes=0-${HEAD_BYTES - 1}`);
  if (response.status === 404 || response.status === 410 || (response.ok && isPage(response))) {
    await response.body?.cancel();
    return { kind: 'missing' };
  }
  if (response.status === 416) {
    // No range of an empty file can be satisfied.
    await response.body?.cancel();
    if (totalOf(response) === 0) return { kind: 'ranges', size: 0, head: new Uint8Array(0) };
  }
  if (response.status !== 200 && response.status !== 206) throw await badStatus(url, response);
  try {
    if (response.status === 200) return { kind: 'whole', blob: await response.blob() };
    const head = new Uint8Array(await response.arrayBuffer());
    const size = totalOf(response) ?? (head.length < HEAD_BYTES ? head.length : null);
    if (size !== null && head.length === Math.min(size, HEAD_BYTES)) return { kind: 'ranges', size, head };
  } catch (cause) {
    throw unreadable(label, path, cause);
  }
  throw new LabError(
    'source-unreadable',
    `${url} answered a range without saying the file's size (Content-Range "${response.headers.get('content-range') ?? 'not readable'}").`,
    { remedy: 'The host must let the page read Content-Range (Access-Control-Expose-Headers), or send 200.' },
  );
}

/** The total of `Content-Range: bytes 0-9/TOTAL`; null where the header is absent, hidden or of unknown length. */
function totalOf(response: Response): number | null {
  const total = /\/(\d+)\s*$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

async function fetchRange(
  url: string,
  label: string,
  path: string,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await request(url, `bytes=${begin}-${end - 1}`);
  // 206 was the first answer of this file; a 200 now would be the whole file, for one of its tensors.
  if (response.status !== 206) throw await badStatus(url, response);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw unreadable(label, path, cause);
  }
  if (bytes.length === end - begin) return bytes;
  throw new LabError(
    'source-unreadable',
    `${url} sent ${bytes.length} bytes for the range ${begin} to ${end}, expected ${end - begin}.`,
  );
}

async function badStatus(url: string, response: Response): Promise<LabError> {
  await response.body?.cancel();
  return new LabError(
    'source-unreadable',
    `${url} answered status ${response.status} ${response.statusText}.`,
  );
}
