/** @file A model's folder brought into the page: each file once, digested on the way, whole or not at all. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { fetchBytes, fetchFile } from '../../src/formats/fetch-file.ts';
import { fetchModel } from '../../src/formats/fetch-model.ts';
import { openSource } from '../../src/formats/open-source.ts';
import { sha256OfFile } from '../../src/formats/sha256.ts';
import { loadTokenizer } from '../../src/formats/tokenizer.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const FOLDER = 'test/fixtures/models/tiny';
const source = nodeSource(FOLDER);

interface Host {
  isCompressing: boolean;
  /** Files that are not there. */
  readonly missing: Set<string>;
  /** Bytes of which a file's end is cut, for so many requests. */
  readonly cut: Map<string, number>;
  /** Its body never ends. */
  hanging: string | null;
  readonly files: Map<string, Uint8Array>;
  readonly requests: string[];
  closed: number;
}

const host: Host = {
  isCompressing: false,
  ...{ missing: new Set(), cut: new Map(), hanging: null, files: new Map(), requests: [], closed: 0 },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').slice('/models/tiny/'.length);
  host.requests.push(path);
  response.on('close', () => {
    if (!response.writableFinished) host.closed++;
  });
  const size = host.missing.has(path) ? null : await source.size(path);
  const whole = host.files.get(path) ?? (size === null ? null : await source.read(path));
  if (whole === null) return void response.writeHead(404).end();
  const cuts = host.cut.get(path) ?? 0;
  host.cut.set(path, cuts - 1);
  const bytes = cuts > 0 ? whole.slice(0, -1) : whole;
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (from !== undefined) {
    const range = bytes.slice(Number(from), Number(last) + 1);
    response.writeHead(206, { 'content-range': `bytes ${from}-${last ?? ''}/${bytes.length}` });
    return void response.end(range);
  }
  const sent = host.isCompressing ? gzipSync(bytes) : bytes;
  response.writeHead(200, {
    'content-length': sent.length,
    ...(host.isCompressing && { 'content-encoding': 'gzip' }),
  });
  if (host.hanging === path) response.write(sent.slice(0, 10));
  else response.end(sent);
}

const server = createServer((request, response) => void answer(request, response));
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  host.isCompressing = false;
  host.missing.clear();
  host.cut.clear();
  host.files.clear();
  host.hanging = null;
  host.requests.length = 0;
  host.closed = 0;
});

const WEIGHTS = 'model.safetensors';

describe.each([false, true])('from a host that compresses: %s', (isCompressing) => {
  beforeEach(() => {
    host.isCompressing = isCompressing;
  });

  test('every file is asked for once, and both workers can read the same bytes', async () => {
    const fetched = await fetchModel(url);
    expect(new Set(host.requests).size).toBe(host.requests.length);
    // What crosses into the workers.
    const [ours, theirs] = [structuredClone(fetched), structuredClone(fetched)].map(openSource);
    host.requests.length = 0;
    for (const opened of [ours, theirs]) {
      if (opened === undefined) throw new Error('two sources');
      const { architecture } = await openCheckpoint(opened);
      expect(architecture.modelType).toBe('llama');
      expect(await loadTokenizer(opened)).not.toBeNull();
      expect(await opened.read(WEIGHTS)).toEqual(await source.read(WEIGHTS));
    }
    expect(host.requests).toEqual([]);
  });

  test('the digest is made on the way and is that of the file', async () => {
    const opened = openSource(await fetchModel(url));
    const size = (await source.size(WEIGHTS)) ?? 0;
    const digest = await sha256OfFile(source, WEIGHTS, size);
    expect(opened.knownSha256?.(WEIGHTS)).toBe(digest);
    expect(await (await openCheckpoint(opened)).sha256()).toBe(digest);
  });

  test('weights that end too early are fetched once more, then told by name', async () => {
    host.cut.set(WEIGHTS, 1);
    // Without compression the host itself says how much it sends, and that is less: only the header knows.
    const opened = openSource(await fetchModel(url));
    expect(await opened.size(WEIGHTS)).toBe(await source.size(WEIGHTS));
    host.cut.set(WEIGHTS, 2);
    await expectLabError(() => fetchModel(url), 'source-unreadable', WEIGHTS, 'broke off after');
  });

  test('progress ends at all bytes of all', async () => {
    const told: (readonly [number, number | null])[] = [];
    await fetchModel(url, { onBytes: (done, total) => told.push([done, total]) });
    const [done = 0, total] = told.at(-1) ?? [];
    expect(total).toBe(done);
    expect(done).toBeGreaterThan((await source.size(WEIGHTS)) ?? 0);
    // What has come never falls, and is never more than there is.
    for (const [i, [bytes, all]] of told.entries()) {
      expect(bytes).toBeGreaterThanOrEqual(told[i - 1]?.[0] ?? 0);
      expect(bytes).toBeLessThanOrEqual(all ?? Infinity);
    }
  });
});

