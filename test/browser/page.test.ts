import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

let opened: OpenedPage | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

type Page = OpenedPage['page'];

/** Waits until the bundled model stands in both runtimes, and opens what is said about the devices. */
async function loaded(page: Page): Promise<string> {
  await page.getByText('nano ready').waitFor();
  await page.getByRole('button', { name: /^Device:/ }).click();
  return page.getByRole('dialog').innerText();
}

describe('the page', () => {
  it('opens with the bundled model in two runtimes that agree, and asks nothing of any other host', async () => {
    opened = await openPage();
    const devices = await loaded(opened.page);
    expect(Number(/differ by (\S+) at most/.exec(devices)?.[1])).toBeLessThan(1e-3);
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  it('uses wasm threads where the host isolates it', async () => {
    opened = await openPage();
    expect(await loaded(opened.page)).toMatch(/wasm, .*\d+ threads/);
  });

  it('names cause and cures on an insecure origin, and works there on one thread', async () => {
    opened = await openPage({ host: 'lab.test' });
    const { page, site } = opened;
    const advice = await page.locator('.messages .advice').innerText();
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    expect(advice).toContain('secure origins only');
    expect(advice).toContain(`http://localhost:${site.port}`);
    expect(advice).toContain('https');
    expect(advice).toContain('unsafely-treat-insecure-origin-as-secure');
    expect(await loaded(page)).toMatch(/wasm, SIMD, 1 thread/);
  });

  it('runs the setup of a link to its end and says what happened in the run’s numbers', async () => {
    opened = await openPage({
      file: '#/run?arms=soft&rounds=1&promptsPerRound=8&testItems=16&fewShotItems=8&validationItems=8&probeItems=8&constrained=false',
    });
    const { page } = opened;
    // A whole run on whatever else this machine does.
    page.setDefaultTimeout(100_000);
    await page.getByText('nano ready').waitFor();
    // Before the first run, by the probe of an idle page.
    await page.getByText(/about [\d.]+ (s|min).* on this machine/).waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    expect(await page.locator('.headline').innerText()).toMatch(
      /SOFT: zero-shot \d\.\d\d → \d\.\d\d in 1 round/,
    );
    await page.getByRole('button', { name: /^label/ }).click();
    // The tokenizer's own pieces, not their numbers.
    await expect.poll(() => page.locator('.token').first().innerText()).toMatch(/^·\p{L}/u);

    page.setDefaultTimeout(30_000);
    // The adapter that came out has a health card, goes out as PEFT's files and comes back as the same.
    await page.getByRole('button', { name: /^train/ }).click();
    const card = await page
      .getByText(/^(\d+) of \1 modules matched; all values finite; scale 2;/)
      .innerText();
    await page.getByRole('tab', { name: 'Playground' }).click();
    await page.getByRole('textbox', { name: 'Text that the model goes on from' }).fill('a');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^Save as PEFT/ }).click(),
    ]);
    const files = unzipSync(await readFile(await download.path()));
    const [picker] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Its two files…' }).click(),
    ]);
    await picker.setFiles(
      Object.entries(files).map(([name, bytes]) => ({
        ...{ name: name.replace(/^.*\//, ''), mimeType: '', buffer: Buffer.from(bytes) },
      })),
    );
    expect(await page.getByRole('group', { name: 'Adapter adapter 1' }).innerText()).toContain(card);
  });
});
