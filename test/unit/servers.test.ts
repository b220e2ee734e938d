/** @file Our servers answer to their own name only, read only, and send the page's policy. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headersFor } from '../../src/core/policy.ts';
import { serveFolder } from '../../tools/static-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'servers-'));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** As a browser asks that was told that `host` is this machine. */
function ask(port: number, path: string, host: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers: { host } }, (response) => {
      const { statusCode = 0, headers } = response;
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => {
        resolve({ status: statusCode, headers, text });
      });
    });
    asked.on('error', reject).end();
  });
}

interface Served {
  readonly port: number;
  close(): Promise<void>;
}

async function previewed(): Promise<Served> {
  const server = await preview({
    root: ROOT,
    ...{ configFile: `${ROOT}vite.config.ts`, logLevel: 'silent', build: { outDir: FOLDER } },
    preview: { port: 0 },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

beforeAll(() => {
  mkdirSync(join(FOLDER, 'assets'));
  writeFileSync(join(FOLDER, 'index.html'), '<p>the page</p>');
  writeFileSync(join(FOLDER, 'assets', 'main.worker.js'), '1');
});

describe.each([
  ['the static server', () => serveFolder(FOLDER, { base: '/', isolated: true })],
  ['the preview server', previewed],
])('%s', (_name, serve: () => Promise<Served>) => {
  let server: Served;
  beforeAll(async () => {
    server = await serve();
  });
  afterAll(() => server.close());

  it('answers to the names of this machine', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const { status, text } = await ask(server.port, '/', `${name}:${server.port}`);
      expect([name, status, text]).toEqual([name, 200, '<p>the page</p>']);
    }
  });

  it.each(['elsewhere.test', 'elsewhere.test:80', 'localhost.elsewhere.test', '127.0.0.1.elsewhere.test'])(
    'refuses to be asked as %s, which may be any site’s name for this machine',
    async (host) => {
      for (const path of ['/', '/assets/main.worker.js']) {
        const { status, text } = await ask(server.port, path, host);
        expect(status).toBe(403);
        expect(text).not.toContain('the page');
      }
    },
  );

  it('sends the page’s policy with the page, and the workers’ with scripts', async () => {
    for (const path of ['/', '/index.html', '/assets/main.worker.js']) {
      const { headers } = await ask(server.port, path, `localhost:${server.port}`);
      for (const [name, value] of Object.entries(headersFor(path)))
        expect(headers[name.toLowerCase()], `${path} ${name}`).toBe(value);
    }
  });
});

describe('the static server', () => {
  it('reads only', async () => {
    const server = await serveFolder(FOLDER, { base: '/', isolated: true });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect(await ask(server.port, '/', 'localhost', method)).toMatchObject({ status: 405 });
    expect(await ask(server.port, '/', 'localhost', 'HEAD')).toMatchObject({ status: 200, text: '' });
    await server.close();
  });

  it('answers to a further name that it was given, and sends nothing of its own as a plain host', async () => {
    const server = await serveFolder(FOLDER, { base: '/', isolated: false, hosts: ['lab.test'] });
    const { status, headers } = await ask(server.port, '/', `lab.test:${server.port}`);
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toBeUndefined();
    await server.close();
  });
});
