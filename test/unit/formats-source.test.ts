/** @file Sources: the same folder through every kind of source, and hosts that misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import type { Delay } from '../../src/core/patience.ts';
import {
  describeFiles,
  type DirectoryLike,
  type FileLike,
  type SourceDescriptor,
} from '../../src/core/source.ts';
import type { FileSource } from '../../src/formats/file-source.ts';
import type { FetchOptions } from '../../src/formats/fetch-file.ts';
import { fileListSource, openSource } from '../../src/formats/open-source.ts';
import { urlSource } from '../../src/formats/url-source.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const LARGE = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >>> 5);
const FILES = new Map<string, Uint8Array<ArrayBuffer>>([
  ['config.json', new TextEncoder().encode('{"a":1}')],
  ['sub/a b#1?.bin', LARGE],
  ['empty', new Uint8Array(0)],
]);

/** What is wrong with a host's answers; each fault is for `faulty` requests, then all is well. */
type Fault = 'none' | 'cut' | 'silent' | 'empty' | 'other-range' | 'whole' | 'changed';

interface Host {
  /** How the host answers; each test sets its own. */
  mode: 'plain' | 'ranges' | 'compressing' | 'spa' | 'down';
  fault: Fault;
  faulty: number;
  readonly requests: { readonly url: string; readonly range: string | undefined }[];
  /** Answers that were still being sent when the connection went. */
  dropped: number;
  base: string;
}

const host: Host = { mode: 'plain', fault: 'none', faulty: 0, requests: [], dropped: 0, base: '' };

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  const { range } = request.headers;
  host.requests.push({ url, range });
  response.on('close', () => {
    if (!response.writableFinished) host.dropped++;
  });
  const bytes = FILES.get(decodeURIComponent(url.replace(/^\/sub-path\/model\//, '').replace(/\?.*$/, '')));
  if (host.mode === 'down') return void response.writeHead(503, 'Try Later').end();
  if (bytes === undefined) {
    if (host.mode === 'spa')
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>');
    else response.writeHead(404).end();
    return;
  }
  const fault = host.faulty-- > 0 ? host.fault : 'none';
  const [, from, to = ''] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (from !== undefined && host.mode === 'ranges')
    answerRange(response, bytes, fault, Number(from), Number(to) + 1);
  else answerWhole(response, bytes, fault);
}

function answerWhole(response: ServerResponse, bytes: Uint8Array, fault: Fault): void {
  const isCompressed = host.mode === 'compressing';
  const sent = isCompressed ? gzipSync(bytes) : bytes;
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': sent.length,
    etag: '"1"',
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  });
  if (fault === 'cut') response.write(sent.slice(0, sent.length - 1), () => response.destroy());
  else if (fault === 'silent') response.write(sent.slice(0, 1));
  else response.end(sent);
}

function answerRange(
  response: ServerResponse,
  bytes: Uint8Array,
  fault: Fault,
  from: number,
  end: number,
): void {
  if (fault === 'whole') {
    answerWhole(response, bytes, 'none');
    return;
  }
  const said = fault === 'other-range' ? 'bytes 0-9/200000' : `bytes ${from}-${end - 1}/${bytes.length}`;
  response
    .writeHead(206, { 'content-range': said, etag: fault === 'changed' ? '"2"' : '"1"' })
    .end(fault === 'empty' ? '' : bytes.slice(from, end));
}

