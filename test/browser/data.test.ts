/** Data & models, Experiments and Playground of the real page: what a person does there, and for everybody. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage();
});
afterAll(() => opened.close());

async function go(view: 'data' | 'playground' | 'experiments', place?: string): Promise<OpenedPage['page']> {
  const { page, site } = opened;
  // A change behind '#' alone would keep the page as it is.
  await page.goto('about:blank');
  await page.goto(`${site.url}#/${view}`);
  if (place !== undefined) await page.getByRole('option', { name: place }).first().click();
  return page;
}

/** Of a list that opens: one kind stands in the whole page. */
async function choose(page: OpenedPage['page'], label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`${label}$`) }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

const roleOf = async (page: OpenedPage['page'], column: string): Promise<string> =>
  (await page.getByRole('button', { name: new RegExp(`Column ${column} is$`) }).innerText()).trim();

const TOPICS: readonly (readonly [topic: string, subject: string])[] = [
  ['Sports', 'The striker'],
  ['sports', 'The goalkeeper'],
  ['Music', 'The choir'],
  ['MUSIC', 'The violinist'],
];
const VERBS = ['came late', 'was praised', 'went home', 'won a prize', 'fell ill', 'was on the news'];
const DAYS = ['on Monday', 'on Tuesday', 'yesterday', 'last week', 'in spring', 'at noon', 'again'];

/** Windows line ends, semicolons, Latin-1, a quoted text over two lines, doubles, gaps, a broken line, labels in any case. */
function messyCsv(): Buffer {
  const rows = TOPICS.flatMap(([topic, subject]) =>
    VERBS.flatMap((verb) => DAYS.map((day) => `7;${subject} ${verb} ${day};${topic}`)),
  );
  const broken = [
    '8;"The caf\u00e9; said\r\n""nothing""";Music',
    rows[3] ?? '',
    '9;;Sports',
    'not a row at all',
    `10;${'long '.repeat(500)};Music`,
  ];
  return Buffer.from(['no;message;topic', ...rows, ...broken].join('\r\n'), 'latin1');
}

describe('importing a task through the page', () => {
  it('takes a messy CSV: finds its columns, merges labels, tells every rejected row, keeps it and uses it', async () => {
    const page = await go('data', 'Import a task');
    const file = { name: 'messy.csv', mimeType: 'text/csv', buffer: messyCsv() };
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByText('169 rows in five splits, 4 rows rejected.').waitFor();
    expect(await roleOf(page, 'message')).toBe('input');
    expect(await roleOf(page, 'topic')).toBe('answer');
    await page.getByText('Not used: no.').waitFor();
    await page.getByText(/One label: .*"MUSIC"/).waitFor();
    expect(await roleOf(page, 'no')).toBe('not used');
    const rejected = await page.getByRole('listbox', { name: '4 rejected rows' }).innerText();
    for (const reason of ['stands twice', 'empty', 'malformed line', 'too long'])
      expect(rejected).toContain(reason);
    expect(await violationsOf(page)).toEqual([]);

    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('club news');
    const use = page.getByRole('button', { name: 'Import and use' });
    await use.click();
    await page.getByRole('heading', { name: 'club-news' }).waitFor();
    await page.getByRole('button', { name: 'In use' }).waitFor();
    expect(await page.locator('.facts').first().innerText()).toMatch(/music, .*sports/i);
    expect(new URL(page.url()).hash).toContain('task=club-news');
    await page.reload();
    await page.getByRole('option', { name: 'club-news' }).waitFor();

    // The setup shows the number of demonstrations that this task has, and every view is for everybody.
    await page.getByRole('option', { name: 'club-news' }).click();
    const facts = page.locator('.facts').first();
    await facts.getByText('by default').waitFor();
    const k = /(\d+) by default/.exec(await facts.innerText())?.[1];
    await page.getByRole('tab', { name: 'Run' }).click();
    const field = page.getByRole('textbox', { name: 'Demonstrations k' });
    expect(await field.inputValue()).toBe(k);
    await page.getByText('the task’s own number').waitFor();
    for (const view of [
      'Run',
      'Samples',
      'Follow',
      'Playground',
      'Compare',
      'Data & models',
      'Experiments',
    ]) {
      await page.getByRole('tab', { name: view }).click();
      await page.getByRole('tabpanel').waitFor();
      expect(await violationsOf(page), view).toEqual([]);
    }
    // Another task has another number, and the field goes with it.
    await page.getByRole('tab', { name: 'Run' }).click();
    await choose(page, 'Task', 'two-cue-topic');
    await expect.poll(() => field.inputValue()).toBe('6');
    expect(new URL(page.url()).hash).not.toContain('demonstrations');
  });

  it('says what is wrong and what to do where no task can be made, and recovers when the column is chosen', async () => {
    const page = await go('data', 'Import a task');
    const lines = Array.from({ length: 120 }, (_, i) => `${i} apples,${i % 2 === 0 ? 'even' : 'odd'},x${i}`);
    const buffer = Buffer.from(['a,b,c', ...lines].join('\n'));
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'sums.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Column b is' }).waitFor();
    await choose(page, 'Column b is', 'not used');
    await page.getByText('These files make no task yet').waitFor();
    expect(await page.getByRole('alert').first().innerText()).toContain('so they can only be prompts');
    await choose(page, 'Column b is', 'answer');
    await page.getByText('120 rows in five splits').waitFor();
    await page.getByText('These files make no task yet').waitFor({ state: 'detached' });
  });
});

