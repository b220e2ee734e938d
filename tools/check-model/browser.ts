/**
 * @file check-model as the page computes: a headless Chromium runs the checks in a page with both real workers, on WebGPU or on
 * wasm with its threads; this file serves the project and the folders to it. SwiftShader where the machine has no GPU: right
 * numbers, no speed.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connect, Plugin } from 'vite';
import { createServer } from 'vite';
import type { CheckReport, CheckRequest } from '../../src/check/run.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { BackendName } from '../../src/words/engine.ts';
import { ERROR_CODES, LabError } from '../../src/core/errors.ts';
import { launchBrowser } from '../browser.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = 'tools/check-model/page.html';

/** Serves each folder under /folders/NAME/; the reader copes with a host that knows no ranges. */
function serveFolders(folders: ReadonlyMap<string, string>): Plugin {
  const handler: Connect.NextHandleFunction = (request, response, next) => {
    const [, name = '', path = ''] = /^\/folders\/([^/]+)\/([^?]*)/.exec(request.url ?? '') ?? [];
    const folder = folders.get(name);
    if (folder === undefined) {
      next();
      return;
    }
    const file = join(folder, normalize(`/${decodeURIComponent(path)}`));
    stat(file).then(
      (found) => {
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
        const start = range === null ? 0 : Number(range[1]);
        const end = range === null ? found.size - 1 : Math.min(Number(range[2]), found.size - 1);
        response.statusCode = range === null ? 200 : 206;
        response.setHeader('Content-Type', 'application/octet-stream');
        response.setHeader('Accept-Ranges', 'bytes');
        response.setHeader('Content-Length', Math.max(0, end - start + 1));
        response.setHeader('Content-Range', `bytes ${start}-${end}/${found.size}`);
        if (request.method === 'HEAD' || found.size === 0) response.end();
        else createReadStream(file, { start, end }).pipe(response);
      },
      () => {
        response.statusCode = 404;
        response.end();
      },
    );
  };
  return {
    name: 'check-model-folders',
    configureServer: (server) => {
      server.middlewares.use(handler);
    },
  };
}

const isErrorCode = (code: string): code is ErrorCode => ERROR_CODES.some((known) => known === code);

/** @throws LabError as the page met it */
export async function checkInBrowser(request: CheckRequest, backend: BackendName): Promise<CheckReport> {
  const folders = new Map<string, string>();
  const server = await createServer({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'error',
    plugins: [serveFolders(folders)],
    server: { port: 0, hmr: false },
  });
  try {
    await server.listen();
    const [address] = server.resolvedUrls?.local ?? [];
    if (address === undefined) throw new LabError('internal', 'The page has no address.');
    const served = (name: string, folder: string) => {
      folders.set(name, folder);
      return new URL(`/folders/${name}`, address).href;
    };
    const { model, adapter, golden, reference } = request;
    const inPage: CheckRequest = {
      ...request,
      model: served('model', model),
      ...(adapter === undefined ? {} : { adapter: served('adapter', adapter) }),
      ...(reference === undefined
        ? {}
        : { reference: { ...reference, folder: served('reference', reference.folder) } }),
      ...(golden === undefined ? {} : { golden: { ...golden, folder: served('golden', golden.folder) } }),
    };
    const browser = await launchBrowser({ softwareWebgpu: backend === 'webgpu' });
    try {
      const page = await browser.newPage();
      await page.goto(new URL(PAGE, address).href);
      await page.waitForFunction(() => 'checkModel' in window);
      const outcome = await page.evaluate(([wanted, on]) => window.checkModel(wanted, on), [
        inPage,
        backend,
      ] as const);
      if ('report' in outcome) return outcome.report;
      const { code, message } = outcome.error;
      throw new LabError(isErrorCode(code) ? code : 'internal', message, { remedy: '' });
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}
