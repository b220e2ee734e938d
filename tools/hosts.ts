/**
 * @file Three hosts of the built site, unlike each other in what matters to loading: vite's preview server, which `npm
 * start` shows; one that compresses everything and knows no ranges; a plain one on a sub-path. The last two send no
 * headers of isolation.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import { serveFolder } from './static-server.ts';

export const HOSTS = ['preview', 'compressing', 'plain'] as const;
export type HostName = (typeof HOSTS)[number];

/** A request as the host saw it, in the order they came. */
export interface SeenRequest {
  /** E.g. "GET /models/nano/config.json bytes=0-65535". */
  readonly what: string;
  /** Status and bytes sent, null while it is answered. */
  answer: string | null;
}

export interface Host {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Ends it and every connection to it. */
  close(): Promise<void>;
}

/** A listener that notes what comes in and what became of it. */
function watch(requests: SeenRequest[]): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers, socket } = request;
    const seen: SeenRequest = { what: [method, url, headers.range ?? ''].join(' ').trim(), answer: null };
    requests.push(seen);
    const before = socket.bytesWritten;
    response.once('close', () => {
      const end = response.writableFinished ? '' : ', cut off';
      seen.answer = `${response.statusCode}, ${socket.bytesWritten - before} bytes${end}`;
    });
  };
}

async function previewHost(folder: string): Promise<Host> {
  const requests: SeenRequest[] = [];
  const server = await preview({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    root: fileURLToPath(new URL('../', import.meta.url)),
    logLevel: 'error',
    build: { outDir: folder },
    // Any free one.
    preview: { port: 0 },
  });
  server.httpServer.prependListener('request', watch(requests));
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('The preview server says no address.');
  return { url, requests, close: () => server.close() };
}

async function staticHost(folder: string, base: string, isCompressing: boolean): Promise<Host> {
  const requests: SeenRequest[] = [];
  const kind = {
    base,
    isolated: false,
    isCompressing,
    hasRanges: !isCompressing,
    onRequest: watch(requests),
  };
  const server = await serveFolder(folder, kind);
  return { url: server.url, requests, close: () => server.close() };
}

const STARTERS: Readonly<Record<HostName, (folder: string) => Promise<Host>>> = {
  preview: previewHost,
  compressing: (folder) => staticHost(folder, '/', true),
  plain: (folder) => staticHost(folder, '/lab/', false),
};

export const startHost = (name: HostName, folder: string): Promise<Host> => STARTERS[name](folder);
