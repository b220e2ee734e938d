import { afterEach, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

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
const modelShown = ({ page }: OpenedPage) => page.getByRole('button', { name: /wasm/ }).first().waitFor();

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
    await opened.page.reload();
    await opened.site.close();
    const part = await opened.page.evaluate(async () => {
      const answer = await fetch('models/nano/model.safetensors', { headers: { Range: 'bytes=8-15' } });
      const { status, headers } = answer;
      return { status, range: headers.get('content-range'), bytes: (await answer.arrayBuffer()).byteLength };
    });
    expect(part).toMatchObject({ status: 206, bytes: 8 });
    expect(part.range).toMatch(/^bytes 8-15\/\d+$/);
  });

  it('uses threads on a host that sends no headers, after one reload of its own', async () => {
    opened = await openPage({ offline: true, isolated: false, base: '/some/where/' });
    const { page } = opened;
    await page.waitForFunction(() => window.crossOriginIsolated);
    await modelShown(opened);
    const reloads = await page.evaluate(() => performance.getEntriesByType('navigation').length);
    expect(reloads).toBe(1);
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