const lines = (count: number, of: (i: number) => string): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => `${of(i)}\n`).join(''));

describe('files that do not say it all', () => {
  it('of one class each take their labels, beside their names', async () => {
    const page = await go('data', 'Import a task');
    const files = ['up', 'down'].map((name) => ({
      ...{ name: `${name}.txt`, mimeType: 'text/plain' },
      buffer: lines(60, (i) => `The boat went ${name} the river, day ${i}.`),
    }));
    await page.locator('input[type=file]').first().setInputFiles(files);
    await page.getByText('These files make no task yet').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByLabel('Label of all rows of up.txt').fill('good');
    await page.getByLabel('Label of all rows of down.txt').fill('bad');
    await page.getByText('120 rows in five splits, 0 rows rejected.').waitFor();
    await page.getByLabel('Name of label good').waitFor();
  });

  it('whose columns tell nothing show them, to be told', async () => {
    const page = await go('data', 'Import a task');
    const buffer = Buffer.concat([Buffer.from('x,y,z\n'), lines(120, (i) => `${i % 2},${i},v${i}`)]);
    const file = { name: 'sums.csv', mimeType: 'text/csv', buffer };
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByText('These files make no task yet').waitFor();
    await choose(page, 'Column z is', 'input');
    await choose(page, 'Column x is', 'answer');
    await page.getByText('120 rows in five splits').waitFor();
  });

  it('in an encoding that is guessed may be read in another; no field stands there otherwise', async () => {
    const page = await go('data', 'Import a task');
    const take = (text: string, encoding: BufferEncoding) =>
      page
        .locator('input[type=file]')
        .first()
        .setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(text, encoding) });
    const text = `text,label\n${lines(80, (i) => `The caf\u00e9 on day ${i},${i % 2 ? 'up' : 'down'}`).toString()}`;
    await take(text, 'utf8');
    await page.getByText('CSV, UTF-8, 80 rows').waitFor();
    expect(await page.getByRole('textbox', { name: 'Encoding' }).count()).toBe(0);
    await take(text, 'latin1');
    await page.getByText('CSV, WINDOWS-1252, 80 rows').waitFor();
    await page.getByRole('textbox', { name: 'Encoding' }).fill('windows-1250');
    await page.getByText('CSV, WINDOWS-1250, 80 rows').waitFor();
  });
});

describe('importing a large file', () => {
  it('leaves the page awake, and can be called off and taken up again', async () => {
    const page = await go('data', 'Import a task');
    const verbs = ['opens', 'closes', 'falls', 'rises'];
    const lines = Array.from(
      { length: 200_000 },
      (_, i) =>
        `${'a long way from here and back again '.repeat(3)}${i} it ${verbs[i % 4] ?? ''},${i % 2 ? 'odd' : 'even'}`,
    );
    // By its path: Playwright would unpack a buffer in the page's own thread.
    const folder = await mkdtemp(join(tmpdir(), 'import-'));
    const path = join(folder, 'large.csv');
    await writeFile(path, ['text,label', ...lines].join('\n'));
    expect((await stat(path)).size).toBeGreaterThan(20e6);
    await page.evaluate(() => {
      const longest = (entries: PerformanceObserverEntryList) => {
        for (const { duration } of entries.getEntries()) {
          const known = Number(document.body.dataset.longest ?? 0);
          document.body.dataset.longest = String(Math.max(known, duration));
        }
      };
      new PerformanceObserver(longest).observe({ entryTypes: ['longtask'] });
    });
    await page.locator('input[type=file]').first().setInputFiles(path);
    // It shows after a second of reading only.
    await page.getByRole('button', { name: 'Stop reading', includeHidden: true }).dispatchEvent('click');
    await page.getByText('Stopped.').waitFor();
    expect(await page.getByRole('button', { name: 'Import and use' }).isDisabled()).toBe(true);
    const began = performance.now();
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText('200,000 rows in five splits, 0 rows rejected.').waitFor({ timeout: 100_000 });
    // However slow the machine: no task of the page is a large part of the reading.
    const longest = Number(await page.evaluate(() => document.body.dataset.longest ?? 0));
    await rm(folder, { recursive: true });
    expect(longest).toBeLessThan((performance.now() - began) / 4);
  });
});

