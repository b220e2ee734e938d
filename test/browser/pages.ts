/** @file Opens pages of the built site in a headless Chromium, and notes every request that would leave the machine. */
import type { Browser, Page } from 'playwright-core';
import type { BrowserOptions } from '../../tools/browser.ts';
import { launchBrowser } from '../../tools/browser.ts';
import type { StaticServer, StaticServerOptions } from '../../tools/static-server.ts';
import { serveFolder } from '../../tools/static-server.ts';
import { SITE } from './build.ts';

export interface OpenOptions extends BrowserOptions, Partial<StaticServerOptions> {
  /** File below the site's base; the app by default. */
  readonly file?: string;
  /** Open it under this host name, which is resolved to this machine but is no secure origin. */
  readonly host?: string;
  /** Let the page register its service worker. */
  readonly offline?: boolean;
  /** Called for every page before anything of it is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

export interface OpenedPage {
  readonly page: Page;
  readonly site: StaticServer;
  /** Requests to anything but the site itself; they are refused. */
  readonly strayRequests: readonly string[];
  /** Uncaught errors and console errors. */
  readonly complaints: readonly string[];
  /** A further page at a file of the site (or at an address), with a storage of its own. */
  another(file: string, prepare?: (page: Page) => Promise<unknown>): Promise<Page>;
  /** Ends the browser's GPU process, and with it every WebGPU device. */
  crashGpu(): Promise<void>;
  close(): Promise<void>;
}

/**
 * WebAssembly is compiled once, by V8's baseline compiler, which computes the same bits: the optimizing one keeps both
 * cores busy for 10 s after a third load of the page. First visits have the browser as it comes.
 */
const BASELINE_WASM = '--js-flags=--liftoff-only';

const HARNESS = 'test/browser/harness.html';

export async function openPage(options: OpenOptions = {}): Promise<OpenedPage> {
  const { base = '/', isolated = true, file = '', host, offline = false } = options;
  const site = await serveFolder(SITE, { base, isolated, hosts: host === undefined ? [] : [host] });
  const browser: Browser = await launchBrowser({
    ...options,
    ...(host && { localHosts: [host] }),
    args: [BASELINE_WASM, ...(options.args ?? [])],
  });
  const address = (file: string): URL => {
    const url = new URL(file, site.url);
    if (host !== undefined) url.hostname = host;
    return url;
  };
  const strayRequests: string[] = [];
  const complaints: string[] = [];
  const another = async (to: string, prepare = options.prepare): Promise<Page> => {
    const page = await browser.newPage({ serviceWorkers: offline ? 'allow' : 'block' });
    const url = address(to);
    await page.context().route('**', (route) => {
      const asked = new URL(route.request().url());
      if (asked.origin === url.origin || asked.protocol === 'data:' || asked.protocol === 'blob:') {
        return route.continue();
      }
      strayRequests.push(asked.href);
      return route.abort();
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // onnxruntime writes its warnings (shape arithmetic stays on the processor, say) as console errors.
      const isWarning = message.text().includes('[W:onnxruntime');
      if (message.type() === 'error' && !isWarning) complaints.push(message.text());
    });
    await prepare?.(page);
    await page.goto(url.href);
    return page;
  };
  const page = await another(file);
  return {
    page,
    site,
    strayRequests,
    complaints,
    another,
    crashGpu: async () => {
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.crashGpuProcess');
    },
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}

/** The harness page with both workers up. */
export async function openHarness(options: OpenOptions = {}): Promise<OpenedPage> {
  const opened = await openPage({ ...options, file: HARNESS });
  await opened.page.waitForFunction(() => 'lab' in window);
  await opened.page.evaluate(async () => {
    await window.lab.ready;
  });
  return opened;
}
