/**
 * @file The page in a Chromium: serves the built site and the model's folder, starts the browser, and turns its end (a
 * crash, a kill, a closed window) into an error of the run that is under way.
 */
import type { Browser, Page } from 'playwright-core';
import type { ErrorCode } from '../../src/core/errors.ts';
import { ERROR_CODES, LabError } from '../../src/core/errors.ts';
import type { WeightType } from '../../src/core/weights.ts';
import type { Task } from '../../src/words/task.ts';
import { specimensOf } from '../../src/lab/lengths.ts';
import type { BrowserOptions } from '../browser.ts';
import { launchBrowser } from '../browser.ts';
import type { StaticServer } from '../static-server.ts';
import { serveFolder } from '../static-server.ts';
import { eventFromText, eventToText } from './event-shape.ts';
import type { ComputedFiles } from './computed.ts';
import type { Backend, LabPage, Listener, Measured, OpenLab, OpenedLab, PageFault } from './lab-page.ts';
import { PAGE } from './site.ts';

export interface ChromiumOptions {
  /** Folder of the built site. */
  readonly site: string;
  /** The model's folder, and how its matrices are held. */
  readonly model: string;
  readonly weights?: WeightType;
  readonly backend: Backend;
  readonly allowSoftware: boolean;
  readonly isHeaded: boolean;
  /** Where what was computed stands; null: everything is computed anew. */
  readonly computed: ComputedFiles | null;
  /** Tests end the browser by it. */
  readonly onLaunched?: (browser: Browser) => void;
}

const MODEL = 'model/';
const isErrorCode = (code: string): code is ErrorCode => ERROR_CODES.some((known) => known === code);
const toError = ({ code, what, remedy }: PageFault): LabError =>
  new LabError(isErrorCode(code) ? code : 'internal', what, { remedy });
const ended = (how: string): LabError =>
  new LabError('worker-died', how, { remedy: 'Run the command again with --resume.' });

class Opened implements LabPage {
  readonly opened: OpenedLab;
  readonly #parts: Parts;
  readonly #kept = new Set<string>();

  constructor(opened: OpenedLab, parts: Parts) {
    this.opened = opened;
    this.#parts = parts;
  }

  async measure(tasks: readonly Task[]): Promise<Measured> {
    const specimens = tasks.map((task) => ({ task: task.definition.id, ...specimensOf(task) }));
    const { page, alive } = this.#parts;
    const outcome = await alive(page.evaluate((asked) => window.experiment.measure(asked), specimens));
    if ('fault' in outcome) throw toError(outcome.fault);
    return outcome.value;
  }

  async run(...[plan, history, listener]: Parameters<LabPage['run']>): ReturnType<LabPage['run']> {
    const { page, alive, current } = this.#parts;
    const { task, arm, seed } = plan;
    const taskName = task.definition.id;
    current.listener = listener;
    current.failure = null;
    const failure = (): Error | null => current.failure;
    try {
      if (!this.#kept.has(taskName)) {
        await alive(
          page.evaluate(
            ([name, whole]) => {
              window.experiment.keepTask(name, whole);
            },
            [taskName, task] as const,
          ),
        );
        this.#kept.add(taskName);
      }
      const request = { taskName, arm, seed, history: history.map(eventToText) };
      const outcome = await alive(page.evaluate((wanted) => window.experiment.run(wanted), request));
      if ('value' in outcome) return outcome.value;
      throw failure() ?? toError(outcome.fault);
    } finally {
      current.listener = null;
    }
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}

interface Parts {
  readonly page: Page;
  /** The work's result, or an error as soon as the page is gone. */
  readonly alive: <T>(work: Promise<T>) => Promise<T>;
  readonly current: { listener: Listener | null; failure: Error | null };
  close(): Promise<void>;
}

async function bind(
  page: Page,
  current: Parts['current'],
  computed: ChromiumOptions['computed'],
): Promise<void> {
  /** The page would only learn that something failed. */
  const noted = async <T>(work: () => Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await work();
    } catch (thrown) {
      current.failure = thrown instanceof Error ? thrown : new Error(String(thrown));
      throw thrown;
    }
  };
  await page.exposeBinding('tellEvent', (_, event: string, wasComputed: boolean) =>
    noted(() => current.listener?.onEvent(eventFromText(event), wasComputed)),
  );
  await page.exposeBinding(
    'recall',
    async (_, key: string) => (await noted(() => computed?.read(key))) ?? null,
  );
  await page.exposeBinding('keep', (_, key: string, kept: string) => noted(() => computed?.write(key, kept)));
  await page.exposeBinding('tellProgress', (_, progress: Parameters<Listener['onProgress']>[0]) => {
    current.listener?.onProgress(progress);
  });
  await page.exposeBinding('tellNotice', (_, text: string) => {
    current.listener?.onNotice(text);
  });
}

