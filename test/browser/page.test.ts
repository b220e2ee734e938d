import { afterEach, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

let opened: OpenedPage | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Waits until the built-in model stands in both runtimes and their logits agree. */
async function loaded(page: OpenedPage['page']): Promise<void> {
  await page.getByText('built-in random model').waitFor();
  const shown = await page.getByText(/at most, in any logit/).innerText();
  expect(Number.parseFloat(shown)).toBeLessThan(1e-4);
}

describe('the page', () => {
  it('opens, loads the built-in model and asks nothing of any other host', async () => {
    opened = await openPage();
    await loaded(opened.page);
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });

  it('uses wasm threads where the host isolates it', async () => {
    opened = await openPage();
    await loaded(opened.page);
    expect(await opened.page.getByText(/wasm, .*\d+ threads/).count()).toBeGreaterThan(0);
  });

  it('works below a sub-path of a host without special headers, on one thread, and says how to get more', async () => {
    opened = await openPage({ base: '/some/where/lab/', isolated: false });
    await loaded(opened.page);
    expect(await opened.page.evaluate(() => window.crossOriginIsolated)).toBe(false);
    expect(await opened.page.getByText('Cross-Origin-Embedder-Policy').count()).toBe(1);
    expect(await opened.page.getByText(/wasm, SIMD, 1 thread$/).count()).toBeGreaterThan(0);
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });

  it('names cause and cures on an insecure origin, and works there on one thread', async () => {
    opened = await openPage({ host: 'lab.test' });
    await loaded(opened.page);
    const { page, site } = opened;
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    const advice = await page.locator('.advice').allInnerTexts();
    expect(advice).toHaveLength(1);
    expect(advice[0]).toContain('secure origins only');
    expect(advice[0]).toContain(`http://localhost:${site.port}`);
    expect(advice[0]).toContain('https');
    expect(advice[0]).toContain('unsafely-treat-insecure-origin-as-secure');
    expect(await page.getByText(/wasm, SIMD, 1 thread$/).count()).toBeGreaterThan(0);
  });
});
