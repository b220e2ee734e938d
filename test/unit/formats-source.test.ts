/** @file Sources: the same folder through every kind of source, and hosts that misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import {
  describeFiles,
  type DirectoryLike,
  type FileLike,
  type SourceDescriptor,
} from '../../src/core/source.ts';
import type { FileSource } from '../../src/formats/file-source.ts';
import { fileListSource, openSource } from '../../src/formats/open-source.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

/** Larger than what the first request of a file brings. */
const LARGE = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >>> 5);
const FILES = new Map<string, Uint8Array<ArrayBuffer>>([
  ['config.json', new TextEncoder().encode('{"a":1}')],
  ['sub/a b#1?.bin', LARGE],
  ['empty', new Uint8Array(0)],
]);

interface Host {
  /** How the host answers; each test sets its own. */
  mode: 'ranges' | 'whole' | 'spa' | 'down' | 'hidden-size' | 'short' | 'forgetful';
  readonly requests: { readonly url: string; readonly range: string | undefined }[];
  base: string;
}

const host: Host = { mode: 'ranges', requests: [], base: '' };

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  const { range } = request.headers;
  host.requests.push({ url, range });
  const bytes = FILES.get(decodeURIComponent(url.replace(/^\/sub-path\/model\//, '').replace(/\?.*$/, '')));
  if (host.mode === 'down') return void response.writeHead(503, 'Try Later').end();
  if (bytes === undefined) {
    if (host.mode === 'spa')
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>');
    else response.writeHead(404).end();
    return;
  }
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const isLater = host.requests.filter((other) => other.url === url).length > 1;
  if (host.mode === 'whole' || (host.mode === 'forgetful' && isLater)) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
    return;
  }
  if (Number(from) >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const end = Math.min(Number(to) + 1, bytes.length);
  const headers =
    host.mode === 'hidden-size' ? {} : { 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` };
  const cut = host.mode === 'short' && isLater ? 1 : 0;
  response.writeHead(206, headers).end(bytes.slice(Number(from), end - cut));
}

const server = createServer(answer);
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sub-path/model`;
});
afterAll(() => void server.close());
beforeEach(() => {
  host.mode = 'ranges';
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
  ['a host with ranges', () => openSource({ kind: 'url', url: host.base })],
  [
    'a host without ranges',
    () => {
      host.mode = 'whole';
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

  test('with ranges is asked only for what is read; a small file costs one request', async () => {
    const source = open();
    await source.size('config.json');
    await source.read('config.json');
    expect(host.requests.map(({ range }) => range)).toEqual(['bytes=0-65535']);
    await source.read('sub/a b#1?.bin', 100_000, 100_010);
    expect(host.requests.slice(1).map(({ range }) => range)).toEqual([
      'bytes=0-65535',
      'bytes=100000-100009',
    ]);
  });

  test('without ranges sends the whole file once', async () => {
    host.mode = 'whole';
    const source = open();
    for (let i = 0; i < 5; i++) await source.read('sub/a b#1?.bin', i * 1000, i * 1000 + 10);
    expect(host.requests.length).toBe(1);
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
    host.mode = 'ranges';
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

  test('that hides the size, sends too little, or forgets ranges half-way is refused', async () => {
    host.mode = 'hidden-size';
    await expectLabError(() => open().size('sub/a b#1?.bin'), 'source-unreadable', 'Content-Range');
    host.requests.length = 0;
    host.mode = 'short';
    const path = 'sub/a b#1?.bin';
    await expectLabError(() => open().read(path, 100_000, 100_010), 'source-unreadable', 'sent 9 bytes');
    host.requests.length = 0;
    host.mode = 'forgetful';
    await expectLabError(() => open().read(path, 100_000, 100_010), 'source-unreadable', 'status 200');
  });

  test('must be given by an absolute address', async () => {
    for (const url of ['models/base', '/models/base', 'file:///models', '']) {
      await expectLabError(() => open(url), 'source-unreadable', `"${url}"`);
    }
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
      return described.kind === 'files' ? [described.label, ...described.files.map(({ path }) => path)] : [];
    };
    const one = new Uint8Array(1);
    expect(paths(...picked())).toEqual(['chosen', 'config.json', 'sub/a b#1?.bin', 'empty']);
    expect(paths(fileOf('a', one, 'x/a'), fileOf('b', one, 'y/b'))).toEqual(['picked files', 'x/a', 'y/b']);
    expect(paths(fileOf('a', one, ''), fileOf('b', one))).toEqual(['picked files', 'a', 'b']);
  });
});