describe('editing a pool', () => {
  it('keeps the change as a task of its own and leaves the bundled one as it was', async () => {
    const page = await go('data', 'sentiment');
    await page.getByRole('button', { name: 'Edit the pool' }).click();
    expect(await page.locator('select:not([aria-hidden] select)').count()).toBe(0);
    const answer = page.getByRole('button', { name: /Answer of row 1$/ });
    const before = (await answer.innerText()).trim();
    const other = before === 'happy' ? 'sad' : 'happy';
    await choose(page, 'Answer of row 1', other);
    await page.getByRole('button', { name: 'Remove row 2', exact: true }).click();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep as a copy' }).click();
    await page.getByRole('heading', { name: 'sentiment-edited' }).waitFor();
    const first = page.getByRole('region', { name: 'Sample rows' }).locator('tbody tr').first();
    await expect.poll(() => first.innerText()).toContain(other);
    await page
      .getByRole('option', { name: /^sentiment/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'sentiment', exact: true }).waitFor();
    await expect.poll(() => first.innerText()).toContain(before);
  });
});

describe('for everybody', () => {
  it.each(['topic-4', 'nano', 'Load a model', 'Storage'])(
    'Data & models has no accessibility violations: %s',
    async (place) => {
      const page = await go('data', place);
      await page.locator('.data-main h2').waitFor();
      expect(await violationsOf(page)).toEqual([]);
      expect(opened.strayRequests).toEqual([]);
    },
  );

  it('Experiments and its words have none', async () => {
    const page = await go('experiments');
    await page.getByRole('heading', { name: 'Easy prompts first?' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('radio', { name: 'In plain words' }).click();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'perplexity' }).focus();
    expect(await page.getByRole('tooltip').innerText()).toContain('1 is certain');
  });
});

describe('an experiment', () => {
  it('answers on its card what its full study came to', async () => {
    const page = await go('experiments');
    const card = page.getByRole('listitem', { name: 'Does the improved teacher help?' });
    await card.getByText('shown: two-cue-topic +0.121 ± 0.061').waitFor();
    const looked = page.getByRole('listitem', { name: 'Easy prompts first?' });
    await looked.getByRole('button', { name: 'Nothing claimed; looked at, 3 seeds of nano' }).click();
    await looked.getByText(/^sentiment −0\.012 ± 0\.072/).waitFor();
    await page
      .getByRole('listitem', { name: 'Rounds, or all at once?' })
      .getByText('No full run of this file is kept.')
      .waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('sets the page to it and goes to Run', async () => {
    const page = await go('experiments');
    await page.getByRole('button', { name: /Open in Run: How wrong may the labels be/ }).click();
    await page.getByRole('tab', { name: 'Run', selected: true }).waitFor();
    expect(decodeURIComponent(page.url())).toContain('labelNoise=0.45');
  });
});

describe('the playground', () => {
  it('answers a typed text with each token’s five likeliest, by keyboard alone', async () => {
    const page = await go('playground');
    await page
      .getByText('Ctrl+Enter asks too')
      .or(page.getByText('Type a text first'))
      .waitFor({ timeout: 60_000 });
    await page.getByRole('textbox', { name: /goes on from/ }).focus();
    await page.keyboard.type('The day at the zoo was');
    await page.keyboard.press('Control+Enter');
    const card = page.getByRole('listitem', { name: 'base' });
    await expect.poll(() => card.locator('.alternative').count(), { timeout: 60_000 }).toBe(5);
    expect(await violationsOf(page)).toEqual([]);
    await card.locator('.piece').first().focus();
    await page.keyboard.press('ArrowRight');
    await card.getByText('Token 2, likeliest').waitFor();
  });

  it('ends an answer to a prompt of the task where a run would, and goes on when that is wanted', async () => {
    const page = await go('playground');
    await page.getByRole('button', { name: 'a prompt', exact: true }).click();
    const ask = page.getByRole('button', { name: 'Ask', exact: true });
    const pieces = page.getByRole('listitem', { name: 'base' }).locator('.piece');
    const answered = async () => {
      await ask.click();
      await expect.poll(() => page.locator('.alternative').count(), { timeout: 60_000 }).toBe(5);
      return pieces.count();
    };
    const short = await answered();
    await page.getByRole('radio', { name: 'Nowhere' }).click();
    await page.getByText('Every text goes on to the end.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await ask.click();
    await expect.poll(() => pieces.count(), { timeout: 60_000 }).toBeGreaterThan(short);
  });
});