function watchEnd(browser: Browser, page: Page): Parts['alive'] {
  const gone = new Promise<never>((_, reject) => {
    browser.on('disconnected', () => {
      reject(ended('The browser ended.'));
    });
    page.on('crash', () => {
      reject(ended('The page crashed.'));
    });
    page.on('close', () => {
      reject(ended('The page was closed.'));
    });
  });
  gone.catch(() => undefined);
  return async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work, gone]);
    } catch (thrown) {
      // Which of the two speaks first is chance.
      if (!browser.isConnected() || page.isClosed()) throw ended('The browser ended.');
      throw thrown;
    }
  };
}

/** @throws LabError `worker-died` where no browser is found, or it does not start */
async function launched(options: BrowserOptions): Promise<Browser> {
  try {
    return await launchBrowser(options);
  } catch (cause) {
    const [why = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new LabError('worker-died', `No browser was started: ${why.replace(/\.?$/, '.')}`, {
      remedy: 'Install Google Chrome or Chromium, or set CHROME_PATH to one that starts.',
      cause,
    });
  }
}

async function openOn(server: StaticServer, options: ChromiumOptions, launch: BrowserOptions) {
  const { backend, allowSoftware, isHeaded, onLaunched } = options;
  const browser = await launched({ ...launch, isHeaded, ignoresSignals: true });
  try {
    const page = await browser.newPage();
    onLaunched?.(browser);
    const alive = watchEnd(browser, page);
    const current: Parts['current'] = { listener: null, failure: null };
    await bind(page, current, options.computed);
    const failure = new Promise<never>((_, reject) => {
      page.on('pageerror', ({ message }) => {
        reject(new LabError('internal', `The page failed: ${message}.`));
      });
    });
    failure.catch(() => undefined);
    await alive(page.goto(new URL(PAGE, server.url).href));
    await Promise.race([alive(page.waitForFunction(() => 'experiment' in window)), failure]);
    const request = {
      ...{ modelUrl: new URL(MODEL, server.url).href, weights: options.weights ?? 'float32' },
      ...{ backend, allowSoftware, reuses: options.computed !== null },
    };
    const outcome = await alive(page.evaluate((wanted) => window.experiment.open(wanted), request));
    if ('fault' in outcome) throw toError(outcome.fault);
    const close = async () => {
      await browser.close();
      await server.close();
    };
    return new Opened(outcome.value, { page, alive, current, close });
  } catch (thrown) {
    await browser.close();
    throw thrown;
  }
}

/** @throws LabError `webgpu-unavailable` where WebGPU was asked for and is not there, and as the load does */
export const chromiumLab =
  (options: ChromiumOptions): OpenLab =>
  async () => {
    const mounts = new Map([[MODEL, options.model]]);
    const server = await serveFolder(options.site, { base: '/', isolated: true, mounts });
    const { backend, allowSoftware } = options;
    try {
      try {
        return await openOn(server, options, { realWebgpu: backend !== 'wasm' });
      } catch (thrown) {
        const isMissing = thrown instanceof LabError && thrown.code === 'webgpu-unavailable';
        if (!isMissing || backend !== 'webgpu' || !allowSoftware) throw thrown;
        return await openOn(server, options, { softwareWebgpu: true });
      }
    } catch (thrown) {
      await server.close();
      throw thrown;
    }
  };
