/** @file Notes what a page asks of its workers, by method; the requests go on as they are. */
import type { Page } from 'playwright-core';
import type { BackendName } from '../../src/words/engine.ts';

declare global {
  interface Window {
    /** Methods asked of either worker, in order. */
    workerRequests: string[];
  }
}

/** Before the page is loaded. @param backend is asked for in place of the page's own choice, which passes over a
 * software GPU */
export async function watchWorkers(page: Page, backend: BackendName | null = null): Promise<void> {
  await page.addInitScript((forced) => {
    window.workerRequests = [];
    const isRecord = (value: unknown): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null;
    window.Worker = class extends Worker {
      override postMessage(frame: unknown, rest?: StructuredSerializeOptions | Transferable[]): void {
        let sent = frame;
        if (isRecord(frame) && typeof frame.method === 'string') {
          window.workerRequests.push(frame.method);
          if (frame.method === 'load' && forced !== null && isRecord(frame.params))
            sent = { ...frame, params: { ...frame.params, backend: forced } };
        }
        super.postMessage(sent, Array.isArray(rest) ? { transfer: rest } : rest);
      }
    };
  }, backend);
}

export const requestsOf = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => window.workerRequests);
