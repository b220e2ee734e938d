import { afterEach, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

/** Milliseconds: 36 MB are kept while two runtimes load the model. */
const PATIENCE = 90_000;

let opened: OpenedPage | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Waits until the service worker has kept the whole site. */
async function kept({ page }: OpenedPage): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

/** Which model stands in both runtimes, as the page shows it. */
const modelShown = ({ page }: OpenedPage) =>
  page.getByRole('button', { name: /wasm/ }).first().waitFor({ timeout: PATIENCE });

describe('the page without a network', () => {
  it('opens after the first visit, with its model, its tasks and its workers', async () => {
    opened = await openPage({ offline: true });
    await modelShown(opened);
    await kept(opened);
    await opened.site.close();
    await opened.page.reload();
    await modelShown(opened);
    const rows = await opened.page.evaluate(async () => {
      const answer = await fetch('icl-pool/topic-8/prompts.jsonl');
      return (await answer.text()).trim().split('\n').length;
    });
    expect(rows).toBeGreaterThan(100);
    expect(opened.strayRequests).toEqual([]);
  });

  it('reads a task after it has kept the site, though it is not yet the one that answers', async () => {
    opened = await openPage({ offline: true, isCompressing: true, base: '/some/where/' });
    const { page } = opened;
    await modelShown(opened);
    await kept(opened);
    expect(await page.evaluate(() => navigator.serviceWorker.controller === null)).toBe(true);
    await page.evaluate(() => {
      window.location.hash = '#/run?task=topic-8';
    });
    await page.getByText(/prompts of topic-8/).waitFor({ timeout: PATIENCE });
    expect(await page.getByText(/cannot be read|could not be/).count()).toBe(0);
    await page.reload();
    await modelShown(opened);
    expect(opened.strayRequests).toEqual([]);
  });

  it('asks for every file of the model once, whole', async () => {
    const asked: string[] = [];
    opened = await openPage({
      prepare: (page) => {
        page.context().on('request', (request) => {
          const { pathname } = new URL(request.url());
          const range = request.headers().range ?? '';
          if (pathname.includes('/models/')) asked.push(`${pathname}${range}`);
        });
        return Promise.resolve();
      },
    });
    await modelShown(opened);
    expect(asked).toContain('/models/nano/model.safetensors');
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked.filter((request) => request.includes('bytes='))).toEqual([]);
  });

  it('uses threads on a host that sends no headers, after one reload of its own', async () => {
    opened = await openPage({ offline: true, isolated: false, base: '/some/where/' });
    const { page } = opened;
    // Nothing is asked of the page before: to it, playwright's questions are a person's doing.
    await page.waitForEvent('load', { timeout: PATIENCE });
    expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
    await modelShown(opened);
    expect(await page.getByRole('button', { name: /wasm, \d+ threads/ }).count()).toBeGreaterThan(0);
    await page.reload();
    expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
    expect(opened.strayRequests).toEqual([]);
  });

  it('is not reloaded under a person who has begun to use it', async () => {
    opened = await openPage({ offline: true, isolated: false });
    const { page } = opened;
    await page.getByRole('tab', { name: 'Samples' }).click();
    await modelShown(opened);
    await page.getByText(/Reload the page when it suits you/).waitFor({ timeout: PATIENCE });
    expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(false);
  });

  it('can be installed: a manifest with icons that are there', async () => {
    opened = await openPage();
    const manifest = await opened.page.evaluate(async () => {
      const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
      const address = link?.href ?? '';
      const value: unknown = await (await fetch(address)).json();
      const icons = typeof value === 'object' && value !== null && 'icons' in value ? value.icons : [];
      const sources = Array.isArray(icons) ? icons.map((icon: { src: string }) => icon.src) : [];
      const found = await Promise.all(sources.map(async (src) => (await fetch(new URL(src, address))).ok));
      return { value, found };
    });
    expect(manifest.value).toMatchObject({ name: 'Bootlace', display: 'standalone', start_url: './' });
    expect(manifest.found).toEqual([true, true]);
  });
});
