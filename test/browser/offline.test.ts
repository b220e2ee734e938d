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

  it('answers a range of a kept file with that range', async () => {
    opened = await openPage({ offline: true });
    await kept(opened);
    await opened.site.close();
    await opened.page.reload();
    const part = await opened.page.evaluate(async () => {
      const ask = async (path: string, range: string) => {
        const answer = await fetch(path, { headers: { Range: range } });
        const { status, headers } = answer;
        return {
          status,
          range: headers.get('content-range'),
          bytes: (await answer.arrayBuffer()).byteLength,
        };
      };
      return {
        middle: await ask('models/nano/model.safetensors', 'bytes=8-15'),
        more: await ask('models/nano/config.json', 'bytes=0-65535'),
        behind: await ask('models/nano/config.json', 'bytes=65536-'),
      };
    });
    expect(part.middle).toMatchObject({ status: 206, bytes: 8 });
    expect(part.middle.range).toMatch(/^bytes 8-15\/\d+$/);
    expect(part.more.status).toBe(206);
    expect(part.more.range).toBe(`bytes 0-${part.more.bytes - 1}/${part.more.bytes}`);
    expect(part.behind.status).toBe(416);
  });

  it('uses threads on a host that sends no headers, after one reload of its own', async () => {
    opened = await openPage({ offline: true, isolated: false, base: '/some/where/' });
    const { page } = opened;
    await page.waitForFunction(() => window.crossOriginIsolated, null, { timeout: PATIENCE });
    await modelShown(opened);
    expect(await page.getByRole('button', { name: /wasm, \d+ threads/ }).count()).toBeGreaterThan(0);
    await page.reload();
    expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
    expect(opened.strayRequests).toEqual([]);
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
