/**
 * @file A model of the Hub by its name, in a real browser with its private file system: the Hub's answers are made up of
 * the bundled model's files, everything behind them is real.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const NANO = fileURLToPath(new URL('../../public/models/nano/', import.meta.url));
const NAME = 'owner/nano-copy';
const FILES = new Map(readdirSync(NANO).map((name) => [name, readFileSync(`${NANO}${name}`)]));
const WEIGHTS = 'model.safetensors';
/** What the first answer for the weights gives before the network stands still. */
const FIRST_PART = 2_000_000;
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'range',
};

let opened: OpenedPage;
/** Files and ranges that were asked for, in order. */
const asked: string[] = [];
let isStill = true;

async function answer(route: Route): Promise<void> {
  const request = route.request();
  if (request.method() === 'OPTIONS') return route.fulfill({ status: 204, headers: HEADERS });
  const { pathname } = new URL(request.url());
  if (pathname === `/api/models/${NAME}/tree/main`) {
    const json = [...FILES].map(([path, bytes]) => ({
      ...{ type: 'file', path, size: bytes.length },
      ...(path === WEIGHTS
        ? { lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } }
        : {}),
    }));
    return route.fulfill({ json, headers: HEADERS });
  }
  const path = pathname.replace(`/${NAME}/resolve/main/`, '');
  const bytes = FILES.get(path);
  if (bytes === undefined) return route.fulfill({ status: 404, headers: HEADERS, body: 'none' });
  if (request.headers().range === undefined) {
    asked.push(`${path}, whole`);
    return route.fulfill({ status: 200, headers: HEADERS, body: bytes });
  }
  const [, from = 0, to = 0] = (/bytes=(\d+)-(\d+)/.exec(request.headers().range ?? '') ?? []).map(Number);
  asked.push(`${path} ${from}`);
  if (path === WEIGHTS && isStill && from > 0) return undefined; // Never answered: the page must cancel it.
  const end = path === WEIGHTS && isStill ? FIRST_PART : to + 1;
  return route.fulfill({ status: 206, headers: HEADERS, body: bytes.subarray(from, end) });
}

const hub = (page: Page) => page.route('https://huggingface.co/**', answer);

beforeAll(async () => {
  opened = await openPage({ prepare: hub });
});
afterAll(() => opened.close());

it('fetches a model when asked to, stops, goes on where it was, loads it, and has it after a reload without the Hub', async () => {
  const { page, strayRequests, complaints } = opened;
  await page.getByText('nano ready').waitFor();
  await page.getByRole('tab', { name: 'Data & models' }).click();
  await page.getByRole('option', { name: 'Load a model' }).click();
  await page.getByRole('textbox', { name: 'Name on the Hub' }).fill(NAME);
  expect(asked).toEqual([]);
  await page.getByRole('button', { name: 'Ask for its size' }).click();
  await page.getByText('to fetch. It is kept in this browser').waitFor();
  // What it needs in memory stands in config.json; nothing of the model itself is asked for.
  expect(asked).toEqual(['config.json, whole']);
  await page.getByRole('row', { name: /^float32/ }).waitFor();

  await page.getByRole('button', { name: 'Fetch and load' }).click();
  await expect.poll(() => asked).toContain(`${WEIGHTS} ${FIRST_PART}`);
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText(/^Stopped at 2\.\d MB of \d\.\d MB/).waitFor();

  isStill = false;
  asked.length = 0;
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(`${NAME} is kept here.`).waitFor();
  // What had come is not asked for again.
  expect(asked).toEqual([`${WEIGHTS} ${FIRST_PART}`, 'tokenizer.json 0', 'tokenizer_config.json 0']);
  await page.getByRole('tab', { name: 'Run', exact: true }).click();
  await page.getByText(`${NAME} ready`).waitFor();

  await page.unroute('https://huggingface.co/**');
  await page.reload();
  await page.getByText(`${NAME} ready`).waitFor();
  expect(strayRequests).toEqual([]);
  // A model's folder is asked for files that it may lack.
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
}, 180_000);