test('shards are those that the index names, each digested', async () => {
  host.missing.add(WEIGHTS);
  const shard = await source.read(WEIGHTS);
  const index = {
    weight_map: { a: 'model-2.safetensors', b: 'model-1.safetensors', c: 'model-1.safetensors' },
  };
  host.files.set('model.safetensors.index.json', new TextEncoder().encode(JSON.stringify(index)));
  host.files.set('model-1.safetensors', shard);
  host.files.set('model-2.safetensors', shard);
  const opened = openSource(await fetchModel(url));
  expect(opened.knownSha256?.('model-1.safetensors')).toMatch(/^[0-9a-f]{64}$/);
  expect(await opened.size('model-2.safetensors')).toBe(shard.length);
});

test('what is missing is told by whoever reads the folder', async () => {
  host.missing.add('config.json');
  const opened = openSource(await fetchModel(url));
  await expectLabError(() => openCheckpoint(opened), 'source-unreadable', 'config.json', url);
});

test('weights too large to keep stay on their host', async () => {
  expect(await fetchModel(url, { mostBytes: 100_000 })).toMatchObject({ kind: 'url', url });
});

/** A browser whose room for Blobs ends: what is larger is made, and cannot be read. */
class FullBlob extends Blob {
  override slice(...range: Parameters<Blob['slice']>): Blob {
    if (this.size < 100_000) return super.slice(...range);
    const part = super.slice(...range);
    part.arrayBuffer = () => Promise.reject(new DOMException('could not be read', 'NotReadableError'));
    return part;
  }
}

test('weights that the browser cannot keep stay on their host, and are not fetched whole again', async () => {
  vi.stubGlobal('Blob', FullBlob);
  try {
    const fetched = await fetchModel(url);
    expect(fetched).toEqual({ kind: 'url', url, mostBytes: 64 * 1024 ** 2 });
    expect(await fetchFile(`${url}/${WEIGHTS}`, WEIGHTS)).toEqual({
      ...{ kind: 'large', size: await source.size(WEIGHTS), etag: null },
    });
    const bytes = await fetchBytes(`${url}/${WEIGHTS}`, WEIGHTS);
    expect(Buffer.from(bytes ?? []).equals(await source.read(WEIGHTS))).toBe(true);
    expect(await fetchBytes(`${url}/none`, 'none')).toBeNull();
  } finally {
    vi.unstubAllGlobals();
  }
});

test('a folder is read by ranges where its descriptor says so', async () => {
  const opened = openSource({ kind: 'url', url, mostBytes: 100_000 });
  expect([...(await opened.read(WEIGHTS, 8, 12))]).toEqual([...(await source.read(WEIGHTS, 8, 12))]);
  expect(host.requests).toEqual([WEIGHTS, WEIGHTS]);
});

test('a cancelled load stops fetching all of it', async () => {
  host.hanging = WEIGHTS;
  const abort = new AbortController();
  const fetching = fetchModel(url, {
    signal: abort.signal,
    onBytes: () => {
      if (host.requests.length >= 5) abort.abort();
    },
  });
  await expectLabError(() => fetching, 'cancelled');
  await vi.waitFor(() => {
    expect(host.closed).toBeGreaterThan(0);
  });
});

test('one file that fails stops the others', async () => {
  host.hanging = WEIGHTS;
  host.files.set('tokenizer.json', new Uint8Array(0));
  const failing = createServer((request, response) => {
    if (request.url?.endsWith('config.json') === true) response.writeHead(500).end();
    else void answer(request, response);
  });
  await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
  const { port } = failing.address() as AddressInfo;
  await expectLabError(
    () => fetchModel(`http://127.0.0.1:${port}/models/tiny`),
    'source-unreadable',
    'status 500',
  );
  await vi.waitFor(() => {
    expect(host.closed).toBeGreaterThan(0);
  });
  failing.close();
});
