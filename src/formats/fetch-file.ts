/**
 * @file A file on a host, fetched whole by one plain GET: no host, cache or service worker gets that wrong, which
 * cannot be said of ranges. It streams into a Blob (which browsers may hold on disk), is digested on the way where that
 * is asked, and what can be known of its completeness is checked: a connection that breaks or falls silent is tried
 * once more past the cache, then told by the file's name.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LabError } from '../core/errors.ts';
import type { Delay } from '../core/patience.ts';
import { Patience } from '../core/patience.ts';
import { unreadable } from './file-source.ts';
import { policyFetch } from './policy-fetch.ts';
import { bytesByHeader } from './safetensors-length.ts';

/** A file that is larger is read by ranges: a phone's browser may end a page that holds more, and a Blob beyond 2 GiB
 * cannot be held in memory by any. Float32 weights of twice that size fill wasm's 4 GiB. */
const MOST_WHOLE_BYTES = 1024 ** 3;

/** Longest silence of a host, before its first byte and between two. */
const SILENCE_MS = 30_000;
/** Parts are folded into a Blob at this size, so that the browser may move them to its disk. */
const FOLD_BYTES = 16 * 1024 * 1024;

/** The part of AbortSignal that a download listens to; the protocol's signals fit. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface FetchOptions {
  readonly signal?: StopSignal;
  /** Bytes received of the file itself (not of its compressed form), and how many it has in all where that is known. */
  readonly onBytes?: (done: number, total: number | null) => void;
  /** Digest the bytes as they come. */
  readonly isHashed?: boolean;
  readonly delay?: Delay;
  readonly silenceMs?: number;
  readonly mostBytes?: number;
}

export type Fetched =
  | { readonly kind: 'missing' }
  | { readonly kind: 'whole'; readonly blob: Blob; readonly sha256: string | null }
  /** Larger than `mostBytes`, or than the browser keeps; nothing of it is held. */
  | { readonly kind: 'large'; readonly size: number; readonly etag: string | null };

const timer: Delay = (ms, then) => {
  const id = setTimeout(then, ms);
  return () => {
    clearTimeout(id);
  };
};

/** Why a try failed in a way that another may not: the connection, not the host's answer. */
export class Interrupted extends Error {}

/** @throws LabError `source-unreadable` naming the file, `cancelled`, `out-of-memory` */
export const fetchFile = (url: string, path: string, options: FetchOptions = {}): Promise<Fetched> =>
  twice(url, path, options, receive);

/** A file's bytes, without a Blob on the way, for which a browser may have no room; null where there is no such file.
 * @throws LabError as fetchFile */
export const fetchBytes = (
  url: string,
  path: string,
  options: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer> | null> => twice(url, path, options, receiveBytes);

async function twice<T>(
  url: string,
  path: string,
  options: FetchOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await connected(url, path, options, {}, use);
  } catch (thrown) {
    if (!(thrown instanceof Interrupted)) throw thrown;
  }
  try {
    // What the cache holds of it may be what is broken.
    return await connected(url, path, options, { cache: 'reload' }, use);
  } catch (thrown) {
    if (thrown instanceof Interrupted) throw brokenOff(thrown);
    throw thrown;
  }
}

export const brokenOff = ({ message, cause }: Interrupted): LabError =>
  new LabError('source-unreadable', message, {
    cause,
    remedy: 'Check the connection and the host, then load it again.',
  });

export interface Connection {
  readonly url: string;
  readonly path: string;
  readonly options: FetchOptions;
  readonly response: Response;
  /** Bytes came. */
  readonly sign: () => void;
}

