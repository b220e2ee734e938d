/**
 * @file One range of a file that is too large to be kept. Caches mix up ranges of one file (empty answers, compressed
 * totals), so they are passed by, and an answer is believed only where it says that it is what was asked.
 */
import { LabError } from '../core/errors.ts';
import type { Connection, FetchOptions } from './fetch-file.ts';
import { Interrupted, brokenOff, connected, drain } from './fetch-file.ts';

interface Range {
  readonly begin: number;
  readonly end: number;
}

/** What the file was when it was opened. */
interface LargeFile {
  readonly size: number;
  readonly etag: string | null;
}

const MOST_TRIES = 3;

/** @throws LabError `source-unreadable` after a few tries, or where the file is no longer the same */
export async function fetchRange(
  url: string,
  path: string,
  file: LargeFile,
  range: Range,
  options: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const init = { headers: { range: `bytes=${range.begin}-${range.end - 1}` }, cache: 'no-store' } as const;
  for (let tries = 1; ; tries++) {
    try {
      return await connected(url, path, options, init, (answer) => take(answer, file, range));
    } catch (thrown) {
      if (!(thrown instanceof Interrupted)) throw thrown;
      if (tries === MOST_TRIES) throw brokenOff(thrown);
    }
  }
}

async function take(
  connection: Connection,
  file: LargeFile,
  { begin, end }: Range,
): Promise<Uint8Array<ArrayBuffer>> {
  const { url, response } = connection;
  const asked = `the range ${begin} to ${end}`;
  const etag = response.headers.get('etag');
  const said = response.headers.get('content-range');
  const [, from, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said ?? '') ?? [];
  const isOther = file.etag !== null && etag !== null && etag !== file.etag;
  if (isOther || (total !== undefined && total !== '*' && Number(total) !== file.size)) {
    throw new LabError('source-unreadable', `${url} was changed on its host while it was read.`, {
      remedy: 'Load the model again.',
    });
  }
  if (response.status !== 206) {
    throw new Interrupted(`${url} answered ${asked} with status ${response.status}, expected 206.`);
  }
  // Another origin's host may keep the header to itself; the length is checked in any case.
  if (said !== null && (Number(from) !== begin || Number(last) !== end - 1)) {
    throw new Interrupted(`${url} answered ${asked} with Content-Range "${said}".`);
  }
  const bytes = new Uint8Array(end - begin);
  let at = 0;
  await drain(connection, (part) => {
    if (at + part.length <= bytes.length) bytes.set(part, at);
    at += part.length;
  });
  if (at === bytes.length) return bytes;
  throw new Interrupted(`${url} sent ${at} bytes for ${asked}, expected ${bytes.length}.`);
}
