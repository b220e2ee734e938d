/**
/**
 * @file A static file server under any sub-path, with or without the headers of src/core/policy.ts, ranges and
 * compression: the hosts that the built site must work on. It reads only, and answers only to its own name: a page
 * elsewhere that has its own name resolve to this machine is refused.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { headersFor } from '../src/core/policy.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

export interface StaticServerOptions {
  /** Where the site hangs, e.g. '/' or '/lab/'. */
  readonly base: string;
  /** Send the headers of src/core/policy.ts: policy and cross-origin isolation. */
  readonly isolated: boolean;
  /** Compress what is sent whole; its length is then not told. */
  readonly isCompressing?: boolean;
  /** Further folders by the path below the base under which they hang, e.g. 'model/'. */
  readonly mounts?: ReadonlyMap<string, string>;
  /** Names by which it may be asked besides the loopback's own. */
  readonly hosts?: readonly string[];
  /** Answer requests of a part with that part, as most hosts do; otherwise with the whole file. */
  readonly hasRanges?: boolean;
  /** Sees every request before it is answered. */
  readonly onRequest?: RequestListener;
}

export interface StaticServer {
  /** Address of the site on 127.0.0.1, ending in the base. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The part of `range` ("bytes=a-b") that a file of `size` bytes has, or null where it asks for none of it. */
function readRange(range: string | undefined, size: number): { start: number; end: number } | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (match === null) return null;
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : null;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
      else resolve(address.port);
    });
  });
}

const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** Why a request gets no file, or null. */
function refusal(request: IncomingMessage, hosts: readonly string[]): [status: number, why: string] | null {
  const { method = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return [405, `${method} is not answered: this server only reads.`];
  const { host = '' } = headers;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if ([...OWN_NAMES, ...hosts].includes(name)) return null;
  return [403, `Asked as "${host}": this server answers to ${[...OWN_NAMES, ...hosts].join(', ')} only.`];
}

export async function serveFolder(folder: string, options: StaticServerOptions): Promise<StaticServer> {
  const { base, isolated, mounts = new Map<string, string>(), hosts = [] } = options;
  const { hasRanges = true, isCompressing = false, onRequest } = options;
  const server = createServer((request, response) => {
    onRequest?.(request, response);
    const refused = refusal(request, hosts);
    if (refused !== null) {
      response.writeHead(refused[0], { 'Content-Type': 'text/plain; charset=utf-8' }).end(refused[1]);
      return;
    }
    void (async () => {
      const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
      if (!path.startsWith(base)) throw new Error('outside');
      const below = path.slice(base.length);
      const [prefix, root] = [...mounts].find(([mount]) => below.startsWith(mount)) ?? ['', folder];
      const file = normalize(join(root, below.slice(prefix.length), path.endsWith('/') ? 'index.html' : ''));
      if (!file.startsWith(normalize(root + sep))) throw new Error('outside');
      const found = await stat(file);
      if (!found.isFile()) throw new Error('no file');
      const { size } = found;
      const range = hasRanges ? readRange(request.headers.range, size) : null;
      const isCompressed = isCompressing && range === null;
      response.writeHead(range === null ? 200 : 206, {
        'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
        ...(isCompressed
          ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }
          : { 'Content-Length': range === null ? size : range.end - range.start + 1 }),
        ...(hasRanges ? { 'Accept-Ranges': 'bytes' } : {}),
        ...(isolated ? headersFor(file) : {}),
        ...(range === null ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${size}` }),
      });
      // A large checkpoint is read by range, so only the range is read from the disk.
      if (request.method === 'HEAD') response.end();
      else if (isCompressed) await pipeline(createReadStream(file), createGzip({ level: 1 }), response);
      else if (size === 0) response.end();
      else await pipeline(createReadStream(file, range ?? {}), response);
    })().catch(() => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      response.writeHead(404).end('not found');
    });
  });
  const port = await listen(server);
  return {
    port,
    url: `http://127.0.0.1:${port}${base}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