const server = createServer(answer);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sub-path/model`;
});
afterAll(() => void server.close());
beforeEach(() => {
  host.mode = 'plain';
  host.fault = 'none';
  host.faulty = 0;
  host.dropped = 0;
  host.requests.length = 0;
});

const fileOf = (name: string, bytes: Uint8Array<ArrayBuffer>, webkitRelativePath?: string): FileLike => {
  const blob = new Blob([bytes]);
  const file = {
    name,
    size: blob.size,
    slice: blob.slice.bind(blob),
    arrayBuffer: blob.arrayBuffer.bind(blob),
  };
  return webkitRelativePath === undefined ? file : { ...file, webkitRelativePath };
};

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

/** A FileSystemDirectoryHandle over FILES, failing as the real one does. */
function handleOf(folder: string, name: string): DirectoryLike {
  const prefix = folder === '' ? '' : `${folder}/`;
  const paths = [...FILES.keys()].filter((path) => path.startsWith(prefix));
  return {
    name,
    getFileHandle: (child) => {
      const bytes = FILES.get(prefix + child);
      if (bytes !== undefined)
        return Promise.resolve({ getFile: () => Promise.resolve(fileOf(child, bytes)) });
      const isFolder = paths.some((path) => path.startsWith(`${prefix}${child}/`));
      return Promise.reject(named(isFolder ? 'TypeMismatchError' : 'NotFoundError', `no file ${child}`));
    },
    getDirectoryHandle: (child) =>
      paths.some((path) => path.startsWith(`${prefix}${child}/`))
        ? Promise.resolve(handleOf(prefix + child, child))
        : Promise.reject(named('NotFoundError', `no folder ${child}`)),
  };
}

const picked = () =>
  [...FILES].map(([path, bytes]) => fileOf(path.split('/').at(-1) ?? path, bytes, `chosen/${path}`));

const sources: [string, () => FileSource][] = [
  ['a host', () => openSource({ kind: 'url', url: host.base })],
  [
    'a host that compresses',
    () => {
      host.mode = 'compressing';
      return openSource({ kind: 'url', url: `${host.base}/` });
    },
  ],
  [
    'a host with a start page',
    () => {
      host.mode = 'spa';
      return openSource({ kind: 'url', url: host.base });
    },
  ],
  [
    'a host whose files are too large to keep',
    () => {
      host.mode = 'ranges';
      return urlSource(host.base, { mostBytes: 1 });
    },
  ],
  ['picked files', () => fileListSource(picked())],
  ['a directory handle', () => openSource({ kind: 'directory', handle: handleOf('', 'chosen') })],
  ['memory', () => openSource({ kind: 'memory', label: 'chosen', files: FILES })],
];

describe.each(sources)('%s', (_, make) => {
  test('gives sizes, whole files and ranges', async () => {
    const source = make();
    for (const [path, bytes] of FILES) {
      expect(await source.size(path)).toBe(bytes.length);
      expect(await source.read(path)).toEqual(bytes);
    }
    const path = 'sub/a b#1?.bin';
    for (const [begin, end] of [
      [0, 0],
      [0, 1],
      [5, 65_536],
      [65_000, 66_000],
      [199_999, 200_000],
      [200_000, 200_000],
    ] as const) {
      expect(await source.read(path, begin, end)).toEqual(LARGE.slice(begin, end));
    }
    expect(await source.read(path, 150_000)).toEqual(LARGE.slice(150_000));
  });

  test('hands out bytes that may be changed or transferred', async () => {
    const source = make();
    const first = await source.read('config.json', 0, 3);
    first.fill(0);
    structuredClone(first, { transfer: [first.buffer] });
    expect(await source.read('config.json', 0, 3)).toEqual(FILES.get('config.json')?.slice(0, 3));
  });

  test('knows what is missing', async () => {
    const source = make();
    expect(await source.size('absent.json')).toBeNull();
    expect(await source.size('nowhere/absent.json')).toBeNull();
    await expectLabError(() => source.read('absent.json'), 'source-unreadable', 'absent.json', source.label);
  });

  test('refuses ranges beyond the end and paths that leave the folder', async () => {
    const source = make();
    await expectLabError(() => source.read('config.json', 0, 8), 'source-unreadable', 'has 7 bytes');
    await expectLabError(() => source.read('config.json', 4, 2), 'source-unreadable');
    for (const path of ['../secret', '/etc/passwd', 'a//b', 'a/./b', '', 'a\\b']) {
      await expectLabError(async () => source.size(path), 'source-unreadable', `"${path}"`);
    }
  });
});

describe('a folder of one file on disk', () => {
  test('reads like the others', async () => {
    const source = nodeSource('test/fixtures/golden/llama');
    expect(source.label).toBe('llama');
    expect(await source.size('lora_all')).toBeNull();
    expect(await source.size('config.json/x')).toBeNull();
    expect(await source.size('lora_all/adapter_config.json')).toBe(1147);
    expect(new TextDecoder().decode(await source.read('config.json', 0, 1))).toBe('{');
    await expectLabError(() => source.read('absent'), 'source-unreadable', 'absent');
    await expectLabError(() => source.read('config.json', 0, 1e9), 'source-unreadable', '585 bytes');
    await expectLabError(() => source.size('../README.md'), 'source-unreadable', '"../README.md"');
  });
});

describe('a host', () => {
  const open = (url = host.base) => openSource({ kind: 'url', url });

  test('sends every file once, without a range', async () => {
    const source = open();
    for (let i = 0; i < 5; i++) await source.read('sub/a b#1?.bin', i * 1000, i * 1000 + 10);
    await Promise.all([source.size('config.json'), source.read('config.json')]);
    expect(host.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  test('keeps the query of its address', async () => {
    await open(`${host.base}?key=1`).size('config.json');
    expect(host.requests.map(({ url }) => url)).toEqual(['/sub-path/model/config.json?key=1']);
  });

  test('that fails is named with address and status, and asked again later', async () => {
    const source = open();
    host.mode = 'down';
    await expectLabError(
      () => source.size('config.json'),
      'source-unreadable',
      `${host.base}/config.json`,
      '503',
    );
    host.mode = 'plain';
    expect(await source.size('config.json')).toBe(7);
  });

  test('that cannot be reached says so', async () => {
    // Port 9 (discard) is refused by fetch itself.
    await expectLabError(
      () => open('http://127.0.0.1:9/m').size('a'),
      'source-unreadable',
      'cannot be reached',
    );
  });

  test('must be given by an absolute address', async () => {
    for (const url of ['models/base', '/models/base', 'file:///models', '']) {
      await expectLabError(() => open(url), 'source-unreadable', `"${url}"`);
    }
  });
});

const PATH = 'sub/a b#1?.bin';

describe('a connection', () => {
  const open = (options: FetchOptions = {}) => urlSource(host.base, options);

  test('that breaks in mid-file is tried once more', async () => {
    host.fault = 'cut';
    host.faulty = 1;
    expect(await open().read(PATH)).toEqual(LARGE);
    expect(host.requests.length).toBe(2);
  });

  test('that breaks twice is told by the file’s address', async () => {
    host.fault = 'cut';
    host.faulty = 2;
    await expectLabError(() => open().read(PATH), 'source-unreadable', 'a%20b%231%3F.bin', 'broke off');
    expect(host.requests.length).toBe(2);
  });

  test('that falls silent is given up after a while without a byte, twice', async () => {
    host.fault = 'silent';
    host.faulty = 2;
    // A clock whose seconds pass at once.
    const delay: Delay = (_ms, then) => {
      const timer = setTimeout(then, 20);
      return () => {
        clearTimeout(timer);
      };
    };
    await expectLabError(() => open({ delay }).read(PATH), 'source-unreadable', 'sent nothing for 30 s');
    expect(host.requests.length).toBe(2);
  });

  test('is given up when the load is cancelled', async () => {
    host.fault = 'silent';
    host.faulty = 1;
    const abort = new AbortController();
    const onBytes = () => {
      abort.abort();
    };
    await expectLabError(() => open({ signal: abort.signal, onBytes }).read(PATH), 'cancelled', PATH);
    await vi.waitFor(() => {
      expect(host.dropped).toBe(1);
    });
    await expectLabError(() => open({ signal: abort.signal }).read(PATH), 'cancelled', PATH);
  });

  test('tells its bytes, and of how many where that is known', async () => {
    const last = async (): Promise<unknown> => {
      const told: unknown[] = [];
      await open({ onBytes: (...bytes) => told.push(bytes) }).size(PATH);
      expect(told.at(-1)).toEqual([LARGE.length, LARGE.length]);
      return told[0];
    };
    expect(await last()).toEqual([expect.any(Number), LARGE.length]);
    host.mode = 'compressing'; // Its Content-Length is that of something else.
    expect(await last()).toEqual([expect.any(Number), null]);
  });
});

describe('a range of a file too large to keep', () => {
  const read = () => urlSource(host.base, { mostBytes: 1 }).read(PATH, 100_000, 100_010);

  test.each<[Fault, string]>([
    ['empty', 'sent 0 bytes for the range 100000 to 100010, expected 10'],
    ['other-range', 'Content-Range "bytes 0-9/200000"'],
    ['whole', 'status 200, expected 206'],
  ])('that is answered wrongly (%s) is asked for again, three times at most', async (fault, words) => {
    host.mode = 'ranges';
    host.fault = fault;
    const source = urlSource(host.base, { mostBytes: 1 });
    await source.size(PATH);
    host.requests.length = 0;
    host.faulty = 2;
    expect(await source.read(PATH, 100_000, 100_010)).toEqual(LARGE.slice(100_000, 100_010));
    expect(host.requests.map(({ range }) => range)).toEqual(Array(3).fill('bytes=100000-100009'));
    host.faulty = 3;
    await expectLabError(() => source.read(PATH, 100_000, 100_010), 'source-unreadable', words);
  });

  test('of a file that was changed meanwhile is refused at once', async () => {
    host.mode = 'ranges';
    const source = urlSource(host.base, { mostBytes: 1 });
    await source.size(PATH);
    host.fault = 'changed';
    host.faulty = 1;
    await expectLabError(() => source.read(PATH, 0, 10), 'source-unreadable', 'was changed');
  });

  test('needs a host that answers ranges', async () => {
    await expectLabError(read, 'source-unreadable', 'expected 206');
  });
});

describe('descriptors', () => {
  test("take the browser's own files and handles as they are", () => {
    expectTypeOf<File>().toExtend<FileLike>();
    expectTypeOf<FileSystemDirectoryHandle>().toExtend<DirectoryLike>();
  });

  test('survive a structured clone', async () => {
    const descriptor: SourceDescriptor = { kind: 'memory', label: 'm', files: FILES };
    expect(await openSource(structuredClone(descriptor)).size('config.json')).toBe(7);
  });

  test('of picked files leave out the folder, keep what lies in several, and take single files by name', () => {
    const paths = (...files: FileLike[]) => {
      const described = describeFiles(files);
      return [described.label, ...described.files.map(({ path }) => path)];
    };
    const one = new Uint8Array(1);
    expect(paths(...picked())).toEqual(['chosen', 'config.json', 'sub/a b#1?.bin', 'empty']);
    expect(paths(fileOf('a', one, 'x/a'), fileOf('b', one, 'y/b'))).toEqual(['picked files', 'x/a', 'y/b']);
    expect(paths(fileOf('a', one, ''), fileOf('b', one))).toEqual(['picked files', 'a', 'b']);
  });
});