/** One request, stopped by the signal and by too long a silence, until `use` has read its answer. */
export async function connected<T>(
  url: string,
  path: string,
  options: FetchOptions,
  init: RequestInit,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { signal, delay = timer, silenceMs = SILENCE_MS } = options;
  const abort = new AbortController();
  let isSilent = false;
  const patience = new Patience(delay, () => {
    isSilent = true;
    abort.abort();
  });
  const stop = (): void => {
    abort.abort();
  };
  const fault = (thrown: unknown, how: string): Error => {
    if (signal?.aborted === true) {
      return new LabError('cancelled', `Fetching ${path} was cancelled.`, { cause: thrown });
    }
    if (isSilent) {
      return new Interrupted(`${url} sent nothing for ${silenceMs / 1000} s.`, { cause: thrown });
    }
    if (thrown instanceof LabError || thrown instanceof Interrupted) return thrown;
    if (thrown instanceof RangeError) return unreadable(url, path, thrown);
    return new Interrupted(`${url} ${how}`, { cause: thrown });
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted === true) abort.abort();
  patience.begin(silenceMs);
  try {
    const response = await policyFetch(url, { ...init, signal: abort.signal }).catch((thrown: unknown) => {
      throw fault(
        thrown,
        'cannot be reached: no connection, or the host does not allow this page to read it (CORS).',
      );
    });
    const sign = (): void => {
      patience.sign();
    };
    sign();
    return await use({ url, path, options, response, sign }).catch((thrown: unknown) => {
      throw fault(thrown, `broke off: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
    });
  } finally {
    patience.end();
    signal?.removeEventListener('abort', stop);
    abort.abort(); // What was not read is not fetched.
  }
}

async function receive(connection: Connection): Promise<Fetched> {
  const { isHashed = false, mostBytes = MOST_WHOLE_BYTES } = connection.options;
  const hash = isHashed ? sha256.create() : null;
  const body = new Gathered();
  const size = await pour(connection, mostBytes, (bytes) => {
    body.add(bytes);
    hash?.update(bytes);
  });
  if (size === null) return { kind: 'missing' };
  const blob = body.blob();
  if (blob.size < size || !(await isKept(blob))) {
    return { kind: 'large', size, etag: connection.response.headers.get('etag') };
  }
  return { kind: 'whole', blob, sha256: hash === null ? null : bytesToHex(hash.digest()) };
}

async function receiveBytes(connection: Connection): Promise<Uint8Array<ArrayBuffer> | null> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const size = await pour(connection, Infinity, (bytes) => parts.push(bytes));
  if (size === null) return null;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The whole body, or nothing of one that is promised to be larger than `most`; its size, null where there is no file. */
async function pour(
  connection: Connection,
  most: number,
  add: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<number | null> {
  const { url, path, options, response } = connection;
  if (isMissing(response)) return null;
  if (response.status !== 200) throw badStatus(url, response);
  const promised = bodyBytes(response);
  if (promised !== null && promised > most) return promised;
  const { onBytes } = options;
  const head = path.endsWith('.safetensors') ? new Head() : null;
  let size = 0;
  await drain(connection, (bytes) => {
    size += bytes.length;
    add(bytes);
    head?.add(bytes);
    onBytes?.(size, promised ?? head?.fileBytes ?? null);
  });
  if (promised !== null && size < promised) {
    throw new Interrupted(`${url} broke off after ${size} of ${promised} bytes.`);
  }
  const byHeader = head?.fileBytes ?? 0;
  if (size < byHeader) {
    throw new Interrupted(`${url} broke off after ${size} bytes; by its header it has ${byHeader}.`);
  }
  onBytes?.(size, size);
  return size;
}

/** A browser whose room for Blobs is full (500 MB in a headless Chromium) makes one that cannot be read, and says
 * nothing before that is tried. */
const isKept = (blob: Blob): Promise<boolean> =>
  blob
    .slice(-1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );

/** Every part of the body as it comes. */
export async function drain(
  { response, sign }: Connection,
  onPart: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    sign();
    onPart(next.value);
  }
}

/** No such file: also the start page that single-page hosts send, with status 200, in its place. */
function isMissing({ status, ok, headers }: Response): boolean {
  if (status === 404 || status === 410) return true;
  return ok && /^\s*(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '');
}

const badStatus = (url: string, { status, statusText }: Response): LabError =>
  new LabError('source-unreadable', `${url} answered status ${`${status} ${statusText}`.trim()}.`);

/** Bytes that the body will have, or null where the answer does not say: Content-Length counts what is sent, which is
 * the compressed form where the host compresses, and another origin's host may not tell that it does. */
function bodyBytes({ headers, type }: Response): number | null {
  const length = headers.get('content-length');
  if (length === null || !/^\d+$/.test(length) || type === 'cors') return null;
  const encoding = headers.get('content-encoding') ?? '';
  return /^(identity)?$/i.test(encoding.trim()) ? Number(length) : null;
}

/** Parts on their way into one Blob. */
class Gathered {
  #parts: BlobPart[] = [];
  #loose = 0;

  add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.#loose += bytes.length;
    if (this.#loose < FOLD_BYTES) return;
    this.#parts = [new Blob(this.#parts)];
    this.#loose = 0;
  }

  blob(): Blob {
    return new Blob(this.#parts);
  }
}

/** The beginning of a safetensors file, until its header tells how long the file is. */
class Head {
  /** null where it does not say. */
  fileBytes: number | null | undefined = undefined;
  #bytes = new Uint8Array(0);

  add(bytes: Uint8Array): void {
    if (this.fileBytes !== undefined) return;
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    this.fileBytes = bytesByHeader(joined);
  }
}
